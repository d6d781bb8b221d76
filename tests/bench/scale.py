# SPDX-License-Identifier: MIT
"""scale.py BIN GENERATE WORK [--short]: wall, CPU and peak memory of plan with strategy=optimize.

Beside each run, in the same round, one pass of csv.reader over the files that plan reads; figures are medians of the
rounds. Targets of time are judged by wall time on two processors, growth by CPU time, which other work on the machine
disturbs less. Nothing here fails for being slow: it prints what was reached and missed.
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

TABLES = ("snapshot.csv", "clusters.csv", "pools.csv", "hosts.csv", "vms.csv", "rules.csv")
ONE_CLUSTER = (96, 8000, 1, 1, None)  # hosts, VMs, clusters, seconds, MB
LARGEST = (2500, 40000, 40, 10, 500)
GROWTH = ((312, 5000, 5), (625, 10000, 10), (1250, 20000, 20))  # then the largest
GROWTH_TARGET = 2.5
MB = 1e6

READ_CSV = """
import csv, sys, time
started = time.process_time()
for path in sys.argv[1:]:
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            pass
print(time.process_time() - started)
"""


def measure(command):
    """Wall and CPU seconds and peak memory in bytes of one run."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def run(binaries, generate, work, hosts, vms, clusters, rounds):
    """Medians: wall, CPU, peak, ratio of CPU time to csv.reader's; prints them."""
    snapshot, assessment, policy = f"{work}/{vms}", f"{work}/assessment.csv", f"{work}/policy.ini"
    with open(policy, "w", encoding="utf-8") as file:
        file.write("[plan]\nstrategy=optimize\n")
    subprocess.run([generate, "--clusters", str(clusters), "--hosts", str(hosts), "--vms", str(vms), "-o", snapshot],
                   check=True)
    subprocess.run([f"{binaries}/analyze", "--quiet", "--policy", policy, snapshot, "-o", assessment], check=True)
    files = [*(f"{snapshot}/{name}" for name in TABLES), assessment]
    figures = []
    for _ in range(rounds):
        wall, cpu, peak = measure([f"{binaries}/plan", "--quiet", "--policy", policy, snapshot, assessment,
                                   "-o", f"{work}/plan.csv"])
        csv_cpu = float(subprocess.run([sys.executable, "-c", READ_CSV, *files], check=True, capture_output=True).stdout)
        figures.append((wall, cpu, peak, cpu / csv_cpu))
    shutil.rmtree(snapshot)
    medians = [statistics.median(column) for column in zip(*figures)]
    print(f"  {hosts:5,} {vms:7,} {clusters:8} {medians[0]:8.3f} {medians[1]:8.3f} {medians[2] / MB:8.1f} {medians[3]:12.2f}",
          flush=True)
    return medians


def report_target(what, value, target):
    print(f"  {what}: {value:.2f} (to reach: {target}): {'reached' if value <= target else 'missed'}")


def main():
    binaries, generate, work = sys.argv[1:4]
    rounds = 1 if "--short" in sys.argv else 5
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    print(f"scale: plan, strategy=optimize, medians of {rounds} rounds")
    print("  hosts     VMs clusters   wall s    CPU s  peak MB  CPU over csv")
    one = run(binaries, generate, work, *ONE_CLUSTER[:3], rounds)
    growth = [(vms, run(binaries, generate, work, hosts, vms, clusters, rounds)) for hosts, vms, clusters in GROWTH]
    largest = run(binaries, generate, work, *LARGEST[:3], rounds)
    growth.append((LARGEST[1], largest))
    print(f"  load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    report_target(f"{ONE_CLUSTER[1]:,} VMs in one cluster, wall s (CPU {one[1]:.2f})", one[0], ONE_CLUSTER[3])
    report_target(f"{LARGEST[1]:,} VMs in {LARGEST[2]} clusters, wall s (CPU {largest[1]:.2f})", largest[0], LARGEST[3])
    report_target(f"{LARGEST[1]:,} VMs in {LARGEST[2]} clusters, peak MB", largest[2] / MB, LARGEST[4])
    for (fewer, smaller), (more, larger) in zip(growth, growth[1:]):
        report_target(f"CPU time, {fewer:,} to {more:,} VMs", larger[1] / smaller[1], GROWTH_TARGET)
    shutil.rmtree(work)


main()
