# SPDX-License-Identifier: MIT
# A history to replay, its hosts and its placement that are none are refused by file, line and column.
. "$TOP/tests/pipeline/lib/refusal.sh"

header=vm,time_s,vcpus,cpu_provisioned_mhz,cpu_usage_mhz,memory_provisioned_kib,memory_usage_kib
printf '%s\n' $header a,0,1,2000,100,1048576,500 a,300,1,2000,100,1048576,500 >good.csv
succeeds 'a good history' plan --quiet --replay good.csv -o result.csv

# refuses_series CASE ROWS REGEX: of rows (printf's) below the header
refuses_series() {
    printf "$header\n$2" >bad.csv
    refuses "$1" "$3" plan --replay bad.csv -o out/result.csv --chart out/chart.svg
}
refuses_series 'no rows' '' 'bad\.csv:2: time_s: found nothing: expected at least two rows of a VM$'
refuses_series 'one row' 'a,0,1,2000,100,1048576,500\n' 'bad\.csv:3: time_s: found nothing: expected at least two rows of a VM$'
refuses_series 'a time twice' 'a,300,1,2000,1,1024,1\na,300,1,2000,1,1024,1\n' \
    'bad\.csv:3: time_s: found "300": expected more than 300, the time of the VM.s row before$'
refuses_series 'a time that is none' 'a,now,1,2000,1,1024,1\n' 'bad\.csv:2: time_s: found "now": '
refuses_series 'a negative load' 'a,0,1,2000,-1,1024,1\n' 'bad\.csv:2: cpu_usage_mhz: found "-1": '
refuses_series 'a hostile name' '"\033[31m",x,1,2000,1,1024,1\n' 'bad\.csv:2: time_s: found "x": '
refuses_series 'a row too short' 'a,0,1\n' 'bad\.csv:2: '
refuses_series 'more than can be held' 'a,0,1,2000,1,1024,1\na,1,1,2000,1,1024,1\na,2000000000,1,2000,1,1024,1\n' \
    'bad\.csv: found [0-9]+ intervals from the first time to the last: expected at most 210240: is one of the times far '
echo vm,time_s >bad.csv
refuses 'no column' 'bad\.csv:1: cpu_provisioned_mhz: ' plan --replay bad.csv -o out/result.csv
refuses 'no file' 'absent\.csv: found No such file or directory: expected CSV' plan --replay absent.csv
gzip -c good.csv | head -c 40 >cut.csv.gz
refuses 'a file that is cut off' 'cut\.csv\.gz: found .*: expected CSV, or CSV compressed by gzip$' plan --replay cut.csv.gz

# hosts and placements
refuses 'hosts that are none' '--hosts: found "16x": expected CORESxMHZ,GIB' plan --replay good.csv --hosts 16x
refuses 'hosts of nothing' '--hosts: found "0x2600,64": ' plan --replay good.csv --hosts 0x2600,64
printf '%s\n' id,cpu_cores,core_mhz,memory_kib h,4,2000,0 >hosts.csv
refuses 'a host without memory' 'hosts\.csv:2: memory_kib: found "0": expected at least 1$' plan --replay good.csv --hosts hosts.csv
printf '%s\n' id,cpu_cores,core_mhz,memory_kib h,4,2000,1024 h,4,2000,1024 >hosts.csv
refuses 'a host twice' 'hosts\.csv:3: id: found "h": expected each host once$' plan --replay good.csv --hosts hosts.csv
refuses 'a placement that is none' '--placement: found "best": expected first-fit, random:SEED, or a file of vm and host$' \
    plan --replay good.csv --placement best
refuses 'a seed that is none' '--placement: found "random:x": ' plan --replay good.csv --placement random:x
printf '%s\n' vm,host b,host-1 >places.csv
refuses 'a VM that is none' 'places\.csv:2: vm: found "b": expected a VM of the history$' plan --replay good.csv --placement places.csv
printf '%s\n' vm,host a,host-2 >places.csv
refuses 'a host that is none' 'places\.csv:2: host: found "host-2": expected host-1 to host-1' \
    plan --replay good.csv --placement places.csv
printf '%s\n' vm,host a,host-1 a,host-1 >places.csv
refuses 'a VM twice' 'places\.csv:3: vm: found "a": expected each VM once$' plan --replay good.csv --placement places.csv
printf '%s\n' vm,host >places.csv
refuses 'a VM left out' 'places\.csv: found no row of the VM "a": expected one of each VM$' plan --replay good.csv --placement places.csv

# archives
mkdir archive
refuses 'an empty archive' 'archive: found no snapshots in it: expected two snapshots or more' plan --replay archive
small_snapshot source
succeeds 'a snapshot' collect source -o archive/2026-11-21T201500Z
refuses 'an archive of one' 'archive: found one snapshot: expected two' plan --replay archive
cp -r archive/2026-11-21T201500Z archive/2026-11-21T202000Z
refuses 'two of one time' \
    'archive/2026-11-21T202000Z/snapshot\.csv:2: taken_at: found 2026-11-21T20:15:00Z: expected a time after 2026-11-21T20:15:00Z' \
    plan --replay archive
refuses 'hosts of an archive' 'archive: found a directory: expected a file of series, which --hosts is for' \
    plan --replay archive --hosts 4x2000,64
refuses 'a policy that is none' 'bad\.csv:1: ' plan --replay good.csv --compare bad.csv
finish
