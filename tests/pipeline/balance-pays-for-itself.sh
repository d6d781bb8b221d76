# SPDX-License-Identifier: MIT
# Under balance=high hosts are levelled by as few moves as end within min_gain points of the evenest end that was found, and
# a second plan on the result makes none, or brings what min_gain asks.
. "$TOP/tests/pipeline/lib/applying.sh"

# figure PLAN NAME: what it says of its cluster after the plan
figure() {
    grep '^#cluster' "$1" | tr , '\n' | sed -n "s/^$2=\(.*\/\)\{0,1\}//p"
}

# deviation PLAN WHICH: points of CPU and memory added, before (1) or after (2)
deviation() {
    grep '^#cluster' "$1" | tr , '\n' | sed -n 's/^sd_[a-z]*=//p' | awk -F/ -v at="$2" '{ sum += $at } END { print sum }'
}

# plans NAME SNAPSHOT MIN_GAIN
plans() {
    printf '[plan]\nbalance=high\nmin_gain=%s\n' "$3" >"$1.ini"
    exits 0 "$BIN/analyze" -q --policy "$1.ini" "$2" -o "$1.assessed.csv"
    exits 0 "$BIN/plan" -q --policy "$1.ini" "$2" "$1.assessed.csv" -o "$1.csv"
}

for seed in 11 12 13; do
    "$BUILD/tests/generate" --clusters 1 --hosts 10 --vms 100 --hot 10 --seed $seed -o raw$seed >generated
    rm -f raw$seed/SHA256SUMS
    exits 0 "$BIN/collect" -q raw$seed -o s$seed
    plans even$seed s$seed 0.01
    plans good$seed s$seed 1
    awk -v few="$(figure good$seed.csv moves)" -v many="$(figure even$seed.csv moves)" 'BEGIN { exit !(few < many && few > 0) }' ||
        fail "$seed: $(figure good$seed.csv moves) moves, $(figure even$seed.csv moves) for the evenest"
    awk -v good="$(deviation good$seed.csv 2)" -v even="$(deviation even$seed.csv 2)" -v was="$(deviation good$seed.csv 1)" \
        'BEGIN { exit !(good < even + 1.5 && good < was / 2) }' ||
        fail "$seed: $(deviation good$seed.csv 2) points, $(deviation even$seed.csv 2) at the evenest"
    exits 0 "$BIN/apply" -q --policy good$seed.ini good$seed.csv s$seed -o after$seed
    plans again$seed after$seed 1
    awk -v moves="$(figure again$seed.csv moves)" -v was="$(deviation again$seed.csv 1)" -v is="$(deviation again$seed.csv 2)" \
        'BEGIN { exit !(moves == 0 || was - is >= 1) }' ||
        fail "$seed: a second plan moves $(figure again$seed.csv moves) for $(deviation again$seed.csv 1) to $(deviation again$seed.csv 2)"
done
