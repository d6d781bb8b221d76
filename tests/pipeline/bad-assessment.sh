# SPDX-License-Identifier: MIT
# plan refuses an assessment of another snapshot, under another policy, cut short, or edited into nonsense.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot source
succeeds 'a good snapshot' collect source -o good
succeeds 'a good assessment' analyze good -o good.csv

# refuses_assessment CASE SED-SCRIPT REGEX: plan refuses the assessment changed so
refuses_assessment() {
    LC_ALL=C sed "$2" good.csv >bad.csv
    refuses "$1" "$3" plan good bad.csv -o out/plan.csv
}

# of something else
sed -i 's/20:15/20:20/' source/snapshot.csv
succeeds 'a later snapshot' collect source -o later
succeeds 'its assessment' analyze later -o later.csv
refuses 'of another snapshot' 'later\.csv: #snapshot: found another snapshot than the one given: ' plan good later.csv -o out/plan.csv
sed "s/^#snapshot.*/&\n#snapshot,$(printf %064d 7),src-1,2026-11-21T20:25:00Z/" good.csv >bad.csv
refuses 'that names a newer snapshot' 'bad\.csv: #snapshot: found a newer ' plan good bad.csv -o out/plan.csv
printf '[analyze]\ncpu_hot_pct=60\n' >policy.ini
refuses 'under another policy' 'good\.csv: #policy: found an assessment under another \[analyze\] .*digests [0-9a-f]{64} and [0-9a-f]{64}' \
    plan --policy policy.ini good good.csv -o out/plan.csv
printf '[plan]\nseed=7\n' >policy.ini
succeeds 'a policy that differs in [plan] alone' plan --policy policy.ini good good.csv -o seven.csv

# cut short
rows=$(grep -c '' good.csv)
line=1
while test $line -lt "$rows"; do
    head -n $line good.csv >bad.csv
    refuses "cut after line $line of $rows" 'bad\.csv' plan good bad.csv -o out/plan.csv
    line=$((line + 3))
done
refuses_assessment 'a VM missing' '/^vm,vm-2,/d' 'bad\.csv: id: found no row of vm-2: '
refuses_assessment 'a host missing' '/^host,h-2,/d' 'bad\.csv: id: found no row of h-2: '
refuses_assessment 'a cluster missing' '/^cluster,c-1,/d' 'bad\.csv: id: found no row of c-1: '
refuses_assessment "a host's memory missing" '/^host,h-2,.*,host_memory,/d' 'bad\.csv: resource: found no row of h-2 and host_memory: '
refuses_assessment "a VM's CPU missing" '/^vm,vm-2,.*,cpu,/d' 'bad\.csv: resource: found no row of vm-2 and cpu: '

refuses_assessment "a cluster's buffer missing" '/^cluster,c-1,.*,cpu,/s/,16000,\(.*,load_balance\),[^,]*,/,16000,\1,,/' 'bad\.csv: buffer: found nothing for c-1: '

# edited
refuses_assessment 'no #format' '/^#format/d' 'bad\.csv:[0-9]+: #format: found nothing: '
refuses_assessment 'no #policy' '/^#policy/d' 'bad\.csv:[0-9]+: #policy: found nothing: '
refuses_assessment 'no #snapshot' '/^#snapshot/d' 'bad\.csv:[0-9]+: #snapshot: found nothing: '
refuses_assessment 'another format' '1s/-1$/-9/' 'bad\.csv:1: #format: found "vmanger-assessment-9": expected vmanger-assessment-1$'
refuses_assessment 'a plan' '1s/assessment/plan/' 'bad\.csv: found a plan: expected an assessment '
refuses_assessment 'a digest that is none' '/^#policy/s/,.*/,abc/' 'bad\.csv:[0-9]+: #policy: found "abc": expected a SHA-256$'
refuses_assessment 'a count that is none' '/^#origins/s/=.*/=many/' 'bad\.csv:[0-9]+: #origins: found "realtime=many": '
refuses_assessment 'a time that is none' '/^#window_to/s/,.*/,now/' 'bad\.csv:[0-9]+: #window_to: found "now": '
refuses_assessment 'an unknown entity' 's/^vm,vm-2,/guest,vm-2,/' 'bad\.csv:[0-9]+: entity: found "guest": expected one of cluster, host, vm$'
refuses_assessment 'a VM become a host' '/^vm,vm-2,.*,memory,/s/^vm/host/' 'bad\.csv:[0-9]+: entity: found "host": expected vm$'
refuses_assessment 'an unknown resource' '/^vm,vm-2,/s/,cpu,/,gpu,/' 'bad\.csv:[0-9]+: resource: found "gpu": '
refuses_assessment 'a resource twice' '/^vm,vm-2,.*,cpu,/p' 'bad\.csv:[0-9]+: resource: found "cpu": expected each resource of an entity once$'
refuses_assessment 'another unit' '/^vm,vm-2,/s/,MHz,/,GHz,/' 'bad\.csv:[0-9]+: unit: found "GHz": expected MHz$'
refuses_assessment 'a state of another kind' '/^vm,vm-2,/s/,normal,/,hot,/' 'bad\.csv:[0-9]+: state: found "hot": expected a state of such an entity$'
refuses_assessment 'two states' '/^vm,vm-2,.*,cpu,/s/,normal,/,idle,/' 'bad\.csv:[0-9]+: state: found "normal": expected the state of '
refuses_assessment 'a negative demand' '/^vm,vm-2,.*,cpu,/s/,7000,/,-7000,/g' 'bad\.csv:[0-9]+: [a-z]+: found "-7000": '
refuses_assessment 'an absurd demand' '/^vm,vm-2,.*,cpu,/s/,7000,/,7000000000000000,/g' 'bad\.csv:[0-9]+: [a-z]+: found "7000000000000000": '
refuses_assessment 'an exponent' '/^vm,vm-2,.*,cpu,/s/,7000,/,7e3,/g' 'bad\.csv:[0-9]+: [a-z]+: found "7e3": '
refuses_assessment 'a column missing' '/^entity,/s/demand/wish/' 'bad\.csv:[0-9]+: demand: found no such column: '
refuses_assessment 'a column twice' '/^entity,/s/reason/demand/' 'bad\.csv:[0-9]+: header: found "demand": expected each column once$'
refuses 'nothing there' 'nowhere\.csv: cannot be read: No such file or directory$' plan good nowhere.csv -o out/plan.csv
refuses 'a directory' 'good: found a snapshot: expected an assessment ' plan good good -o out/plan.csv
finish
