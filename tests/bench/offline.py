# SPDX-License-Identifier: MIT
"""offline.py BIN GENERATE WORK [--short]: wall, CPU and peak memory of collect, analyze, plan and apply.

In each round csv.reader and each program take turns; figures are medians of the rounds. A ratio is a program's
time over csv.reader's for the files that the program reads, in the same round. Python's start is not counted, the
program's is. Targets are judged by wall time, growth by CPU time, which other work on the machine disturbs less.
Nothing here fails for being slow: it prints what was reached and missed.
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

SIZES = (5000, 10000, 20000, 40000)
VMS_PER_HOST = 16
VMS_PER_CLUSTER = 1000
TABLES = ("snapshot.csv", "clusters.csv", "pools.csv", "hosts.csv", "vms.csv", "rules.csv")
TIME_TARGETS = {"analyze": 1, "plan": 1, "apply": 2.5}
MEMORY_TARGET = 2  # times the files read
GROWTH_TARGET = 2.5  # a doubling
MIB = 1024 * 1024

READ_CSV = """
import csv, sys, time
for path in sys.argv[1:]:
    wall, cpu = time.perf_counter(), time.process_time()
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            pass
    print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def csv_seconds(paths):
    """Wall and CPU seconds of one pass over all of them."""
    output = subprocess.run([sys.executable, "-c", READ_CSV, *paths], check=True, capture_output=True, text=True)
    seconds = list(map(float, output.stdout.split()))
    return sum(seconds[0::2]), sum(seconds[1::2])


def measure(command, accepted):
    """Wall and CPU seconds and peak memory in bytes of one run."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accepted:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def steps(binaries, snapshot, out):
    """Of each program: its command, what it reads, and what must not be there before."""
    tables = [os.path.join(snapshot, name) for name in TABLES]
    samples = os.path.join(snapshot, "samples.csv")
    assessment, plan = out + "/assessment.csv", out + "/plan.csv"
    # What plan itself costs: optimize spends as much as it is given (scale.sh measures that).
    policy = out + ".threshold.ini"
    with open(policy, "w", encoding="utf-8") as file:
        file.write("[plan]\nstrategy=threshold\n")
    return {
        "collect": ([binaries + "/collect", snapshot, "-o", out + "/collected"], [*tables, samples]),
        "analyze": ([binaries + "/analyze", snapshot, "-o", assessment], [*tables, samples]),
        "plan": ([binaries + "/plan", "--policy", policy, snapshot, assessment, "-o", plan], [*tables, assessment]),
        "apply": ([binaries + "/apply", "--policy", policy, plan, snapshot, "-o", out + "/after", "--journal", out + "/journal.csv"],
                  [*tables, samples, plan]),
    }


def run_round(programs, out):
    """One alternating round: program -> (wall, CPU, peak, bytes read, ratio of wall, ratio of CPU)."""
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    figures = {}
    for name, (command, files) in programs.items():
        csv_wall, csv_cpu = csv_seconds(files)
        wall, cpu, peak = measure(command, (0, 3) if name == "apply" else (0,))
        figures[name] = (wall, cpu, peak, sum(map(os.path.getsize, files)), wall / csv_wall, cpu / csv_cpu)
    return figures


def medians(rounds):
    return {name: tuple(map(statistics.median, zip(*(r[name] for r in rounds)))) for name in rounds[0]}


def report_size(vms, rounds, figures):
    print(f"\n{vms:,} VMs on {vms // VMS_PER_HOST:,} hosts, medians of {rounds} rounds")
    print("                                                    over csv.reader's")
    print("  program    wall s    CPU s  peak MiB  files MiB     wall      CPU")
    for name, (wall, cpu, peak, size, wall_ratio, cpu_ratio) in figures.items():
        print(f"  {name:8} {wall:8.3f} {cpu:8.3f} {peak / MIB:9.1f} {size / MIB:10.1f} {wall_ratio:8.2f} {cpu_ratio:8.2f}")


def report_target(what, value, target):
    print(f"  {what}: {value:.2f} (to reach: {target}): {'reached' if value <= target else 'missed'}")


def main():
    binaries, generate, work = sys.argv[1:4]
    short = "--short" in sys.argv
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    results = {}
    print("offline: collect, analyze, plan (strategy=threshold) and apply on files")
    for vms in SIZES:
        snapshot, out, rounds = f"{work}/{vms}", f"{work}/out", 3 if short else 9
        subprocess.run([generate, "--clusters", str(vms // VMS_PER_CLUSTER), "--hosts", str(vms // VMS_PER_HOST),
                        "--vms", str(vms), "-o", snapshot], check=True)
        programs = steps(binaries, snapshot, out)
        run_round(programs, out)  # warms the page cache
        results[vms] = medians([run_round(programs, out) for _ in range(rounds)])
        report_size(vms, rounds, results[vms])
        shutil.rmtree(snapshot)
    largest = results[SIZES[-1]]
    print(f"\nTargets at {SIZES[-1]:,} VMs")
    for name, target in TIME_TARGETS.items():
        report_target(f"{name}, wall time over csv.reader's", largest[name][4], target)
        report_target(f"{name}, peak memory over the files read", largest[name][2] / largest[name][3], MEMORY_TARGET)
    print("Growth: CPU time per doubling")
    for name in largest:
        for smaller, larger in zip(SIZES, SIZES[1:]):
            report_target(f"{name}, {smaller:,} to {larger:,} VMs", results[larger][name][1] / results[smaller][name][1],
                          GROWTH_TARGET)
    shutil.rmtree(work)


main()
