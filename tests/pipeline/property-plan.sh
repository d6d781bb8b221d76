# SPDX-License-Identifier: MIT
# Plans of random clusters, tight ones and odd ones among them, are safe and true in every order that they allow.
# Each batch is a snapshot of so many clusters for each strategy; PROPERTY_BATCHES=N makes N of them,
# PROPERTY_CLUSTERS="THRESHOLD OPTIMIZE" says how many clusters (0: none).
batches=${PROPERTY_BATCHES:-9}
read -r for_threshold for_optimize <<END
${PROPERTY_CLUSTERS:-120 24}
END

cat >"$TMP/policy.0" <<'END'
[plan]
END
cat >"$TMP/policy.1" <<'END'
[analyze]
disk_hot_pct=80
net_hot_pct=80
[plan]
drs_clusters=plan
respect_drs_overrides=no
max_moves_per_host=0
min_vm_pct=0
buffer_reserve_pct=0
END
cat >"$TMP/policy.2" <<'END'
[analyze]
host_memory=demand
host_cpu=demand
buffer=unallocated
cpu_hot_pct=60
memory_hot_pct=60
short_pct=70
[plan]
published=exact
drs_clusters=plan
exclude_hosts=*-003.example
exclude_vms=srv*7;Team 03/*
evacuate=*-004.example
memory_step_mib=1000
memory_max_growth_pct=25
[rule apart]
type=vm_anti_affinity
vms=Team 01/*
mandatory=yes
[rule together]
type=vm_affinity
vms=Team 02/*
mandatory=yes
[rule on]
type=vm_host_affinity
vms=Team 04/*
hosts=*-001.example;*-002.example
mandatory=yes
END
cat >"$TMP/policy.3" <<'END'
[analyze]
cpu_hot_pct=70
memory_hot_pct=90
system_vms=srv*3
[plan]
drs_clusters=plan
max_moves_per_host=2
dirty_factor=3
vmotion_mbps=1000
evacuate=*-002.example
END

cat >"$TMP/policy.4" <<'END'
[plan]
drs_clusters=plan
balance=low
max_moves=40
step_cost=count
ha_check=hard
END
cat >"$TMP/policy.5" <<'END'
[plan]
drs_clusters=plan
balance=high
max_duration_s=600
cpu_step=2
vm_cpu_pct=60
END
cat >"$TMP/policy.6" <<'END'
[analyze]
cold_pct=60
[plan]
drs_clusters=plan
power=empty
hosts_in_reserve=0
evacuate=*-003.example
evacuate_powered_off=yes
END

cat >"$TMP/policy.7" <<'END'
[analyze]
cold_pct=60
power_target_pct=95
[plan]
drs_clusters=plan
max_moves_per_host=0
power=standby
hosts_in_reserve=0
ha_check=hard
buffer_reserve_pct=0
END
cat >"$TMP/policy.8" <<'END'
[analyze]
cpu_hot_pct=70
memory_hot_pct=75
[plan]
drs_clusters=plan
ha_check=hard
buffer_reserve_pct=0
max_moves_per_host=0
vm_cpu_pct=40
cpu_step=4
END

# recipe NUMBER CLUSTERS: all of the first two are strained, which policies 7 and 8 ask most about
recipe() {
    case $1 in
    0) echo --hosts $(($2 * 4)) --vms $(($2 * 28)) --strained 100 --hot 25 --odd 4 --short 6 ;;
    1) echo --hosts $(($2 * 6)) --vms $(($2 * 40)) --strained 100 --tight --fill-memory 40 --fill-cpu 30 --hot 10 --rules 0.5 --odd 8 --short 6 ;;
    2) echo --hosts $(($2 * 6)) --vms $(($2 * 50)) --strained 25 --short 8 ;;
    3) echo --hosts $(($2 * 6)) --vms $(($2 * 50)) --tight --fill-memory 75 --fill-cpu 65 --hot 40 --rules 1 --odd 20 --short 10 ;;
    4) echo --hosts $(($2 * 3)) --vms $(($2 * 25 / 2)) --tight --fill-memory 72 --hot 40 --rules 2 --odd 40 --short 10 ;;
    5) echo --hosts $(($2 * 8)) --vms $(($2 * 50)) --strained 25 --fill-memory 60 --fill-cpu 70 --hot 30 --rules 0.5 --odd 10 ;;
    6) echo --hosts $(($2 * 2)) --vms $(($2 * 25)) --tight --fill-memory 76 --hot 60 --odd 2 ;;
    esac
}

# check STRATEGY CLUSTERS BATCH
check() {
    [ "$2" -gt 0 ] || return 0
    clusters=$(($3 % 7 == 0 ? 2 * $2 : $2)) # of the small ones twice as many
    options="--clusters $clusters $(recipe $(($3 % 7)) "$clusters") --seed $(($3 + 1))"
    # shellcheck disable=SC2086 # options are words
    "$BUILD/tests/generate" $options -o "$TMP/snapshot"
    sed "s/^\[plan\]$/&\nstrategy=$1/" "$TMP/policy.$(($3 % 9))" >"$TMP/policy.ini"
    "$BIN/analyze" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" -o "$TMP/assessment.csv"
    "$BIN/plan" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" "$TMP/assessment.csv" -o "$TMP/plan.csv"
    echo "$1, policy $(($3 % 9)), $options:"
    "$BUILD/tests/plan-check" "$TMP/snapshot" "$TMP/assessment.csv" "$TMP/plan.csv" "$TMP/policy.ini" || failed=1
    rm -r "$TMP/snapshot"
}

failed=0 batch=0
while [ "$batch" -lt "$batches" ]; do
    check threshold "$for_threshold" "$batch"
    check optimize "$for_optimize" "$batch"
    batch=$((batch + 1))
done
exit $failed
