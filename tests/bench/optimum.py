# SPDX-License-Identifier: MIT
"""optimum.py BIN WORK [--short]: plan's migrations beside the least there can be, which cbc proves.

Each case is a cluster with hot hosts; all cases of a size are one snapshot, so that one plan answers them. The model
given to cbc is written here: every VM on one host, no host above its threshold in CPU or memory (which lies below
its capacity), as few VMs away from home as can be. A case without such a placement is left out, one not proven in
the time given is counted apart. Nothing here fails for being worse: it prints what was reached and missed.
"""
import collections
import csv
import os
import random
import re
import shutil
import subprocess
import sys

SIZES = ((60, 8), (150, 15))
EQUAL_TARGET_PCT = 95
CORES, CORE_MHZ, MEMORY_MIB = 16, 2500, 131072
CAPACITY = (CORES * CORE_MHZ, MEMORY_MIB * 1024)  # MHz, KiB
FILL_PCT, FULL_PCT = (66, 68), 97  # the mean of CPU and of memory; no host starts above the latter
THRESHOLD_PCT, HALF_WRITTEN_PCT = 80, 0.00049  # use is compared as it is written, to the thousandth
BASE = (800, 2 * 1024 * 1024)
OVERHEAD_KIB, WINDOW_S = 65536, 300
POLICY = """[analyze]
short_pct=100
[plan]
strategy=optimize
step_cost=count
balance=off
min_gain=0
max_moves_per_host=0
"""


class Case:
    """Needs are (MHz, KiB) a VM, KiB with the overhead."""

    def __init__(self, seed, vms, hosts):
        draw = random.Random(seed)
        shares = [[draw.lognormvariate(0, 0.7) for _ in range(vms)] for _ in CAPACITY]
        totals = [whole * fill / 100 * hosts - base * hosts for whole, fill, base in zip(CAPACITY, FILL_PCT, BASE)]
        self.need = [tuple(int(total * share[v] / sum(share)) for total, share in zip(totals, shares)) for v in range(vms)]
        self.use = [list(BASE) for _ in range(hosts)]
        self.home = []
        for need in self.need:
            room = [h for h in range(hosts) if all(u + n <= w * FULL_PCT / 100
                                                   for u, n, w in zip(self.use[h], need, CAPACITY))]
            self.home.append(draw.choice(room or range(hosts)))
            for r, n in enumerate(need):
                self.use[self.home[-1]][r] += n

    def write_model(self, path):
        """In CPLEX's LP format; x_v_h is 1 where VM v is on host h."""
        vms, hosts = range(len(self.need)), range(len(self.use))
        with open(path, "w", encoding="utf-8") as file:
            print("Minimize\n moves:", file=file)
            for v in vms:
                print(" ".join(f"+ x_{v}_{h}" for h in hosts if h != self.home[v]), file=file)
            print("Subject To", file=file)
            for v in vms:
                print(f" vm_{v}:", " ".join(f"+ x_{v}_{h}" for h in hosts), "= 1", file=file)
            for r, whole in enumerate(CAPACITY):
                most = int(whole * (THRESHOLD_PCT + HALF_WRITTEN_PCT) / 100) - BASE[r]
                for h in hosts:
                    print(f" host_{h}_{r}:", "\n".join(f"+ {self.need[v][r]} x_{v}_{h}" for v in vms), "<=", most, file=file)
            print("Binaries", file=file)
            for v in vms:
                print(" ".join(f"x_{v}_{h}" for h in hosts), file=file)
            print("End", file=file)


def write_table(directory, name, columns, rows):
    with open(f"{directory}/{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_snapshot(directory, cases):
    hosts, vms, samples = [], [], []
    start = "2026-11-20T20:10:00Z"
    for c, case in enumerate(cases):
        for h, use in enumerate(case.use):
            hosts.append([f"host-{c}-{h}", f"esx{c}-{h}", f"domain-{c}", "connected", "on", "normal", CORES, CORE_MHZ,
                          CAPACITY[0], CAPACITY[1], "yes"])
            samples += [(f"host-{c}-{h}", "cpu_usage_mhz", use[0]), (f"host-{c}-{h}", "memory_consumed_kib", use[1])]
        for v, (mhz, kib) in enumerate(case.need):
            vm, held = f"vm-{c}-{v}", kib - OVERHEAD_KIB
            vms.append([vm, vm, f"00000000-0000-4000-8000-{c:06x}{v:06x}", f"host-{c}-{case.home[v]}", "on",
                        CORES, -(-held // 1024)])
            samples += [(vm, "cpu_usage_mhz", mhz), (vm, "memory_active_kib", held // 10),
                        (vm, "memory_consumed_kib", held), (vm, "memory_overhead_kib", OVERHEAD_KIB)]
    os.makedirs(directory)
    write_table(directory, "snapshot", ["format", "taken_at", "source_type", "source", "source_id", "window_s", "interval_s"],
                [["vmanger-snapshot-1", "2026-11-20T20:15:00Z", "generated", "optimum", "optimum", WINDOW_S, WINDOW_S]])
    write_table(directory, "clusters", ["id", "name", "drs"], [[f"domain-{c}", f"case {c}", "off"] for c in range(len(cases))])
    write_table(directory, "pools", ["id", "name", "cluster_id"], [])
    write_table(directory, "hosts", ["id", "name", "cluster_id", "connection", "power", "mode", "cpu_cores", "core_mhz",
                                     "cpu_mhz", "memory_kib", "vmotion"], hosts)
    write_table(directory, "vms", ["id", "name", "instance_uuid", "host_id", "power", "vcpus", "memory_mib"], vms)
    write_table(directory, "rules", ["id", "name", "cluster_id", "type"], [])
    write_table(directory, "samples", ["entity_id", "metric", "instance", "origin", "start", "interval_s", "values"],
                [[entity, metric, "", "rollup", start, WINDOW_S, value] for entity, metric, value in samples])


def plan(binaries, directory, cases):
    """(migrations, hot hosts left) of each case."""
    write_snapshot(f"{directory}/raw", cases)
    with open(f"{directory}/policy.ini", "w", encoding="utf-8") as file:
        file.write(POLICY)
    snapshot, assessment, steps = f"{directory}/snapshot", f"{directory}/assessment.csv", f"{directory}/plan.csv"
    policy = ["--quiet", "--policy", f"{directory}/policy.ini"]
    subprocess.run([f"{binaries}/collect", "--quiet", f"{directory}/raw", "-o", snapshot], check=True)
    subprocess.run([f"{binaries}/analyze", *policy, snapshot, "-o", assessment], check=True)
    subprocess.run([f"{binaries}/plan", *policy, snapshot, assessment, "-o", steps], check=True)
    answers = {}
    with open(steps, newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            if row[0] == "#cluster":
                facts = dict(cell.split("=", 1) for cell in row[3:] if "=" in cell)
                answers[row[1]] = (int(facts["moves"]), int(facts["hot_hosts"].split("/")[1]))
    return [answers[f"domain-{c}"] for c in range(len(cases))]


def prove(case, directory, seconds):
    """The least migrations; "infeasible"; "not proven"."""
    model, solution = f"{directory}/model.lp", f"{directory}/solution"
    case.write_model(model)
    subprocess.run(["cbc", model, "sec", str(seconds), "solve", "solution", solution], check=True, capture_output=True)
    with open(solution, encoding="utf-8") as file:
        state = file.readline()
    found = re.match(r"Optimal - objective value (\d+)", state)
    return int(found[1]) if found else "infeasible" if re.search("infeasible", state, re.I) else "not proven"


def report_target(what, value, target, reached):
    print(f"  {what}: {value} (to reach: {target}): {'reached' if reached else 'missed'}")


def measure(binaries, work, vms, hosts, n_cases, seconds):
    directory = f"{work}/{vms}"
    os.makedirs(directory)
    cases = [Case(seed, vms, hosts) for seed in range(1, n_cases + 1)]
    counts = collections.Counter()
    worst = 0
    for case, (moves, hot) in zip(cases, plan(binaries, directory, cases)):
        least = prove(case, directory, seconds)
        if isinstance(least, str):
            counts[least] += 1
        elif hot:
            counts["left hot"] += 1
        else:
            worst = max(worst, moves - least)
            counts["below" if moves < least else "equal" if moves == least else "one above" if moves == least + 1 else "more"] += 1
    proven = sum(counts[k] for k in ("below", "equal", "one above", "more", "left hot"))
    print(f"\n{vms} VMs on {hosts} hosts: {n_cases} cases, {seconds} s of cbc each")
    print(f"  optimum proven: {proven}; not proven: {counts['not proven']}; no placement without a hot host: {counts['infeasible']}")
    print(f"  plan equals it: {counts['equal']}; one above: {counts['one above']}; more above: {counts['more']}; "
          f"a host left hot: {counts['left hot']}")
    if counts["below"]:
        print(f"  plan is below the proven optimum {counts['below']} times: the model and plan disagree")
    if proven:
        share = 100 * counts["equal"] / proven
        report_target("equal, % of those proven", f"{share:.1f}", EQUAL_TARGET_PCT, share >= EQUAL_TARGET_PCT)
        report_target("most above", worst if not counts["left hot"] else "hot", 1, worst <= 1 and not counts["left hot"])


def main():
    binaries, work = sys.argv[1:3]
    short = "--short" in sys.argv
    if not shutil.which("cbc"):
        print("optimum: the peer is absent (Debian: coinor-cbc), nothing measured")
        return
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    print("optimum: fewest migrations that leave no host hot")
    for vms, hosts in SIZES[:1] if short else SIZES:
        measure(binaries, work, vms, hosts, 10 if short else 100, 10 if short else 60)
    shutil.rmtree(work)


main()
