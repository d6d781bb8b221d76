# SPDX-License-Identifier: MIT
# On a terminal analyze draws hosts as bars and plan --show has clusters as a table, in colour unless NO_COLOR is set or
# the terminal is dumb; through a pipe there is neither. What a name holds never acts on the terminal.
. "$TOP/tests/pipeline/lib/refusal.sh"

cat >on_terminal.py <<'END'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while True:
    try:
        more = os.read(terminal, 10000)
    except OSError:
        break
    if not more:
        break
    seen += more
sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
# on_terminal VARIABLE=VALUE... PROGRAM ARGUMENT...: what it says there is in seen, without live progress
on_terminal() {
    env -u NO_COLOR TERM=xterm LC_ALL=C.UTF-8 "$@" | sed 's/^\(\r\o33\[K[^\r]*\)*\r\o33\[K//' >seen || complain "$*" 'it fails'
}
escape=$(printf '\033')
snapshot=$TOP/samples/snapshot
"$BIN/analyze" "$snapshot" -o company.csv >plain
! grep -q "$escape\|█" plain || complain 'a pipe' 'colours or bars'

on_terminal python3 on_terminal.py "$BIN/analyze" "$snapshot" -o company.csv
sed "s/$escape\[[0-9;]*m//g" seen >uncoloured
cmp -s seen uncoloured && complain 'a terminal' 'no colour'
# esx-a01: 91 % of CPU, above its threshold, and 63 % of memory
grep -qE "^    esx-a01\.[^ ]* +CPU $escape\[31m█{19}░$escape\[0m   91 %  memory $escape\[32m█{13}░{3}┊░{3}$escape\[0m   63 %\$" seen ||
    complain 'a terminal' "no bar of esx-a01: $(grep -a '^    esx-a01' seen)"
test "$(grep -c '█\|░' seen)" = 16 || complain 'a terminal' "$(grep -c '█\|░' seen) bars"
# all else is what a pipe has
grep -v '█\|░' uncoloured | cmp -s - plain || complain 'a terminal' 'the text is another'

on_terminal NO_COLOR=1 python3 on_terminal.py "$BIN/analyze" "$snapshot" -o company.csv
cmp -s seen uncoloured || complain NO_COLOR 'it is not the same without colour'
on_terminal NO_COLOR= python3 on_terminal.py "$BIN/analyze" "$snapshot" -o company.csv
grep -q "$escape\[31m" seen || complain 'an empty NO_COLOR' 'it counts'
on_terminal TERM=dumb python3 on_terminal.py "$BIN/analyze" "$snapshot" -o company.csv
! grep -q "$escape\[3" seen || complain 'a dumb terminal' 'colours'
on_terminal LC_ALL=C python3 on_terminal.py "$BIN/analyze" "$snapshot" -o company.csv
grep -qE '#{13}\.{3}\|\.{3}' seen || complain 'a terminal without UTF-8' 'no bars of ASCII'
on_terminal python3 on_terminal.py "$BIN/analyze" --json "$snapshot" -o company.csv
! grep -q "$escape" seen || complain '--json' 'colours'

"$BIN/plan" -q "$snapshot" company.csv -o plan.csv
on_terminal python3 on_terminal.py "$BIN/plan" --show plan.csv
sed "s/$escape\[[0-9;]*m//g" seen >uncoloured
grep -qE '^  HAM-Apps +2 → 0 +9 → 6 +91 → 78\.5 % +88\.4 → 79\.8 % +8$' uncoloured || complain 'a table' "$(grep -a HAM-Apps seen)"
grep -qE "^  $escape\[32m\+$escape\[0m 1\. migrate " seen || complain 'a table' 'steps are not green'
grep -qE "^  $escape\[31m!$escape\[0m " seen || complain 'a table' 'unsolved items are not red'
grep -v '^  Cluster \|^  HAM-' uncoloured >rest
"$BIN/plan" --show plan.csv | grep -v '^  Cluster \|^    ' | grep -v '^      ' >expected
grep -v '^      ' rest | cmp -s - expected || complain 'a table' 'the rest is another'

# A name that would paint, and one that is long.
small_snapshot in
sed -i "2s/esx1/${escape}[2J${escape}[31mesx1/; 3s/esx2/a-very-long-name-of-a-host-that-has-no-end.example/" in/hosts.csv
sed -i "s/Alpha/${escape}[2JAlpha-with-a-name-that-is-long/" in/clusters.csv
"$BIN/collect" -q in -o hostile
on_terminal NO_COLOR=1 python3 on_terminal.py "$BIN/analyze" hostile -o hostile.csv
"$BIN/plan" -q hostile hostile.csv -o hostile.plan.csv
! grep -q "$escape" seen || complain 'a hostile name' 'it acts on the terminal'
grep -q '^    a-very-long-name-of-a\.\.\.  CPU ' seen || complain 'a long name' 'it is not cut'
on_terminal NO_COLOR=1 python3 on_terminal.py "$BIN/plan" --show hostile.plan.csv
! grep -q "$escape" seen || complain 'a hostile name' 'it acts on the terminal'
finish
