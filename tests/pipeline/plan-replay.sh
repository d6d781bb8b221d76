# SPDX-License-Identifier: MIT
# plan --replay runs a history of series forward: a hot host is relieved and so hot for fewer minutes than without, a
# move back is counted as one, added memory stays, and what a host over 100 % cannot serve is told. The same input
# gives the same bytes.
fail() {
    echo "$*"
    cat result.csv 2>/dev/null || :
    exit 1
}

# series VM MHZ MIB SIZE_MIB...: these VMs in twelve intervals of five minutes; MHZ and MIB may be an expression of i,
# the interval
series() {
    echo vm,time_s,vcpus,cpu_provisioned_mhz,cpu_usage_mhz,memory_provisioned_kib,memory_usage_kib
    while test $# -gt 0; do
        for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
            echo "$1,$((1000 + i * 300)),2,4000,$(($2)),$(($4 * 1024)),$((($3) * 1024))"
        done
        shift 4
    done
}

# figure POLICY COLUMN, of result.csv
figure() {
    awk -F, -v policy="$1" -v column="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i }
        $1 == policy { print $at }' result.csv
}

# holds EXPRESSION: of awk
holds() {
    awk "BEGIN { exit !($1) }" || fail "not so: $1"
}

printf '%s\n' id,cpu_cores,core_mhz,memory_kib h1,5,2000,104857600 h2,5,2000,104857600 >hosts.csv
printf '%s\n' vm,host a,h1 b,h1 c,h1 d,h1 e,h2 >places.csv
printf '[plan]\nstrategy=threshold\npublished=exact\n' >threshold.ini
replay() {
    "$BIN/plan" --quiet --replay "$@" --hosts hosts.csv --placement places.csv -o result.csv
}

# Four VMs of 2,200 MHz and the hypervisor's 200 of 10,000: 90 %, hot all of 60 minutes. One of them may go.
series a 2200 500 2048 b 2200 500 2048 c 2200 500 2048 d 2200 500 2048 e 500 500 2048 >hot.csv
replay hot.csv --compare threshold.ini --chart chart.svg
holds "$(figure none hot_host_minutes) == 60 && $(figure none migrations) == 0"
# The first interval shows it, the second begins with the move: 5 minutes and some seconds remain.
for policy in default threshold.ini; do
    holds "$(figure "$policy" hot_host_minutes) > 5 && $(figure "$policy" hot_host_minutes) < 6"
    holds "$(figure "$policy" migrations) == 1 && $(figure "$policy" back_within_24h) == 0"
    holds "$(figure "$policy" cpu_not_served_mhz_s) == 0 && $(figure "$policy" copied_gib) > 0.5"
done
grep -q '<svg ' chart.svg && grep -q 'threshold.ini' chart.svg || fail 'no chart'
mv result.csv first.csv
mv chart.svg first.svg
replay hot.csv --compare threshold.ini --chart chart.svg
cmp result.csv first.csv && cmp chart.svg first.svg || fail 'other bytes from the same input'

taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')" "$BIN/plan" --quiet --replay hot.csv --hosts hosts.csv \
    --placement places.csv --compare threshold.ini -o result.csv
cmp result.csv first.csv || fail 'other bytes on one processor'

# A policy's name is written for where it goes.
cp threshold.ini '=1<&.ini'
replay hot.csv --compare '=1<&.ini' --chart chart.svg
grep -q "^'=1<&\.ini,60," result.csv && grep -q '>=1&lt;&amp;\.ini<' chart.svg || fail 'a hostile name'

# Packed by gzip the history is the same.
gzip -c hot.csv >hot.csv.gz
replay hot.csv.gz --compare threshold.ini
cmp result.csv first.csv || fail 'another result of the packed history'

# 5 × 2,000 MHz of one host: four VMs of 3,000 and its own 200 ask for 12,200, so that 2,200 are not served, for 3,600 s.
series a 3000 500 2048 b 3000 500 2048 c 3000 500 2048 d 3000 500 2048 e 9000 500 2048 >over.csv
replay over.csv
holds "$(figure none full_host_minutes) == 60"
holds "$(figure none cpu_not_served_by_hosts_mhz_s) == 2200 * 3600"
# e uses 5,000 MHz more than its two cores have.
holds "$(figure none cpu_not_served_mhz_s) == 2200 * 3600 + 5000 * 3600"

# Half of the time h1 is hot and half of it h2: without times to cool down a VM leaves h1 and comes back.
series a 2500 500 2048 b '(i<6?3000:300)' 500 2048 c '(i<6?3000:300)' 500 2048 d 10 500 2048 \
    e '(i<6?500:4000)' 500 2048 f '(i<6?500:4000)' 500 2048 >back.csv
echo f,h2 >>places.csv
printf '[plan]\ncooldown_s=0\nreturn_cooldown_s=0\n' >hasty.ini
replay back.csv --policy hasty.ini
holds "$(figure hasty.ini back_within_6h) == 1 && $(figure hasty.ini back_within_24h) == 1"
# What moved in the last hours, as a journal tells, does not go back.
replay back.csv
holds "$(figure default back_within_6h) == 0"

# a's guest touches 900 of 1,000 MiB: short all of 60 minutes, until memory is added, which stays.
series a 500 900 1000 b 500 500 2048 c 500 500 2048 d 500 500 2048 e 500 500 2048 f 500 500 2048 >short.csv
replay short.csv
holds "$(figure none short_vm_minutes) == 60"
holds "$(figure default short_vm_minutes) > 5 && $(figure default short_vm_minutes) < 5.1"
holds "$(figure default memory_added_mib) >= 128 && $(figure default memory_given_back_mib) == 0"

# The table for people has a column each.
"$BIN/plan" --replay short.csv --hosts hosts.csv --placement places.csv >said
grep -qE 'none +default$' said && grep -qE '^VM-minutes short +60 +5' said || fail "$(cat said)"
