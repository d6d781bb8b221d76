# SPDX-License-Identifier: MIT
"""anytime.py BIN GENERATE WORK [--short]: plans of tight clusters without a time limit and with longer and longer ones.

Counts at each limit the clusters that are better, the same and worse in the design's order, to the last second, than
at the limit before. A limit is of the wall clock, so worse ones between two limits can come of a busy machine; there
is none between no limit and one that is long enough for what is found without.
"""
import collections
import os
import shutil
import subprocess
import sys

import seed

LIMITS = (0, 1, 5)
CLUSTERS, CLUSTERS_SHORT = 20, 5
RECIPE = "--hosts 8 --vms 80 --fill-cpu 70 --fill-memory 80 --hot 40 --rules 0.6 --odd 10 --tight".split()
POLICY = "[plan]\nstrategy=optimize\ndrs_clusters=plan\ntime_limit_s=%d\n"


def plan_levels(binaries, work, snapshot, limit):
    policy, assessment, plan = f"{work}/policy.ini", f"{work}/assessment.csv", f"{work}/plan.csv"
    with open(policy, "w", encoding="utf-8") as file:
        file.write(POLICY % limit)
    for command in ([f"{binaries}/analyze", "--quiet", "--policy", policy, snapshot, "-o", assessment],
                    [f"{binaries}/plan", "--quiet", "--policy", policy, snapshot, assessment, "-o", plan]):
        subprocess.run(command, check=True)
    steps = [row for row in seed.read_rows(plan) if row["kind"] == "step"]
    levels = seed.Fleet(snapshot, assessment).levels(steps)
    return [round(sum(of[i] for of in levels.values()), 2) for i in range(len(seed.LEVELS))]


def main():
    binaries, generate, work = sys.argv[1:4]
    n = CLUSTERS_SHORT if "--short" in sys.argv else CLUSTERS
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    counts, sums = collections.Counter(), {limit: [0] * len(seed.LEVELS) for limit in LIMITS}
    for number in range(1, n + 1):
        snapshot, before = f"{work}/seed-{number}", None
        subprocess.run([generate, "--seed", str(number), *RECIPE, "-o", snapshot], check=True)
        for limit in LIMITS:
            levels = plan_levels(binaries, work, snapshot, limit)
            sums[limit] = [a + b for a, b in zip(sums[limit], levels)]
            if before:
                counts[limit, "better" if levels < before else "worse" if levels > before else "same"] += 1
            if before and levels > before:
                print(f"  cluster {number}, {limit} s: worse, {levels} after {before}")
            before = levels
    print(f"anytime: {n} tight clusters, sums of {', '.join(seed.LEVELS)}")
    for limit in LIMITS:
        print(f"  {limit or 'no limit':>8}", *(f"{value:12,.1f}" for value in sums[limit]),
              *(f"{kind} {counts[limit, kind]}" for kind in ("better", "same", "worse") if limit))
    shutil.rmtree(work)


main()
