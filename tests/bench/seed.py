# SPDX-License-Identifier: MIT
"""seed.py BIN GENERATE BITBRAINS WEEK WORK [--short]: optimize and threshold on the same clusters.

Hot hosts left, moves and bytes are the plans' own (#cluster rows). Which of two plans is better in the design's order
is found here, by making their steps on the assessment's demands: VMs in breach of mandatory rules and points over the
memory, VMs on hosts to empty, points over the hot threshold, MiB missing, VMs in breach of should-rules, seconds
(vCPUs are on no level, so adding them is no cost: threshold never does).
optimize gives up what brings less than min_gain points: so much of the third is no worse. Nothing here fails for
being worse: it prints what was reached and missed.
"""
import collections
import csv
import math
import os
import shutil
import subprocess
import sys

CLUSTERS, CLUSTERS_SHORT, CLUSTERS_PER_SNAPSHOT = 200, 40, 40
HOSTS, VMS = 8, 80  # a cluster, on the mean
INSTANTS, INSTANTS_SHORT = range(432, 2016, 144), (432, 1440)
STRATEGIES = ("threshold", "optimize")
DECIDING = ("cpu", "host_memory")
MIN_GAIN, SHORT_PCT, HOT, SECONDS = 1, 80, 2, 5  # two defaults of the policy, and two levels
LEVELS = ("rules and capacity", "hosts to empty", "points over the threshold", "MiB missing", "should-rules", "seconds")
POLICY = "[plan]\nstrategy=%s\ndrs_clusters=plan\n"


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


class Fleet:
    """A snapshot and its assessment, as far as the design's order looks at them."""

    def __init__(self, snapshot, assessment):
        self.vms = {row["id"]: row for row in read_rows(f"{snapshot}/vms.csv")}
        self.hosts = {row["id"]: row for row in read_rows(f"{snapshot}/hosts.csv")}
        self.rules = [row for row in read_rows(f"{snapshot}/rules.csv") if row.get("enabled") != "no"]
        self.loads = collections.defaultdict(dict)
        for row in read_rows(assessment):
            self.loads[row["id"]][row["resource"]] = row

    def demand(self, entity, resource):
        return float(self.loads[entity][resource]["demand"] or 0)

    def after(self, steps):
        """Host of each running VM, MiB of each, and demands of each host, when all steps are made."""
        place = {i: vm["host_id"] for i, vm in self.vms.items() if vm["power"] == "on"}
        mib = {i: float(vm["memory_mib"]) for i, vm in self.vms.items()}
        use = {h: {r: self.demand(h, r) for r in DECIDING} for h in self.hosts}
        for step in steps:
            vm = step["object_id"]
            if step["action"] == "migrate":
                for r in DECIDING if vm in place else ():
                    use[place[vm]][r] -= self.demand(vm, r)
                    use[step["to_id"]][r] += self.demand(vm, r)
                place.update({vm: step["to_id"]} if vm in place else {})
            elif step["action"] == "add_memory":
                use[place[vm]]["host_memory"] += (float(step["to"]) - mib[vm]) * 1024
                mib[vm] = float(step["to"])
        return place, mib, use

    def levels(self, steps):
        """cluster id -> the six levels."""
        place, mib, use = self.after(steps)
        levels = collections.defaultdict(lambda: [0] * len(LEVELS))
        for rule in self.rules:
            must = rule["mandatory"] == "yes" or ("host" not in rule["type"] and rule["mandatory"] != "no")
            levels[rule["cluster_id"]][0 if must else 4] += breaches(rule, place) * (100 if must else 1)
        for host, row in self.hosts.items():
            at = levels[row["cluster_id"]]
            if row["mode"] == "entering":
                at[1] += sum(h == host for h in place.values())
            elif self.loads[host]["cpu"]["state"] not in ("unavailable", "unknown"):
                for r in DECIDING:
                    load = self.loads[host][r]
                    pct = round(100 * use[host][r] / float(load["capacity"]), 3)
                    at[HOT] += max(0, pct - float(load["threshold_pct"] or math.inf))
                    at[0] += max(0, pct - 100) if r == "host_memory" else 0
        for vm in place:
            if self.loads[vm]["memory"]["state"] == "short":
                missing = self.demand(vm, "memory") / 1024 * 100 / SHORT_PCT - mib[vm]
                levels[self.cluster_of(vm)][3] += max(0, math.ceil(missing))
        for step in steps:
            if step["action"] != "add_cpu":
                levels[step["cluster_id"]][SECONDS] += float(step["est_s"] or 0)
        return levels

    def cluster_of(self, vm):
        return self.hosts[self.vms[vm]["host_id"]]["cluster_id"]


def breaches(rule, place):
    """Running VMs in breach of a rule."""
    at = [place[vm] for vm in rule["vm_ids"].split() if vm in place]
    if "host" in rule["type"]:
        listed = rule["host_ids"].split()
        return sum((host in listed) == (rule["type"] == "vm_host_anti_affinity") for host in at)
    most = max(collections.Counter(at).values(), default=0)
    return len(at) - (len(set(at)) if rule["type"] == "vm_anti_affinity" else most)


def make_plan(binaries, snapshot, out, strategy):
    """cluster id -> facts; the steps; the assessment's path."""
    policy, assessment, plan = f"{out}/policy.ini", f"{out}/assessment.csv", f"{out}/plan.csv"
    with open(policy, "w", encoding="utf-8") as file:
        file.write(POLICY % strategy)
    for command in ([f"{binaries}/analyze", "--quiet", "--policy", policy, snapshot, "-o", assessment],
                    [f"{binaries}/plan", "--quiet", "--policy", policy, snapshot, assessment, "-o", plan]):
        subprocess.run(command, check=True)
    with open(plan, newline="", encoding="utf-8") as file:
        clusters = {row[1]: dict(cell.split("=", 1) for cell in row[3:] if "=" in cell)
                    for row in csv.reader(file) if row[0] == "#cluster"}
    return clusters, [row for row in read_rows(plan) if row["kind"] == "step"], assessment


def first_difference(one, other):
    """The first level that differs and whether `one` is the worse there; None where none does."""
    for level, (a, b) in enumerate(zip(one, other)):
        if a < b - 0.001 or a > b + (MIN_GAIN if level == HOT else 0.001):
            return level, a > b
    return None


def compare(binaries, snapshot, out, totals, worse):
    levels = {}
    for strategy in STRATEGIES:
        clusters, steps, assessment = make_plan(binaries, snapshot, out, strategy)
        levels[strategy] = Fleet(snapshot, assessment).levels(steps)
        for facts in clusters.values():
            before, after = map(int, facts["hot_hosts"].split("/"))
            totals[strategy].update(before=before, hot=after, moves=int(facts["moves"]), mib=int(facts["copy_mib"]))
    for cluster in clusters:
        difference = first_difference(levels["optimize"][cluster], levels["threshold"][cluster])
        kind = "same" if not difference else "worse" if difference[1] else "better"
        totals["optimize"][kind] += 1
        if kind == "worse":
            level = difference[0]
            worse.append(f"{os.path.basename(snapshot)} {cluster}: {LEVELS[level]} {levels['optimize'][cluster][level]:.3f}, "
                         f"threshold {levels['threshold'][cluster][level]:.3f}")


def report(what, totals, worse):
    print(f"\n{what}")
    print("             hot hosts    left   moves        MiB")
    for strategy in STRATEGIES:
        total = totals[strategy]
        print(f"  {strategy:10} {total['before']:9} {total['hot']:7} {total['moves']:7} {total['mib']:10,}")
    counts = totals["optimize"]
    print(f"  in the design's order, optimize is better {counts['better']} times, the same {counts['same']}, worse {counts['worse']}")
    for line in worse[:10]:
        print(f"    {line}")
    print(f"  times worse: {counts['worse']} (to reach: 0): {'reached' if not counts['worse'] else 'missed'}", flush=True)


def seeded(binaries, generate, work, n_clusters):
    totals, worse = {strategy: collections.Counter() for strategy in STRATEGIES}, []
    for seed in range(1, n_clusters // CLUSTERS_PER_SNAPSHOT + 1):
        n = CLUSTERS_PER_SNAPSHOT
        snapshot = f"{work}/seed-{seed}"
        subprocess.run([generate, "--seed", str(seed), "--clusters", str(n), "--hosts", str(n * HOSTS), "--vms",
                        str(n * VMS), "-o", snapshot], check=True)
        compare(binaries, snapshot, work, totals, worse)
        shutil.rmtree(snapshot)
    report(f"{n_clusters} seeded clusters", totals, worse)


def recorded(binaries, convert, week, work, instants):
    if not os.path.exists(week):
        print(f"\nno recorded week at {week}: skipped")
        return
    totals, worse = {strategy: collections.Counter() for strategy in STRATEGIES}, []
    subprocess.run([sys.executable, convert, "convert", week, f"{work}/raw", *map(str, instants)], check=True,
                   stdout=subprocess.DEVNULL)
    for instant in instants:
        snapshot = f"{work}/instant-{instant}"
        subprocess.run([f"{binaries}/collect", "--quiet", f"{work}/raw/{instant}", "-o", snapshot], check=True)
        compare(binaries, snapshot, work, totals, worse)
    report(f"bitbrains, {len(instants)} instants of the week", totals, worse)


def main():
    binaries, generate, convert, week, work = sys.argv[1:6]
    short = "--short" in sys.argv
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    print("seed: strategy=optimize beside strategy=threshold")
    seeded(binaries, generate, work, CLUSTERS_SHORT if short else CLUSTERS)
    recorded(binaries, convert, week, work, INSTANTS_SHORT if short else INSTANTS)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
