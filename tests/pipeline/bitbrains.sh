# SPDX-License-Identifier: MIT
# On a week of real VMs the whole chain runs without an error, makes no host hot or overfull, and leaves fewer
# hot hosts wherever a placement without any exists.
week=$DATA/bitbrains/rnd-2013-08-week1.csv.gz
test -f "$week" || {
    echo "there is no $week"
    exit 77
}
instants="300 433 566 699 832 965 1098 1231 1364 1497 1630 1763"
# shellcheck disable=SC2086
python3 "$TOP/tests/bitbrains.py" convert "$week" raw $instants
for instant in $instants; do
    mkdir "$instant"
    (
        cd "$instant"
        "$BIN/collect" --quiet "../raw/$instant" -o before
        "$BIN/analyze" --quiet before -o before.csv
        "$BIN/plan" --quiet before before.csv -o plan.csv
        "$BIN/apply" --quiet plan.csv before -o after
        "$BIN/analyze" --quiet after -o after.csv
        python3 "$TOP/tests/bitbrains.py" check before.csv after.csv
    )
done
