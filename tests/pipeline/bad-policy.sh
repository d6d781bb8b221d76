# SPDX-License-Identifier: MIT
# A policy that means nothing is refused by line and key, and the nearest key is named.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot source
succeeds 'a good snapshot' collect source -o good
succeeds 'a good assessment' analyze good -o good.csv

# refuses_policy CASE TEXT REGEX: analyze and plan refuse a policy of that text (printf's)
refuses_policy() {
    printf "$2" >policy.ini
    refuses "analyze: $1" "policy\.ini:$3" analyze --policy policy.ini good -o out/assessment.csv
    refuses "plan: $1" "policy\.ini:$3" plan --policy policy.ini good good.csv -o out/plan.csv
}

refuses_policy 'an unknown key' '[analyze]\ncpu_hot_pc=70\n' \
    '2: cpu_hot_pc: found "cpu_hot_pc": expected a key of \[analyze\] \(the nearest is cpu_hot_pct of \[analyze\]\)$'
refuses_policy 'a key of another section' '[analyze]\nmax_moves=3\n' '2: max_moves: .*\(the nearest is max_moves of \[plan\]\)$'
refuses_policy 'a key in capitals' '[analyze]\nCPU_HOT_PCT=70\n' '2: CPU_HOT_PCT: '
refuses_policy 'a key for a language' '[analyze]\ncpu_hot_pct[de]=70\n' '2: cpu_hot_pct\[de\]: '
refuses_policy 'a section unlike any' '[nope]\n' '1: section: found "nope": expected \[analyze\], \[plan\], \[apply\], \[rule NAME\] or \[size NAME\]$'
refuses_policy 'an unknown section' '\n[analyse]\ncpu_hot_pct=70\n' '2: section: found "analyse": .*\(the nearest is \[analyze\]\)$'
refuses_policy 'a key twice' '[plan]\nseed=1\n# again\nseed=2\n' '4: seed: found "seed": expected it once: it stands at line 2 already$'
refuses_policy 'a section twice' '[plan]\nseed=1\n[analyze]\n[plan]\n' '4: section: found "plan": expected it once: it stands at line 1 '
refuses_policy 'a key before any section' 'seed=1\n' '1: seed: found "seed": expected a section before '
refuses_policy 'a line that is no key' '[plan]\nseed\n' '2: found "seed": expected key=value$'
refuses_policy 'a line without a key' '[plan]\n=1\n' '2: found "=1": expected key=value$'
refuses_policy 'a section never closed' '[plan\nseed=1\n' '1: section: found "plan": '
refuses_policy 'brackets in a name' '[rule a]b]\ntype=vm_affinity\nvms=*\n' '1: section: found '
refuses_policy 'a tab in a name' '[rule a\tb]\ntype=vm_affinity\nvms=*\n' '1: section: found "rule a\\u\{9\}b": '
refuses_policy 'a byte order mark' '\357\273\277[plan]\n' '1: found a byte order mark: expected UTF-8 without one$'
refuses_policy 'Latin-1' '[plan]\nseed=1\nevacuate=caf\351\n' '3: found byte 0xe9: expected UTF-8 text$'
refuses_policy 'a NUL' '[plan]\nseed=1\000\n' '2: found byte 0x00: expected UTF-8 text$'
refuses_policy 'an escape that GLib reads as a control' '[plan]\nevacuate=a\\tb\n' '2: evacuate: found '
refuses_policy 'an escape that is none' '[plan]\nevacuate=a\\qb\n' '2: evacuate: found '
refuses_policy 'a foreign file' 'plan:\n  seed: 1\n' '1: found "plan:": expected key=value$'

# values
refuses_policy 'no number' '[analyze]\ncpu_hot_pct=high\n' '2: cpu_hot_pct: found "high": expected a number with .* from 1 to 100$'
refuses_policy 'a percent sign' '[analyze]\ncpu_hot_pct=80%%\n' '2: cpu_hot_pct: found "80%%?": '
refuses_policy 'a number too large' '[analyze]\ncpu_hot_pct=101\n' '2: cpu_hot_pct: found "101": '
refuses_policy 'a number too small' '[analyze]\ncpu_hot_pct=0\n' '2: cpu_hot_pct: found "0": '
refuses_policy 'a negative number' '[plan]\nmemory_step_mib=-128\n' '2: memory_step_mib: found "-128": '
refuses_policy 'an exponent' '[plan]\nmemory_step_mib=1e3\n' '2: memory_step_mib: found "1e3": '
refuses_policy 'a decimal in a whole number' '[plan]\nmemory_step_mib=0.5\n' '2: memory_step_mib: found "0.5": '
refuses_policy 'no value' '[plan]\nmemory_step_mib=\n' '2: memory_step_mib: found nothing: '
refuses_policy 'an unknown word' '[plan]\nstrategy=magic\n' '2: strategy: found "magic": expected one of optimize, threshold$'
refuses_policy 'a word that is no yes' '[plan]\nrespect_drs_overrides=true\n' '2: respect_drs_overrides: found "true": expected one of no, yes$'
refuses_policy 'a comment behind a value' '[plan]\nseed=1 # one\n' '2: seed: found "1 # one": '
refuses_policy 'a terminal escape' '[plan]\nstrategy=\033[31m\n' '2: strategy: found "\\u\{1B\}\[31m": '

# rules
refuses_policy 'a rule of no type' '[rule a]\nvms=web*\n' '1: type: found nothing: expected one of vm_affinity, '
refuses_policy 'a rule of no VMs' '[rule a]\ntype=vm_affinity\n' '1: vms: found nothing: expected patterns of VMs'
refuses_policy 'a host rule of no hosts' '[rule a]\ntype=vm_host_affinity\nvms=*\n' '1: hosts: found nothing: expected patterns of hosts with type=vm_host_affinity$'
refuses_policy 'a VM rule with hosts' '[rule a]\ntype=vm_affinity\nvms=*\nhosts=*\n' '4: hosts: found "\*": expected no hosts with type=vm_affinity$'
refuses_policy 'an unknown type' '[rule a]\ntype=apart\nvms=*\n' '2: type: found "apart": expected one of vm_affinity, '
refuses_policy 'an unknown key of a rule' '[rule a]\ntype=vm_affinity\nvm=*\n' '3: vm: .*expected a key of a rule: type, vms, hosts or mandatory$'
refuses_policy 'a rule without a name' '[rule ]\ntype=vm_affinity\n' '1: section: found "rule ": '
refuses_policy 'a rule twice' '[rule a]\ntype=vm_affinity\nvms=*\n[rule a]\n' '4: section: found "rule a": '

# what only the hosts there show
printf '[plan]\nevacuate=esx*\nexclude_hosts=*1\n' >policy.ini
succeeds 'analyze: a host to empty and to leave alone' analyze --policy policy.ini good -o contradicted.csv
refuses 'plan: a host to empty and to leave alone' \
    'policy\.ini:2: evacuate: found the host "[^"]*1", which policy\.ini:3: exclude_hosts names too: expected one of the two$' \
    plan --policy policy.ini good contradicted.csv -o out/plan.csv
rm contradicted.csv

refuses 'no such policy' 'nowhere\.ini: cannot be read: .*No such file' analyze --policy nowhere.ini good -o out/x

printf '# nothing but a comment\r\n\r\n[plan]\r\n  seed = 7  \r\n[rule two words]\r\ntype=vm_affinity\r\nvms=web*;Shop/*\r\n' >policy.ini
succeeds 'blanks and CRLF are no error' analyze --policy policy.ini good -o fine.csv
finish
