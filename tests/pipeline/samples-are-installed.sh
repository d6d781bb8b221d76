# SPDX-License-Identifier: MIT
# make install puts the samples where the man pages say that they are, and examples speak of names that the sample has.
installed=$TMP/root/opt/vm
make -s -C "$TOP" -o all install BIN="$BIN" BUILD="$BUILD" DESTDIR="$TMP/root" PREFIX=/opt/vm >"$TMP/said" 2>&1 || {
    cat "$TMP/said"
    exit 1
}
status=0
complain() {
    echo "$*"
    status=1
}
for sample in fleet/fleet.sh fleet/fleet.mk fleet/fleet.sbatch fleet/sites.csv fleet/kubernetes.yaml policy.ini cycle.sh gate.sh vmanger.cron vmanger.service vmanger.timer vmanger.rules.yml vmanger.dashboard.json; do
    cmp "$TOP/samples/$sample" "$installed/share/doc/vmanger/examples/$sample" || complain "$sample"
done
for schema in "$TOP"/samples/schemas/*; do
    cmp "$schema" "$installed/share/vmanger/schemas/${schema##*/}" || complain "$schema"
done
test -x "$installed/share/doc/vmanger/examples/cycle.sh" || complain 'cycle.sh cannot be run'
named=0
for file in $(cat "$installed"/share/man/man[15]/*.[15] | grep '^\.It Pa /' | sed 's/^\.It Pa //; s/ , / /g'); do
    case $file in /*) directory=${file%/*} ;; *) file=$directory/$file ;; esac
    test -e "$TMP/root$file" || complain "a man page names $file"
    named=$((named + 1))
done
test "$named" -ge 6 || complain "the man pages name $named samples"
! grep -l /usr/local "$installed"/share/man/man*/* || complain 'a man page names another prefix'

hosts=$TOP/samples/snapshot/hosts.csv vms=$TOP/samples/snapshot/vms.csv
for pattern in $(grep -ho 'evacuate=[a-z][^*` ]*\*' "$TOP/README.md" "$TOP"/*/*.[15]); do
    name=${pattern#*=}
    grep -q ",${name%\*}" "$hosts" || complain "$pattern matches no host of the sample"
done
for name in $(sed -n 's/.*plan --explain \([a-z][^ ]*\) snapshot.*/\1/p' "$TOP/README.md" "$TOP"/*/*.[15]); do
    grep -q ",$name," "$vms" || complain "--explain $name: the sample has no such VM"
done
exit $status
