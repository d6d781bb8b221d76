# SPDX-License-Identifier: MIT
"""hbal.py TOOL WORK [--short]: deviation and maximum of memory and CPU, and CPU time, ours beside hbal's.

The peer is hbal of Debian's ganeti-htools. Clusters are written in its text format, on shared storage, so that every
move is a live migration. Both see the same figures, in two views: CPU as vcpus a core (--ignore-dynu), and CPU as
the loads of a utilisation file (-U; instances have no vcpus then, which the peer would even out besides). Ours may
make as many moves as the peer made. The figures of both come from here, by replaying the moves that each printed,
which also checks that each fits its target's memory when it is made. Nothing here fails for being slow or worse.
"""
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys

SIZES = ((10, 50), (30, 300), (50, 500))
ALONE = (100, 1000)
PUBLISHED_SECONDS = 1900  # CPU time measured once for the peer at the size that ours does alone
SHORT_LIMIT_S = 120  # of wall time for one run of the peer
NODE_MIB, NODE_OWN_MIB, NODE_CORES, VCPU_RATIO = 65536, 1024, 32, 8
SKEW = 1.6  # how unevenly nodes are filled
MOVE = re.compile(r"\s*\d+\. (\S+) (\S+)\s+=> (\S+)")
VIEWS = {"vcpus": "--ignore-dynu", "loads": "-U"}
FIGURES = ("memory deviation", "memory maximum", "CPU deviation", "CPU maximum")


class Cluster:
    def __init__(self, nodes, instances, seed, view):
        draw = random.Random(seed)
        self.view, self.nodes = view, [f"node-{n:03}" for n in range(nodes)]
        free = dict.fromkeys(self.nodes, NODE_MIB - NODE_OWN_MIB)
        self.instances = {}  # name -> (MiB, vcpus, load, node)
        for number in range(instances):
            mib = draw.choice((1024, 2048, 2048, 4096, 4096, 8192, 12288))
            vcpus = draw.choice((1, 1, 2, 2, 4, 8))
            node = None
            while not node or free[node] < mib:
                node = self.nodes[int(nodes * draw.random() ** SKEW)]
            free[node] -= mib
            load = round(vcpus * draw.uniform(.05, .9) / (2 * NODE_CORES), 6)
            self.instances[f"vm-{number:04}"] = (mib, vcpus, load, node)
        self.free = free

    def write(self, path):
        """The cluster, and its loads beside it where they are what is seen; the arguments that name them."""
        spec = "0,0,0,0,0,0|0,0,0,0,0,0;1048576,1024,1048576,16,8,12|sharedfile|%d.0|32.0" % VCPU_RATIO
        loads = self.view == "loads"
        with open(path, "w", encoding="utf-8") as file:
            print("group|uuid|preferred||\n", file=file)
            for n, node in enumerate(self.nodes):
                print(f"{node}|{NODE_MIB}|{NODE_OWN_MIB}|{self.free[node]}|1|1|{NODE_CORES}|{'N' if n else 'M'}|uuid|1"
                      "||N|0|0|1.0", file=file)
            print(file=file)
            for name, (mib, vcpus, _, node) in self.instances.items():
                print(f"{name}|{mib}|0|{0 if loads else vcpus}|running|Y|{node}||sharedfile||1|-", file=file)
            print(f"\n\n|{spec}\ngroup|{spec}", file=file)
        if not loads:
            return [path]
        with open(path + ".util", "w", encoding="utf-8") as file:
            for name, (_, _, load, _) in self.instances.items():
                print(name, load, 0, 0, 0, file=file)
        return [path, path + ".util"]

    def replay(self, output):
        """Moves made, and the four figures afterwards."""
        place = {name: row[3] for name, row in self.instances.items()}
        free = dict(self.free)
        moves = MOVE.findall(output)
        for name, source, target in moves:
            mib = self.instances[name][0]
            if place[name] != source or free[target] < mib:
                sys.exit(f"hbal: {name} {source} => {target}: it is on {place[name]}, {free[target]} MiB are free")
            free[source] += mib
            free[target] -= mib
            place[name] = target
        memory = [1 - free[node] / NODE_MIB for node in self.nodes]
        cpu = dict.fromkeys(self.nodes, 0)
        for name, node in place.items():
            _, vcpus, load, _ = self.instances[name]
            cpu[node] += load if self.view == "loads" else vcpus / NODE_CORES
        return len(moves), [f(v) for v in (memory, cpu.values()) for f in (statistics.pstdev, max)]


def run(command, limit=None):
    """Output and CPU seconds of one run, or None when it took longer than the limit."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=limit).stdout
    except subprocess.TimeoutExpired:
        return None, None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def report_target(what, value, target):
    print(f"  {what}: {value:.4f} (to reach: {target:.4f}): {'reached' if value <= target else 'missed'}")


def row(who, moves, figures, seconds):
    print(f"  {who:6} {moves:5} {figures[0]:9.5f} {figures[1]:8.4f} {figures[2]:9.5f} {figures[3]:8.4f} {seconds:9.3f}")


def compare(tool, work, nodes, instances, view, limit):
    cluster = Cluster(nodes, instances, 1, view)
    files = cluster.write(f"{work}/{nodes}-{view}")
    peer = ["hbal", "-t", files[0], VIEWS[view], *files[1:]]
    print(f"\n{nodes} hosts, {instances} VMs, CPU as {view} (hbal {VIEWS[view]})", flush=True)
    output, seconds = run(peer, limit)
    if output is None:
        print(f"  the peer took more than {limit} s: not compared")
        return
    moves, theirs = cluster.replay(output)
    output, own_seconds = run([tool, *files, "--moves", str(moves)])
    own_moves, ours = cluster.replay(output)
    print("         moves  memory: sd      max   CPU: sd      max     CPU s")
    row("before", 0, cluster.replay("")[1], 0)
    row("hbal", moves, theirs, seconds)
    row("ours", own_moves, ours, own_seconds)
    for name, own, their in zip(FIGURES, ours, theirs):
        report_target(name, own, their + 1e-9)
    if (nodes, instances) == SIZES[-1]:
        report_target("CPU time over the peer's", own_seconds / seconds, 0.001)
    else:
        print(f"  CPU time over the peer's: {own_seconds / seconds:.5f}")


def alone(tool, work):
    for view in VIEWS:
        cluster = Cluster(*ALONE, 1, view)
        output, seconds = run([tool, *cluster.write(f"{work}/alone-{view}"), "--moves", str(ALONE[0])])
        moves, figures = cluster.replay(output)
        print(f"\n{ALONE[0]} hosts, {ALONE[1]:,} VMs, CPU as {view}: ours alone")
        row("before", 0, cluster.replay("")[1], 0)
        row("ours", moves, figures, seconds)
        print(f"  CPU time over the {PUBLISHED_SECONDS:,} s once measured for the peer: {seconds / PUBLISHED_SECONDS:.6f}")


def main():
    tool, work = sys.argv[1:3]
    short = "--short" in sys.argv
    if not shutil.which("hbal"):
        print("hbal: the peer is absent (Debian: ganeti-htools), nothing measured")
        return
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    print("hbal: even clusters, beside hbal")
    for nodes, instances in SIZES[:2] if short else SIZES:
        for view in VIEWS:
            compare(tool, work, nodes, instances, view, SHORT_LIMIT_S if short else None)
    if not short:
        alone(tool, work)
    shutil.rmtree(work)


main()
