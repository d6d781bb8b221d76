# SPDX-License-Identifier: MIT
"""Real load for the pipeline: a week of 250 VMware VMs (GWA-T-12 Rnd, Bitbrains) as snapshots.

    bitbrains.py convert DATA.csv.gz OUT INSTANT...   snapshots OUT/INSTANT, without SHA256SUMS: collect adds them
    bitbrains.py check BEFORE.csv AFTER.csv           assessments around an apply: no host newly hot or overfull,
                                                      fewer hot hosts wherever a placement without any exists

The data names no hosts, so VMs are placed first-fit, in order of their numbers, on hosts of HOST_CORES and
HOST_MEMORY_MIB, until the week's means come to FILL_PCT of a host. As recorded the centre is calm: sizes are cut so
that each VM's 90th percentile is 80 % of its size, and what a VM used above its new size is cut with it. A VM holds
on its host the most that it used in the day before: ESXi keeps the pages that a guest once touched.
An INSTANT is a five-minute interval, counted from the first of the week (0 to 2015).
"""
import collections
import csv
import datetime
import gzip
import math
import os
import statistics
import sys

HOST_CORES, CORE_MHZ, HOST_MEMORY_MIB = 16, 2600, 65536
BASE_MHZ, BASE_KIB = 800, 2 * 1024 * 1024  # the hypervisor's own
FILL_PCT = 50
INTERVAL_S = 300
DAY = 86400 // INTERVAL_S
PERCENTILE, SHARE_OF_SIZE = 0.9, 0.8
OVERHEAD_KIB = 64 * 1024
THRESHOLD_PCT = 80


class Vm:
    """One VM's week: used is by interval, (MHz, KiB), and already cut to the size."""

    def __init__(self, rows):
        busy_mhz, busy_kib = (percentile(column) for column in list(zip(*rows))[1:])
        self.vcpus = max(1, math.ceil(busy_mhz / SHARE_OF_SIZE / CORE_MHZ))
        self.memory_mib = max(256, 4 * math.ceil(busy_kib / SHARE_OF_SIZE / 4096))
        self.used = {interval: (min(mhz, self.vcpus * CORE_MHZ), min(kib, self.memory_mib * 1024))
                     for interval, mhz, kib in rows}
        self.mean_mhz = statistics.fmean(mhz for mhz, _ in self.used.values())
        self.mean_kib = statistics.fmean(self.held(interval) for interval in list(self.used)[::DAY // 4]) + OVERHEAD_KIB

    def held(self, instant):
        day = (self.used[i][1] for i in range(instant - DAY, instant + 1) if i in self.used)
        return max(day, default=0)


def percentile(values):
    return sorted(values)[int(PERCENTILE * (len(values) - 1))]


def read_week(path):
    rows = collections.defaultdict(list)
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows[int(row["vm"])].append((int(row["time_s"]), float(row["cpu_usage_mhz"]), float(row["memory_usage_kib"])))
    first = min(times[0][0] for times in rows.values())
    return first, {number: Vm([((time - first) // INTERVAL_S, mhz, kib) for time, mhz, kib in week])
                   for number, week in sorted(rows.items())}


def first_fit(vms):
    """Host by VM, and how many hosts."""
    hosts, place = [], {}
    room = (HOST_CORES * CORE_MHZ * FILL_PCT / 100 - BASE_MHZ, HOST_MEMORY_MIB * 1024 * FILL_PCT / 100 - BASE_KIB)
    for number, vm in vms.items():
        for host, (mhz, kib) in enumerate(hosts):
            if mhz + vm.mean_mhz <= room[0] and kib + vm.mean_kib <= room[1]:
                break
        else:
            host, mhz, kib = len(hosts), 0, 0
            hosts.append(None)
        hosts[host] = (mhz + vm.mean_mhz, kib + vm.mean_kib)
        place[number] = host
    return place, len(hosts)


def write_table(directory, name, columns, rows):
    with open(f"{directory}/{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def measured(vms, place, n_hosts, instant):
    """(id, metric, value) of everything that was measured in the interval."""
    hosts = [[BASE_MHZ, BASE_KIB, BASE_KIB] for _ in range(n_hosts)]
    series = []
    for number, vm in vms.items():
        if instant not in vm.used:
            continue
        mhz, active = (round(value) for value in vm.used[instant])
        held = round(vm.held(instant))
        for total, value in enumerate((mhz, active, held + OVERHEAD_KIB)):
            hosts[place[number]][total] += value
        series += [(f"vm-{number}", "cpu_usage_mhz", mhz), (f"vm-{number}", "memory_active_kib", active),
                   (f"vm-{number}", "memory_consumed_kib", held), (f"vm-{number}", "memory_overhead_kib", OVERHEAD_KIB)]
    for host, (mhz, active, held) in enumerate(hosts):
        series += [(f"host-{host}", "cpu_usage_mhz", mhz), (f"host-{host}", "memory_active_kib", active),
                   (f"host-{host}", "memory_consumed_kib", held)]
    return series


def write_snapshot(directory, first, vms, place, n_hosts, instant):
    os.makedirs(directory)
    start, end = (datetime.datetime.fromtimestamp(first + i * INTERVAL_S, datetime.timezone.utc)
                  .strftime("%Y-%m-%dT%H:%M:%SZ") for i in (instant, instant + 1))
    write_table(directory, "snapshot", ["format", "taken_at", "source_type", "source", "source_id", "window_s", "interval_s"],
                [["vmanger-snapshot-1", end, "bitbrains", "GWA-T-12 Rnd", "bitbrains", INTERVAL_S, INTERVAL_S]])
    write_table(directory, "clusters", ["id", "name", "drs"], [["domain-1", "Rnd", "off"]])
    write_table(directory, "pools", ["id", "name", "cluster_id"], [])
    write_table(directory, "hosts",
                ["id", "name", "cluster_id", "connection", "power", "mode", "cpu_cores", "core_mhz", "cpu_mhz",
                 "memory_kib", "vmotion"],
                [[f"host-{h}", f"esx{h:02}", "domain-1", "connected", "on", "normal", HOST_CORES, CORE_MHZ,
                  HOST_CORES * CORE_MHZ, HOST_MEMORY_MIB * 1024, "yes"] for h in range(n_hosts)])
    write_table(directory, "vms", ["id", "name", "instance_uuid", "host_id", "power", "vcpus", "memory_mib", "memory_hot_add"],
                [[f"vm-{n}", f"rnd{n:04}", f"00000000-0000-4000-8000-{n:012x}", f"host-{place[n]}", "on", vm.vcpus,
                  vm.memory_mib, "yes"] for n, vm in vms.items()])
    write_table(directory, "rules", ["id", "name", "cluster_id", "type"], [])
    write_table(directory, "samples", ["entity_id", "metric", "instance", "origin", "start", "interval_s", "values"],
                [[entity, metric, "", "rollup", start, INTERVAL_S, value]
                 for entity, metric, value in measured(vms, place, n_hosts, instant)])


def convert(data, out, *instants):
    first, vms = read_week(data)
    place, n_hosts = first_fit(vms)
    print(f"{len(vms)} VMs on {n_hosts} hosts of {HOST_CORES} cores and {HOST_MEMORY_MIB} MiB, at {FILL_PCT} % on the mean")
    for instant in map(int, instants):
        write_snapshot(f"{out}/{instant}", first, vms, place, n_hosts, instant)


def read_assessment(path):
    """Rows by entity kind and id: resource -> row."""
    entities = {"host": collections.defaultdict(dict), "vm": collections.defaultdict(dict)}
    with open(path, newline="", encoding="utf-8") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines):
            if row["entity"] in entities:
                entities[row["entity"]][row["id"]][row["resource"]] = row
    return entities


def hot(hosts):
    return {i for i, rows in hosts.items() if rows["cpu"]["state"] == "hot"}


def placement_exists(entities):
    """First-fit, largest VMs first, finds every measured VM a place below the threshold: enough, not needed."""
    room = [[float(rows[r]["capacity"]) * THRESHOLD_PCT / 100 - float(rows[r]["base"]) for r in ("cpu", "host_memory")]
            for rows in entities["host"].values()]
    whole = [float(next(iter(entities["host"].values()))[r]["capacity"]) for r in ("cpu", "host_memory")]
    loads = [[float(rows[r]["demand"]) for r in ("cpu", "host_memory")]
             for rows in entities["vm"].values() if rows["host_memory"]["demand"]]
    for load in sorted(loads, key=lambda load: max(l / w for l, w in zip(load, whole)), reverse=True):
        host = next((free for free in room if all(l <= f for l, f in zip(load, free))), None)
        if not host:
            return False
        host[:] = [f - l for l, f in zip(load, host)]
    return True


def check(before_path, after_path):
    before, after = read_assessment(before_path), read_assessment(after_path)
    hot_before, hot_after, exists = hot(before["host"]), hot(after["host"]), placement_exists(before)
    overfull = [i for i, rows in after["host"].items()
                if float(rows["host_memory"]["demand"]) > float(rows["host_memory"]["capacity"])]
    print(f"hot hosts {len(hot_before)} -> {len(hot_after)}, a placement without any {'exists' if exists else 'was not found'}")
    if hot_after - hot_before or overfull:
        sys.exit(f"newly hot: {sorted(hot_after - hot_before)}; over their memory: {overfull}")
    if hot_before and exists and len(hot_after) >= len(hot_before):
        sys.exit("no fewer hot hosts than before")


{"convert": convert, "check": check}[sys.argv[1]](*sys.argv[2:])
