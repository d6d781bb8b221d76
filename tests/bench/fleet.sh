# SPDX-License-Identifier: MIT
# What a fleet costs beside its stages: make's and the script's share of the processor, the merge's time and memory over
# the number of sites, and a task of Slurm's, where that can be run here.
work=$(mktemp -d)
trap 'test ! -e "$work/slurm.conf" || slurm_ends; rm -rf "$work"' EXIT
cd "$work"
if (command -v slurmd && command -v munged && test "$(id -u)" = 0) >/dev/null 2>&1; then
    . "$TOP/tests/pipeline/lib/slurm.sh"
fi
python3 "$TOP/tests/bench/fleet.py" "$TOP" "$BUILD" "$BIN" ${SHORT:+--short}
