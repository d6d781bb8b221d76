#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The ROADEF/EURO Challenge 2012 instances through plan's problem and search: cost by the independent checker, and the
# gap to the best known in % of the initial cost, beside those of the median finalist, of team S41 and of the best of all
# 27 finalists at 300 s; a star where it beats them all.
#   DATA=DIR      holds roadef/
#   SECONDS_EACH  of wall time for each instance (300; SHORT=1: 5)
#   INSTANCES     names (all; SHORT=1: four)
#   TOOLS=DIR     holds roadef and roadef-check (build/tests)
set -eu
data=${DATA:-../shared/data}/roadef
tools=${TOOLS:-build/tests}
seconds=${SECONDS_EACH:-300}
if [ -n "${SHORT:-}" ]; then
    seconds=${SECONDS_EACH:-5}
    INSTANCES=${INSTANCES:-a1_4 a2_1 b_1 b_3}
fi
if [ ! -r "$data/best.csv" ]; then
    echo "roadef: no data at $data, nothing measured"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%-8s %14s %14s %9s %9s %9s %9s\n' instance cost best_known gap_pct median S41 best_of_27
while IFS=, read -r name initial _ _ first s41 median best _; do
    case " ${INSTANCES:-$name} " in *" $name "*) ;; *) continue ;; esac
    model=$data/model_$name.txt
    assignment=$data/assignment_$name.txt
    "$tools/roadef" -t "$seconds" -p "$model" -i "$assignment" -o "$work/new" -s 1 >"$work/log"
    cost=$("$tools/roadef-check" "$model" "$assignment" "$work/new" | awk '$1 == "total" { print $2 }')
    "$tools/roadef-check" "$model" "$assignment" "$work/new" >/dev/null || { echo "$name: infeasible"; exit 1; }
    awk -v name="$name" -v cost="$cost" -v best="$best" -v initial="$initial" -v s41="$s41" -v first="$first" \
        -v median="$median" 'function gap(of) { return of == "" ? "" : sprintf("%.4f", 100 * (of - best) / initial) }
        BEGIN { printf "%-8s %14s %14s %9s %9s %9s %9s%s\n", name, cost, best, gap(cost), median, gap(s41), gap(first),
                first != "" && cost + 0 < first + 0 ? " *" : "" }'
done < <(tail -n +2 "$data/best.csv") | tee "$work/table"
awk -v seconds="$seconds" 'substr($1, 1, 1) == "a" { a += $4; na++ } substr($1, 1, 1) == "b" { b += $4; nb++; if ($4 > worst) worst = $4 }
    END { printf "roadef: %s s and 2 threads each:", seconds
          if (na) printf " set A mean gap %.4f %% over %d;", a / na, na
          if (nb) printf " set B mean gap %.4f %%, largest %.4f %%, over %d;", b / nb, worst, nb
          print " all feasible by the independent checker" }' "$work/table"
