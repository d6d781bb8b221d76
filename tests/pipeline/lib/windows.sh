# SPDX-License-Identifier: MIT
# For tests of history: windows of the small snapshot, one after another.
. "$TOP/tests/pipeline/lib/refusal.sh"

# what is told of windows here is their mean
printf '[analyze]\nestimator=mean\n' >mean.ini

# window NAME MINUTE HOST1 BASE VM1 VM2 VM3: the snapshot NAME of five minutes that ended at 20:MINUTE, in which the VMs
# used so many MHz, vm-1 and vm-2 on h-1 with a base of BASE, and vm-3 on HOST3
window() {
    name=$1 end=$2 host3=$3 base=$4 vm1=$5 vm2=$6 vm3=$7
    start=$(printf '%02d' $((end - 5)))
    rm -rf made
    small_snapshot made
    h1=$((base + vm1 + vm2)) h2=1000
    if test "$host3" = h-1; then h1=$((h1 + vm3)); else h2=$((h2 + vm3)); fi
    sed -i "s/T20:15:00Z/T20:$end:00Z/" made/snapshot.csv
    sed -i "/^vm-3,/s/h-2/$host3/" made/vms.csv
    sed -i "s/T20:10:00Z/T20:$start:00Z/
        /^h-1,cpu/s/[^,]*\$/$h1 $h1 $h1/; /^h-2,cpu/s/[^,]*\$/$h2 $h2 $h2/
        /^vm-1,cpu/s/[^,]*\$/$vm1 $vm1 $vm1/; /^vm-2,cpu/s/[^,]*\$/$vm2 $vm2 $vm2/
        /^vm-3,cpu/s/[^,]*\$/$vm3 $vm3 $vm3/" made/samples.csv
    "$BIN/collect" -q made -o "$name"
}

# cell FILE ENTITY RESOURCE COLUMN: of an assessment
cell() {
    awk -F, -v id="$2" -v resource="$3" -v column="$4" '
        /^#/ { next }
        !n { n = NF; for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["id"] == id && $at["resource"] == resource { print $at[column] }' "$1"
}

# is CASE FILE ENTITY RESOURCE COLUMN EXPECTED
is() {
    : >said
    found=$(cell "$2" "$3" "$4" "$5")
    test "$found" = "$6" || complain "$1" "$3 $4 $5 is '$found', not '$6'"
}

# edit NAME FROM FILE SED-SCRIPT...: NAME is FROM with files changed
edit() {
    rm -rf made
    cp -r "$2" made
    rm made/SHA256SUMS
    name=$1
    shift 2
    while test $# -gt 0; do
        sed -i "$2" "made/$1"
        shift 2
    done
    "$BIN/collect" -q made -o "$name"
}
