# SPDX-License-Identifier: MIT
# A pattern of the policy that matches nothing is warned of by the programs that read its key, with the nearest name, and
# the work is done all the same.
. "$TOP/tests/pipeline/lib/applying.sh"
vm=$(cut -d, -f2 "$before/vms.csv" | sed -n 2p)
misspelt=$(echo "$vm" | sed 's/./&&/')
cat >policy.ini <<END
[analyze]
system_vms=nobody*;$misspelt
[plan]
exclude_vms=$misspelt
forbid_growth=nothing-of-it
exclude_hosts=esx-of-old
evacuate=
END
exits 0 "$BIN/analyze" -q --policy policy.ini "$before" -o own.csv
says 'analyze: warning: policy.ini:2: system_vms: found no VM that matches nobody*'
says "analyze: warning: policy.ini:2: system_vms: found no VM that matches $misspelt (the nearest is \"$vm\")"
test "$(wc -l <said)" = 2 || fail 'analyze says more than its own'
exits 0 "$BIN/plan" -q --policy policy.ini "$before" own.csv -o new.csv
says "plan: warning: policy.ini:4: exclude_vms: found no VM that matches $misspelt (the nearest is \"$vm\")"
says 'plan: warning: policy.ini:5: forbid_growth: found no VM that matches nothing-of-it'
says 'plan: warning: policy.ini:6: exclude_hosts: found no host that matches esx-of-old'
test "$(wc -l <said)" = 5 || fail 'a pattern is told twice, or not at all'

# of very many the first hundred are told, and how many more there are
python3 -c 'print("[plan]\nexclude_vms=" + ";".join("none-%d" % i for i in range(120)))' >many.ini
exits 0 "$BIN/plan" -q --policy many.ini "$before" assessment.csv -o new.csv
says 'plan: warning: and 20 more of these (--verbose shows all)'
test "$(grep -c 'exclude_vms: found no VM' said)" = 100 || fail 'not a hundred of them'
exits 0 "$BIN/plan" -q -v --policy many.ini "$before" assessment.csv -o new.csv
test "$(grep -c 'exclude_vms: found no VM' said)" = 120 || fail 'not all where all are asked for'
