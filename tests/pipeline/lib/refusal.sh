# SPDX-License-Identifier: MIT
# For tests of bad input: a small snapshot written by hand, and what a refusal must look like.
#
#   . "$TOP/tests/pipeline/lib/refusal.sh"
#   refuses 'a VM twice' 'vms\.csv:3: id: found "vm-1"' collect in -o out/x
#   finish

failures=0
mkdir out

# complain CASE WHAT: notes that a case failed; the others still run
complain() {
    echo "$1: $2"
    sed 's/^/    /' said
    failures=$((failures + 1))
}

# refuses CASE REGEX PROGRAM ARGUMENT...: the program exits 1, says one line, which matches, on standard error and
# nothing on standard output, and leaves nothing in out/
refuses() {
    case=$1 regex=$2 program=$3
    shift 3
    code=0
    "$BIN/$program" "$@" >heard 2>said </dev/null || code=$?
    test "$code" = 1 || complain "$case" "exit code $code instead of 1"
    test "$(grep -c '' said)" = 1 || complain "$case" "not one line of error"
    grep -qE "^$program: $regex" said || complain "$case" "not said: $regex"
    ! LC_ALL=C grep -q '[[:cntrl:]]' said || complain "$case" "raw control characters"
    test ! -s heard || complain "$case" "standard output: $(head -c 200 heard)"
    test -z "$(ls -A out)" || complain "$case" "left behind: $(ls -A out)"
    rm -rf out && mkdir out
}

# succeeds CASE PROGRAM ARGUMENT...: exit code 0 and no word on standard error
succeeds() {
    case=$1 program=$2
    shift 2
    code=0
    "$BIN/$program" "$@" >heard 2>said </dev/null || code=$?
    test "$code" = 0 || complain "$case" "exit code $code instead of 0"
    test ! -s said || complain "$case" "unexpected error"
}

finish() {
    test "$failures" = 0 || echo "$failures complaints"
    test "$failures" = 0
}

# small_snapshot DIRECTORY: two clusters, three hosts, four VMs; esx1 is hot by CPU and vm "shop" short of memory
small_snapshot() {
    mkdir "$1"
    cat >"$1/snapshot.csv" <<'END'
format,taken_at,source_type,source_id,window_s,interval_s
vmanger-snapshot-1,2026-11-21T20:15:00Z,script,src-1,300,20
END
    cat >"$1/clusters.csv" <<'END'
id,name,drs,ha,ha_policy,ha_failures,ha_failover_hosts
c-1,Alpha,manual,no,off,,
c-2,Beta,manual,no,off,,
END
    cat >"$1/pools.csv" <<'END'
id,name,parent_id,cluster_id,memory_limit_mib
p-1,Resources,,c-1,unlimited
p-2,Production,p-1,c-1,unlimited
p-3,Test,p-2,c-1,4096
p-4,Resources,,c-2,unlimited
END
    cat >"$1/hosts.csv" <<'END'
id,name,cluster_id,connection,power,mode,cpu_model,cpu_cores,core_mhz,cpu_mhz,memory_kib,vmotion
h-1,esx1,c-1,connected,on,normal,Xeon,8,2000,16000,67108864,yes
h-2,esx2,c-1,connected,on,normal,Xeon,8,2000,16000,67108864,yes
h-3,esx3,c-2,connected,on,normal,Xeon,8,2000,16000,67108864,yes
END
    cat >"$1/vms.csv" <<'END'
id,name,folder,cluster_id,pool_id,host_id,power,vcpus,memory_mib,memory_hot_add,memory_hot_add_limit_mib,memory_hot_add_step_mib
vm-1,web,Shop,c-1,p-2,h-1,on,4,8192,no,,
vm-2,db,Shop,c-1,p-2,h-1,on,4,8192,no,,
vm-3,shop,Shop,c-1,p-2,h-2,on,2,4096,yes,65536,128
vm-4,old,,c-2,p-4,h-3,off,1,1024,no,,
END
    cat >"$1/rules.csv" <<'END'
id,name,cluster_id,type,mandatory,enabled,vm_ids,host_ids
r-1,apart,c-1,vm_anti_affinity,yes,no,vm-1 vm-3,
r-2,licensed,c-1,vm_host_affinity,no,yes,vm-2,h-1 h-2
END
    cat >"$1/samples.csv" <<'END'
entity_id,metric,instance,origin,start,interval_s,values
h-1,cpu_usage_mhz,,realtime,2026-11-21T20:10:00Z,100,14000 14100 13900
h-1,memory_consumed_kib,,realtime,2026-11-21T20:10:00Z,100,17000000 17000000 17000000
h-2,cpu_usage_mhz,,realtime,2026-11-21T20:10:00Z,100,2000 2000 2000
h-2,memory_consumed_kib,,realtime,2026-11-21T20:10:00Z,100,6000000 6000000 6000000
h-3,cpu_usage_mhz,,realtime,2026-11-21T20:10:00Z,100,100 - 100
h-3,memory_consumed_kib,,realtime,2026-11-21T20:10:00Z,100,2000000 2000000 2000000
vm-1,cpu_usage_mhz,,realtime,2026-11-21T20:10:00Z,100,6000 6000 6000
vm-1,memory_active_kib,,realtime,2026-11-21T20:10:00Z,100,2000000 2000000 2000000
vm-1,memory_consumed_kib,,realtime,2026-11-21T20:10:00Z,100,7000000 7000000 7000000
vm-2,cpu_usage_mhz,,realtime,2026-11-21T20:10:00Z,100,7000 7000 7000
vm-2,memory_active_kib,,realtime,2026-11-21T20:10:00Z,100,2000000 2000000 2000000
vm-2,memory_consumed_kib,,realtime,2026-11-21T20:10:00Z,100,7000000 7000000 7000000
vm-3,cpu_usage_mhz,,realtime,2026-11-21T20:10:00Z,100,1000 1000 1000
vm-3,memory_active_kib,,realtime,2026-11-21T20:10:00Z,100,3900000 3900000 3900000
vm-3,memory_consumed_kib,,realtime,2026-11-21T20:10:00Z,100,4000000 4000000 4000000
END
}

# edited FILE SED-SCRIPT: a new in/, the small snapshot with one file changed (in bytes, whatever the locale)
edited() {
    rm -rf in
    small_snapshot in
    LC_ALL=C sed -i "$2" "in/$1"
}

# refuses_edit CASE FILE SED-SCRIPT REGEX: collect refuses the small snapshot with that file changed
refuses_edit() {
    edited "$2" "$3"
    refuses "$1" "in/$2$4" collect in -o out/snapshot
}
