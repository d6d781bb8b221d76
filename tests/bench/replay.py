# SPDX-License-Identifier: MIT
"""replay.py PLAN DATA WORK [--short] [POLICY...]: plan --replay on recorded load, policies beside none.

The week of Bitbrains (250 VMs of VMware) at fills of 40 to 70 %, as recorded and with sizes cut to each VM's 90th
percentile / 0.8, and the two days of PlanetLab (1,052 and 1,233 VMs, CPU alone) on hosts of four cores at 50 and 70 %;
each from first fit by the first hour and from three random placements. Policies: the default, and the published rule.
Their heat and shortage are shown as ratios to none and to the published rule of the same run, too.
PlanetLab's VMs are of the four sizes that CloudSim gives them. Nothing here fails for being slow or worse.
"""
import csv
import gzip
import math
import os
import resource
import shutil
import subprocess
import sys
import time

BITBRAINS_HOSTS, PLANETLAB_HOSTS = "16x2600,64", "4x2660,128"
PLACEMENTS = ("first-fit", "random:1", "random:2", "random:3")
DAYS = {"20110303": 1299110400, "20110411": 1302480000}  # midnight, UTC
SIZES = ((2500, 870), (2000, 1740), (1000, 1740), (500, 613))  # MHz, MiB (CloudSim's MIPS and MB)
STEP_S = 300
THRESHOLD = "[analyze]\nestimator=mean\n[plan]\nstrategy=threshold\npublished=exact\n"
RATIOS = (("hot", "hot_host_minutes"), ("short", "short_vm_minutes"))
COLUMNS = (("hot", "hot_host_minutes", 9), ("full", "full_host_minutes", 9), ("GHz·h lack", "cpu_not_served_mhz_s", 11),
           ("GiB·h lack", "memory_not_served_gib_min", 11), ("short", "short_vm_minutes", 8), ("moves", "migrations", 8),
           ("back 6h", "back_within_6h", 9), ("24h", "back_within_24h", 8), ("MiB added", "memory_added_mib", 11))
SCALES = {"cpu_not_served_mhz_s": 1 / 3.6e6, "memory_not_served_gib_min": 1 / 60}


def convert_planetlab(source, target, first_s):
    """A day of percentages as series; what the guests touch is not known."""
    with gzip.open(source, "rt", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(target, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["vm", "time_s", "vcpus", "cpu_provisioned_mhz", "cpu_usage_mhz", "memory_provisioned_kib",
                         "memory_usage_kib"])
        for i, row in enumerate(rows):
            mhz, mib = SIZES[i // math.ceil(len(rows) / 4)]
            for step, percent in enumerate(row["cpu_pct"].split()):
                writer.writerow([row["vm"], first_s + step * STEP_S, 1, mhz, round(mhz * float(percent) / 100, 3), mib * 1024, ""])


def families(data, work, short):
    """(name, arguments) of each replay."""
    placements = PLACEMENTS[:2] if short else PLACEMENTS
    week = f"{data}/bitbrains/rnd-2013-08-week1.csv.gz"
    if os.path.exists(week):
        for fill in (50, 70) if short else (40, 50, 60, 70):
            for name, cut in (("recorded", []), ("cut", ["--cut-sizes"])):
                for placement in placements:
                    yield (f"bitbrains {fill} % {name} {placement}",
                           [week, "--hosts", BITBRAINS_HOSTS, "--fill", str(fill), "--placement", placement, *cut])
    else:
        print(f"replay: no {week}, not measured")
    for day, first_s in list(DAYS.items())[:1] if short else DAYS.items():
        source = f"{data}/planetlab/{day}.csv.gz"
        if not os.path.exists(source):
            print(f"replay: no {source}, not measured")
            continue
        series = f"{work}/{day}.csv"
        convert_planetlab(source, series, first_s)
        for fill in (70,) if short else (50, 70):
            for placement in placements:
                yield (f"planetlab {day} {fill} % {placement}",
                       [series, "--hosts", PLANETLAB_HOSTS, "--fill", str(fill), "--placement", placement])


def replay(plan, arguments, policies, result):
    """The rows of the result, and wall and CPU seconds."""
    compare = [word for policy in policies for word in ("--compare", policy)]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([plan, "--quiet", "--replay", *arguments, *compare, "-o", result], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(result, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file)), time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(row, base, column):
    """As text; a dash where there was none of it."""
    return f"{float(row[column]) / float(base[column]):.2f}" if float(base[column]) > 0 else "-"


def show(rows):
    """One line a policy: none is the first, the published rule that of threshold.ini."""
    bases = (rows[0], next(row for row in rows if os.path.basename(row["policy"]) == "threshold.ini"))
    for row in rows:
        name = os.path.basename(row["policy"])[:24]
        cells = "".join(f"{float(row[column]) * SCALES.get(column, 1):{width}.0f}" for _, column, width in COLUMNS)
        ratios = "".join(f"{ratio(row, base, column):>11}" for _, column in RATIOS for base in bases)
        print(f"  {name:24}{cells}{ratios}")


def head():
    words = "".join(f"{words:>{width}}" for words, _, width in COLUMNS)
    return f"  {'':24}{words}" + "".join(f"{words[:5]}/{base}".rjust(11) for words, _ in RATIOS for base in ("none", "pub"))


class Totals:
    """Of one policy over all families."""

    def __init__(self):
        self.families = self.hotter = self.turning = 0
        self.sums = dict.fromkeys((column for _, column, _ in COLUMNS), 0)

    def add(self, row, none):
        self.families += 1
        self.hotter += float(row["hot_host_minutes"]) > float(none["hot_host_minutes"])
        self.turning += float(row["back_within_6h"]) > 0.01 * float(row["migrations"])
        for column in self.sums:
            self.sums[column] += float(row[column])


def main():
    short = "--short" in sys.argv
    plan, data, work, *policies = [word for word in sys.argv[1:] if word != "--short"]
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    with open(f"{work}/threshold.ini", "w", encoding="utf-8") as file:
        file.write(THRESHOLD)
    policies = [f"{work}/threshold.ini", *policies]
    totals = {}
    for name, arguments in families(data, work, short):
        rows, wall, cpu = replay(plan, arguments, policies, f"{work}/result.csv")
        print(f"{name}: {float(rows[0]['hosts_on']):.0f} hosts; {wall:.1f} s, {cpu:.1f} s of CPU\n{head()}")
        show(rows)
        sys.stdout.flush()
        for row in rows:
            totals.setdefault(row["policy"], Totals()).add(row, rows[0])
    if totals:
        print(f"all of {next(iter(totals.values())).families}\n{head()}")
        show([{"policy": policy, **total.sums} for policy, total in totals.items()])
    for policy, total in list(totals.items())[1:]:
        print(f"{os.path.basename(policy)}: hotter than none in {total.hotter} of {total.families}; more than 1 % of moves back "
              f"within 6 h in {total.turning}")
    shutil.rmtree(work)


main()
