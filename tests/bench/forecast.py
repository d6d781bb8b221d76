# SPDX-License-Identifier: MIT
"""forecast.py TOOL DATA: errors of the estimate of the next hour's mean, relative to the last five minutes.

Bitbrains: CPU and memory of 250 VMs over a week, from its second day on. PlanetLab: CPU of two days' VMs, from the
fourth hour on (seasonal has no earlier day there). At each hour every estimator sees what came before, through the
programs' own code (tests/tools/forecast.c). Per VM the errors are summed and divided by those of the last five
minutes; shown are the median over VMs (those that never changed left out), the same of all VMs' errors together, and
of the error of the VMs' sum, in which noise cancels out. Nothing here fails: it prints what was reached and missed.
"""
import csv
import gzip
import os
import statistics
import subprocess
import sys

INTERVAL_S = 300
HOUR = 3600 // INTERVAL_S
SHOWN = ("last", "mean", "ewma", "seasonal", "seasonal_naive", "p90", "p95", "p99", "peak")
FIRST_MHZ, FIRST_KIB = 25, 9765.625
TARGETED = "ewma"
SUM_TARGET = 1.05


def bitbrains(path, column):
    week = {}
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            week.setdefault(row["vm"], {})[int(row["time_s"])] = row[column]
    first = min(min(times) for times in week.values())
    for times in week.values():
        values = {(time - first) // INTERVAL_S: value for time, value in times.items()}
        yield " ".join(values.get(i, "-") for i in range(max(values) + 1))


def planetlab(path):
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["cpu_pct"]


def forecast(tool, series, first_bucket, start):
    """Rows of errors by estimator, and the row of the sum."""
    output = subprocess.run([tool, str(INTERVAL_S), str(first_bucket), str(start)], input="\n".join(series) + "\n",
                            check=True, capture_output=True, text=True).stdout.splitlines()
    names = output[0].split()[1:]
    rows = [dict(zip(names, (None if word == "-" else float(word) for word in line.split()[1:])))
            for line in output[1:]]
    return rows[:-1], rows[-1]


def judge(title, tool, series, first_bucket, start, target):
    rows, total = forecast(tool, series, first_bucket, start)
    moving = [row for row in rows if row["last"]]
    print(f"{title}: {len(rows)} VMs")
    print(f"  {'':15}{'median':>8}{'all VMs':>9}{'their sum':>11}")
    reached = None
    for name in SHOWN:
        if any(row[name] is None for row in moving):
            print(f"  {name:15}{'-':>8}{'-':>9}{'-':>11}")
            continue
        median = statistics.median(row[name] / row["last"] for row in moving)
        together = sum(row[name] for row in moving) / sum(row["last"] for row in moving)
        of_sum = total[name] / total["last"]
        print(f"  {name:15}{median:8.3f}{together:9.3f}{of_sum:11.3f}")
        if name == TARGETED:
            reached = median <= target and together <= SUM_TARGET and of_sum <= SUM_TARGET
    print(f"  {TARGETED}: median at most {target}, all VMs and their sum at most {SUM_TARGET}: "
          f"{'reached' if reached else 'MISSED'}")


def main():
    tool, data = sys.argv[1:]
    week = os.path.join(data, "bitbrains", "rnd-2013-08-week1.csv.gz")
    days = [os.path.join(data, "planetlab", day + ".csv.gz") for day in ("20110303", "20110411")]
    absent = [path for path in [week, *days] if not os.path.exists(path)]
    if absent:
        print(f"forecast: skipped, no {absent[0]}")
        return
    judge("Bitbrains, CPU", tool, bitbrains(week, "cpu_usage_mhz"), FIRST_MHZ, 24 * HOUR, 0.75)
    judge("Bitbrains, memory", tool, bitbrains(week, "memory_usage_kib"), FIRST_KIB, 24 * HOUR, 0.5)
    for day in days:
        # in percent of a core of 2500 MHz
        judge(f"PlanetLab, CPU, {os.path.basename(day)[:8]}", tool, planetlab(day), FIRST_MHZ / 25, 3 * HOUR, 0.75)


main()
