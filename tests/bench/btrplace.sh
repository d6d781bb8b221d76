#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# BtrPlace's 5,000-host workloads repaired by plan's problem and search: migrations beside the least there can be, and
# seconds beside the 180 s published for BtrPlace itself (TDSC 2013).
#   DATA=DIR   holds btrplace/
#   TOOLS=DIR  holds btrplace and btrplace-check (build/tests)
#   SHORT=1    the smallest and the largest
set -eu
data=${DATA:-../shared/data}/btrplace
tools=${TOOLS:-build/tests}
if ! ls "$data"/li_r*_c*/nodes.csv >/dev/null 2>&1; then
    echo "btrplace: no data at $data, nothing measured"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%-12s %10s %8s %8s %9s %s\n' workload migrations least ratio seconds state
for dir in "$data"/li_r*_c*; do
    name=$(basename "$dir")
    case "${SHORT:-}$name" in 1li_r4* | 1li_r5*) continue ;; esac
    began=$(date +%s.%N)
    "$tools/btrplace" "$dir" -o "$work/new.csv" >"$work/log"
    ended=$(date +%s.%N)
    "$tools/btrplace-check" "$dir" "$work/new.csv" >"$work/check" || true
    awk -v name="$name" -v seconds="$(awk -v a="$began" -v b="$ended" 'BEGIN { print b - a }')" '
        $1 == "migrations" { moved = $2 } $1 == "least" { least = $2 } { state = $1 }
        END { printf "%-12s %10d %8d %8.3f %9.2f %s\n", name, moved, least, least ? moved / least : 1, seconds, state }' "$work/check"
done | tee "$work/table"
awk '{ if ($4 > ratio) ratio = $4; if ($5 > slow) slow = $5; bad += $6 != "repaired" }
    END { printf "btrplace: %d of %d repaired, at most %.3f times the least migrations, slowest %.2f s (1/%d of the published 180 s)\n",
                 NR - bad, NR, ratio, slow, 180 / slow; exit bad > 0 }' "$work/table"
