# SPDX-License-Identifier: MIT
# A command line that means nothing is refused with the way to help; help and version are no errors.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot source
succeeds 'a good snapshot' collect source -o good
succeeds 'a good assessment' analyze good -o good.csv
succeeds 'a good plan' plan good good.csv -o good-plan.csv

for program in collect analyze plan apply; do
    refuses 'an unknown option' "Unknown option --frobnicate \(see $program --help\)\$" $program --frobnicate good -o out/x
    refuses 'a misspelt option' "Unknown option --verbsoe=yes: the nearest is --verbose \(see $program --help\)\$" $program --verbsoe=yes good -o out/x
    refuses 'an unknown letter' "Unknown option -x \(see $program --help\)\$" $program -x good -o out/x
    refuses 'no argument' ".*\(see $program --help\)\$" $program
    refuses 'an option without its value' "Missing argument for -o \(see $program --help\)\$" $program good -o
    refuses 'an option with an escape' "Unknown option --.u[{]1B[}][[]31m" $program "--$(printf '\033')[31m" -o out/x
    succeeds '--help' $program --help
    grep -q '^Usage:' heard || complain '--help' 'no usage'
    succeeds '--version' $program --version
    grep -qE "^vmanger $program [0-9]+\.[0-9]+\.[0-9]+\$" heard || complain '--version' 'no version'
done
refuses 'collect: no output' 'expected one SOURCE, and one of -o SNAPSHOT and --archive DIR ' collect good
refuses 'collect: two outputs' 'expected one SOURCE, and one of ' collect good -o out/x --archive out/y
refuses 'collect: two sources' 'expected one SOURCE, ' collect good source -o out/x
refuses 'collect: no window' '--window: found "0": expected 10 to 3600 seconds' collect good --window 0 -o out/x
refuses 'collect: no history' '--history: found "7w": expected seconds, or as 90m, 24h, 7d or 2w, from 1h to 7d ' collect https://localhost:9/sdk --history 7w -o out/x
refuses 'collect: too much history' '--history: found "8d": expected .* from 1h to 7d ' collect https://localhost:9/sdk --history 8d -o out/x
refuses 'collect: a history no longer than the window' '--history: found "1h": expected .* from 2h to 7d ' collect https://localhost:9/sdk --history 1h --window 3600 -o out/x
refuses 'collect: a window that is no number' ".*five" collect good --window five -o out/x
refuses 'collect: another kind of source' 'ftp://host/sdk: found another kind of source: ' collect ftp://host/sdk -o out/x
refuses 'collect: an export without its word' 'export\.XLSX: found a workbook: expected rvtools:export\.XLSX ' collect export.XLSX -o out/x
refuses 'collect: no such directory' 'nowhere: found no directory: expected a snapshot, or https://nowhere/sdk for a vCenter$' collect nowhere -o out/x
refuses 'collect: no such path' 'a/way: found no directory: expected a snapshot$' collect a/way -o out/x
refuses 'collect: no such file' 'old\.csv: found no directory: expected a snapshot, or https://old\.csv/sdk for a vCenter$' collect old.csv -o out/x
refuses 'apply: no such directory' 'nowhere: found no directory: expected a snapshot, or https://nowhere/sdk ' apply good-plan.csv nowhere --journal out/j
refuses 'apply: no such path' 'a/way: found no directory: expected a snapshot$' apply good-plan.csv a/way --journal out/j
refuses 'analyze: no output' '-o names no file for the assessment ' analyze good
refuses 'analyze: no snapshot' 'no snapshot is named ' analyze -o out/x
refuses 'plan: no output' 'expected -o PLAN ' plan good good.csv
refuses 'plan: no assessment' 'expected a SNAPSHOT and an assessment.csv ' plan good -o out/x
refuses 'plan: too much' 'expected a SNAPSHOT and an assessment.csv ' plan good good.csv good.csv -o out/x
refuses 'plan: two modes' 'expected one of --show, --check, --explain, --what-if, --lose, --fits and --replay ' plan --show a --explain b
refuses 'plan: --show with an output' '--output goes with making a plan, --check and --replay, not with --show ' plan --show good-plan.csv -o out/x
refuses 'plan: --without-dependents alone' '--without-dependents goes with --check, not with making a plan ' plan --without-dependents good good.csv -o out/x
refuses 'plan: --explain of a cluster' 'found "Alpha", a cluster: expected the id or name of a VM or host$' plan --explain Alpha good good.csv
refuses 'plan: --lose of a cluster' '--lose: found "Alpha", a cluster: expected .* host, or a pattern as esx-a\*$' plan --lose Alpha good good.csv
succeeds 'plan: --lose of hosts by a pattern' plan --lose 'esx*' good good.csv
refuses 'plan: --explain of nothing there' 'found no "nobody": expected the id of ' plan --explain nobody good good.csv
refuses 'plan: --check of a snapshot' 'good: found a snapshot: expected a plan ' plan --check good good good.csv -o out/x
refuses 'plan: arguments the wrong way round' 'good\.csv: found a file: expected the SNAPSHOT first, then the assessment\.csv ' plan good.csv good -o out/x
refuses 'apply: no output' 'a directory is tried on a copy: expected -o AFTER ' apply good-plan.csv good
refuses 'apply: no target' 'expected a PLAN and a TARGET ' apply good-plan.csv
refuses 'apply: a copy of a vCenter' '-o AFTER is for a directory: ' apply good-plan.csv https://localhost:9/sdk -o out/x
refuses 'apply: a copy of a vCenter by its name' '-o AFTER is for a directory: ' apply good-plan.csv vcsa.example -o out/x
refuses 'apply: too much' 'expected a PLAN and a TARGET ' apply good-plan.csv good good -o out/x
refuses 'apply: two modes' 'expected one of --undo and --verify-journal ' apply --undo a --verify-journal b
refuses 'apply: --undo without an output' '--undo takes -o NEW ' apply --undo good.csv
refuses 'apply: arguments the wrong way round' 'good: found a target: expected the PLAN first, then the TARGET ' apply good good-plan.csv -o out/x --journal out/j
refuses 'apply: a copy of hosts' '-o AFTER is for a directory: hosts would be changed themselves' apply good-plan.csv libvirt:hosts.csv -o out/x
refuses 'apply: no file of hosts' 'nowhere.csv' apply good-plan.csv libvirt:nowhere.csv --journal out/j
refuses 'apply: a vCenter before the plan' 'vcsa\.example: found a target: expected the PLAN first' apply vcsa.example good-plan.csv

# An option that the way in which a program runs does not use is refused, and named.
refuses 'plan --show --history' '--history goes with making a plan, --check, --explain, --what-if, --lose and --fits, not with --show ' plan --show good-plan.csv --history j
refuses 'plan --show --policy' '--policy goes with making a plan, --check, --explain, --what-if, --lose, --fits and --replay, not with --show ' plan --show good-plan.csv --policy p
refuses 'plan --compare alone' '--compare goes with --replay, not with making a plan ' plan good good.csv --compare p -o out/x
refuses 'plan --replay --history' '--history goes with making a plan, --check, --explain, --what-if, --lose and --fits, not with --replay ' plan --replay good --history j
refuses 'plan --home twice' '--home: found several: expected the journal of one evacuation ' plan --home a --home b good good.csv -o out/x
refuses 'plan --replay of two' '--replay takes a history and nothing else ' plan --replay good good.csv
refuses 'plan --explain -o' '--output goes with making a plan, --check and --replay, not with --explain ' plan --explain vm-1 good good.csv -o out/x
refuses 'plan --explain --detailed-exitcode' '--detailed-exitcode goes with making a plan, --show and --check, not with --explain ' plan --explain vm-1 good good.csv --detailed-exitcode
refuses 'plan --explain --only' '--only goes with --show, not with --explain ' plan --explain vm-1 good good.csv --only steps
for mode in '--explain vm-1' '--check good-plan.csv -o out/x'; do
    refuses "plan $mode --cluster" "--cluster goes with making a plan, --show and --what-if, not with ${mode%% *} " plan $mode good good.csv --cluster Alpha
done
refuses 'plan --only alone' '--only goes with --show, not with making a plan ' plan good good.csv --only steps -o out/x
refuses 'collect --policy' 'Unknown option --policy ' collect good --policy nonsense -o out/x
for option in '--window 300' '--history 7d' '-u me' '--password-file f' '--cacert f' '--thumbprint 00' -k '--timeout 120'; do
    refuses "collect of a directory, $option" '--[a-z-]+ goes with a vCenter( and libvirt hosts)?, not with a directory ' collect good $option -o out/x
    test "$option" = '--window 300' || test "$option" = '--history 7d' ||
        refuses "apply to a directory, $option" '--[a-z-]+ goes with a vCenter( and libvirt hosts)?,? not with a directory ' apply good-plan.csv good $option -o out/x --journal out/j
done
printf 'x' >j
for option in --dry-run --skip-stale --skip-refused --no-recheck-load '--journal x' '--cluster c' '--max-age 1' '--parallel 1' '--parallel-per-host 1' '--policy p'; do
    refuses "apply --undo $option" "${option% *} goes with a vCenter, libvirt hosts and a directory, not with --undo " apply --undo j -o out/x $option
    refuses "apply --verify-journal $option" "${option% *} goes with a vCenter, libvirt hosts and a directory, not with --verify-journal " apply --verify-journal j $option
done
refuses 'apply --verify-journal -o' '--output goes with a vCenter, libvirt hosts, a directory and --undo, not with --verify-journal ' apply --verify-journal j -o out/x
refuses 'apply --undo -k' '--insecure goes with a vCenter, not with --undo ' apply --undo j -o out/x -k

# Numbers are read whole, and within what makes sense.
numbers() {
    program=$1 option=$2 expected=$3
    shift 3
    for value in -1 -2 '' 1.5 0x10 ' 7' 1e3 seven 7s 99999999999999999999; do
        refuses "$option $value" "$option: found (\"$value\"|nothing): expected $expected \\(see" "$program" "$option=$value" "$@"
    done
}
numbers collect --window '10 to 3600 seconds' https://localhost:9/sdk -o out/x
numbers collect --timeout '1 to 3600 seconds' https://localhost:9/sdk -o out/x
numbers apply --timeout '1 to 3600 seconds' good-plan.csv https://localhost:9/sdk
numbers apply --max-age '0 to 1000000000 seconds' good-plan.csv good -o out/x
numbers apply --parallel '1 to 1024' good-plan.csv good -o out/x
numbers apply --parallel-per-host '1 to 1024' good-plan.csv good -o out/x
for option in 'collect --window 9' 'collect --window 3601' 'collect --timeout 0' 'collect --timeout 3601'; do
    refuses "$option" '--[a-z]+: found "[0-9]+": expected [0-9]+ to 3600 seconds ' $option https://localhost:9/sdk -o out/x
done
for option in '--parallel 0' '--parallel 1025' '--parallel-per-host 0' '--parallel-per-host 1025' '--max-age 1000000001'; do
    refuses "apply $option" '--[a-z-]+: found "[0-9]+": expected [01] to 10+(24)?' apply $option good-plan.csv good -o out/x
done
finish
