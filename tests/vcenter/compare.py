#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Read what a vCenter serves by pyvmomi, and compare it with a snapshot.

    compare.py URL SNAPSHOT [--username U] [--password P] [--extra] [--api-version V]

Every cell of the snapshot's tables that the vSphere API can show is compared,
and every sample, in both formats of QueryPerf. Each difference is printed;
the exit status is 1 if there is any. pyvmomi is a client that nobody here
wrote: where it reads another value than the snapshot holds, the simulated
vCenter and this project's own client may share one wrong belief.
"""

import argparse
import csv
import datetime
import os
import ssl
import sys
from urllib.parse import unquote, urlparse

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

TEXT_COLUMNS = {"name", "path", "folder", "product", "account", "vsan_fault_domain"}
# What a client of the API cannot know: how and by whom the snapshot was taken,
# and what the API has no place for.
NOT_SERVED = {
    "snapshot.csv": {"format", "source_type", "source", "account", "window_s", "interval_s", "tool", "left_out"},
    "hosts.csv": {"disk_capacity_kibps"},
}


def kibps(megabits):
    """A link's speed in whole KiB/s."""
    return int(megabits * 1e6 / 8 / 1024)


PROPERTIES = {
    vim.ComputeResource: ["name", "parent", "configurationEx", "summary", "environmentBrowser"],
    vim.ClusterComputeResource: ["name", "parent", "configurationEx", "summary", "environmentBrowser"],
    vim.ResourcePool: ["name", "parent", "owner", "config", "runtime"],
    vim.HostSystem: [
        "name", "parent", "summary", "runtime", "hardware.cpuInfo", "hardware.memorySize", "hardware.numaInfo",
        "hardware.systemInfo", "capability.standbySupported", "config.network.pnic",
        "config.virtualNicManagerInfo.netConfig", "config.sharedPassthruGpuTypes", "config.vsanHostConfig", "datastore",
        "network", "recentTask", "vm"],
    vim.VirtualMachine: [
        "name", "parent", "config", "runtime", "summary", "resourcePool", "resourceConfig", "datastore", "network",
        "disabledMethod", "customValue"],
    vim.Folder: ["name", "parent"],
    vim.Datacenter: ["name", "parent"],
    vim.Datastore: ["name", "host", "summary"],
    vim.Network: ["name"],
}

COUNTERS = {
    "cpu_usage_mhz": ["cpu.usagemhz.average"],
    "cpu_demand_mhz": ["cpu.demand.average"],
    "cpu_ready_ms": ["cpu.ready.summation"],
    "memory_active_kib": ["mem.active.average"],
    "memory_consumed_kib": ["mem.consumed.average"],
    "memory_ballooned_kib": ["mem.vmmemctl.average"],
    "memory_swapped_kib": ["mem.swapped.average"],
    "memory_compressed_kib": ["mem.compressed.average"],
    "memory_overhead_kib": ["mem.overhead.average"],
    "memory_swapped_in_kibps": ["mem.swapinRate.average"],
    "disk_kibps": ["virtualDisk.read.average", "virtualDisk.write.average"],
    "net_kibps": ["net.usage.average"],
}
HOST_COUNTERS = dict(
    COUNTERS,
    memory_swapped_kib=["mem.swapused.average"],
    disk_kibps=["datastore.read.average", "datastore.write.average"])


def read_table(directory, file):
    """The rows of a table as dictionaries, as they are meant."""
    with open(os.path.join(directory, file), encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        for column in TEXT_COLUMNS & row.keys():
            row[column] = row[column].removeprefix("'")
    return rows


def moid(obj):
    return obj._moId if obj is not None else ""


def yes(flag):
    return "" if flag is None else "yes" if flag else "no"


def text(value):
    return "" if value is None else str(value)


def limit(value):
    return "unlimited" if value == -1 else text(value)


def amount(value, unit=1):
    """A number where the server has one: below 0 stands for none."""
    return "" if value is None or value < 0 else str(value // unit)


def moids(objects):
    return " ".join(sorted(moid(o) for o in objects))


def retrieve(si):
    """All objects of the inventory: by type, by id, their properties."""
    content = si.RetrieveContent()
    collector = vmodl.query.PropertyCollector
    view = content.viewManager.CreateContainerView(content.rootFolder, None, True)
    spec = collector.FilterSpec(
        objectSet=[collector.ObjectSpec(obj=view, skip=True, selectSet=[
            collector.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)])],
        propSet=[collector.PropertySpec(type=kind, pathSet=paths) for kind, paths in PROPERTIES.items()
                 if kind is not vim.ComputeResource] + [
                     collector.PropertySpec(type=vim.ComputeResource, pathSet=PROPERTIES[vim.ComputeResource])])
    found = {}
    missing = 0
    page = content.propertyCollector.RetrievePropertiesEx([spec], collector.RetrieveOptions(maxObjects=100))
    while page:
        for obj in page.objects:
            missing += len(obj.missingSet)
            found[moid(obj.obj)] = (obj.obj, {p.name: p.val for p in obj.propSet})
        page = page.token and content.propertyCollector.ContinueRetrievePropertiesEx(page.token)
    view.Destroy()
    if missing:
        print(f"{missing} properties in missingSet")
    return found


class Inventory:
    """The served inventory, as rows of the snapshot's tables."""

    def __init__(self, si):
        self.si = si
        self.found = retrieve(si)
        self.hardware = None
        self.ignore_key = next(
            (f.key for f in si.content.customFieldsManager.field if f.name == "vmanger"), None)

    def of(self, kind):
        return [(key, obj, p) for key, (obj, p) in self.found.items() if isinstance(obj, kind)]

    def path(self, ref):
        """The names from the datacenter down to an object."""
        names = []
        while moid(ref) in self.found:
            _, properties = self.found[moid(ref)]
            names.insert(0, unquote(properties["name"]))
            ref = properties.get("parent")
        return names

    def snapshot(self):
        about = self.si.content.about
        now = self.si.CurrentTime().astimezone(datetime.timezone.utc)
        return [{
            "taken_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "source_id": about.instanceUuid,
            "product": about.fullName, "api_version": about.apiVersion}]

    def clusters(self):
        for key, obj, p in self.of(vim.ComputeResource):
            effective = p["summary"]
            row = {"cpu_reservable_mhz": amount(effective.effectiveCpu),
                   "memory_reservable_mib": amount(effective.effectiveMemory), "id": key, "name": unquote(p["name"]), "path": "/".join(self.path(obj)), "drs": "off", "dpm": "off",
                   "ha": "no", "ha_policy": "off"}
            if isinstance(obj, vim.ClusterComputeResource):
                row.update(self.cluster(p["configurationEx"]), evc_mode=text(p["summary"].currentEVCModeKey))
            yield row

    @staticmethod
    def cluster(config):
        levels = {"manual": "manual", "partiallyAutomated": "partial", "fullyAutomated": "full", "automated": "full"}
        drs, dpm, das = config.drsConfig, config.dpmConfigInfo, config.dasConfig
        row = {
            "drs": levels.get(drs.defaultVmBehavior, "unstated") if drs.enabled else "off",
            "dpm": levels[dpm.defaultDpmBehavior] if dpm.enabled else "off",
            "vsan": yes(config.vsanConfigInfo.enabled) if config.vsanConfigInfo else "",
            "ha": yes(das.enabled), "ha_policy": "off"}
        if not das.admissionControlEnabled:
            return row
        policy = das.admissionControlPolicy
        if isinstance(policy, vim.cluster.FailoverLevelAdmissionControlPolicy):
            row.update(ha_policy="slots", ha_failures=text(policy.failoverLevel))
        elif isinstance(policy, vim.cluster.FailoverResourcesAdmissionControlPolicy):
            row.update(ha_policy="percent", ha_reserve_cpu_pct=text(policy.cpuFailoverResourcesPercent),
                       ha_reserve_memory_pct=text(policy.memoryFailoverResourcesPercent))
            row["ha_failures"] = text(policy.failoverLevel)
        elif isinstance(policy, vim.cluster.FailoverHostAdmissionControlPolicy):
            row.update(ha_policy="hosts", ha_failover_hosts=moids(policy.failoverHosts),
                       ha_failures=text(policy.failoverLevel))
        return row

    @staticmethod
    def allocation(what, unit, allocation):
        return {
            f"{what}_reservation_{unit}": text(allocation.reservation),
            f"{what}_limit_{unit}": limit(allocation.limit),
            f"{what}_expandable": yes(allocation.expandableReservation),
            f"{what}_shares": text(allocation.shares.shares) if allocation.shares else ""}

    def pools(self):
        for key, _, p in self.of(vim.ResourcePool):
            # The root pool's parent is the cluster, not a pool.
            parent = moid(p["parent"]) if isinstance(p["parent"], vim.ResourcePool) else ""
            yield {
                "id": key, "name": unquote(p["name"]), "parent_id": parent, "cluster_id": moid(p["owner"]),
                **self.allocation("cpu", "mhz", p["config"].cpuAllocation),
                **self.allocation("memory", "mib", p["config"].memoryAllocation),
                "cpu_reservation_used_mhz": amount(p["runtime"].cpu.reservationUsed),
                "cpu_unreserved_mhz": amount(p["runtime"].cpu.unreservedForVm),
                "memory_reservation_used_mib": amount(p["runtime"].memory.reservationUsed, 2**20),
                "memory_unreserved_mib": amount(p["runtime"].memory.unreservedForVm, 2**20)}

    def hosts(self):
        connections = {"connected": "connected", "notResponding": "not_responding", "disconnected": "disconnected"}
        powers = {"poweredOn": "on", "poweredOff": "off", "standBy": "standby", "unknown": "unknown"}
        for key, obj, p in self.of(vim.HostSystem):
            runtime, summary = p["runtime"], p["summary"]
            row = {
                "id": key, "name": unquote(p["name"]), "cluster_id": moid(p["parent"]),
                "connection": connections[runtime.connectionState], "power": powers[runtime.powerState],
                "mode": self.mode(p), "standby_supported": yes(p["capability.standbySupported"]),
                "evc_mode": text(summary.currentEVCModeKey), "vmotion": yes(summary.config.vmotionEnabled),
                "datastores": self.reached(key, p["datastore"]), "networks": moids(p["network"]),
                "product": f"{summary.config.product.name} {summary.config.product.version}".strip(),
                "max_evc_mode": text(summary.maxEVCModeKey), "max_hardware_version": self.newest_hardware().get(key, ""),
                "vgpu_profiles": " ".join(p.get("config.sharedPassthruGpuTypes", [])),
                "vsan_fault_domain": p["config.vsanHostConfig"].faultDomainInfo.name if p.get("config.vsanHostConfig") else ""}
            if "hardware.cpuInfo" in p:
                cpu = p["hardware.cpuInfo"]
                row.update(
                    uuid=p["hardware.systemInfo"].uuid, cpu_model=summary.hardware.cpuModel,
                    cpu_cores=text(cpu.numCpuCores), cpu_threads=text(cpu.numCpuThreads),
                    core_mhz=text(summary.hardware.cpuMhz), cpu_mhz=text(summary.hardware.cpuMhz * cpu.numCpuCores),
                    memory_kib=text(p["hardware.memorySize"] // 1024), numa_nodes=text(p["hardware.numaInfo"].numNodes))
            for nics in p["config.virtualNicManagerInfo.netConfig"]:
                selected = [n for n in nics.candidateVnic if nics.nicType + "." + n.key in nics.selectedVnic]
                if nics.nicType == "management" and selected:
                    row["address"] = text(selected[0].spec.ip.ipAddress)
                if nics.nicType == "vmotion" and yes(selected) != row["vmotion"]:
                    row["vmotion"] += f" but {len(selected)} vMotion interfaces"
            capacity = sum(kibps(n.linkSpeed.speedMb) for n in p["config.network.pnic"] if n.linkSpeed)
            row["net_capacity_kibps"] = text(capacity or None)
            yield row

    def reached(self, host, datastores):
        """The datastores that a host has mounted and can reach."""
        def lost(ref):
            _, p = self.found[moid(ref)]
            mounts = [m.mountInfo for m in p["host"] if moid(m.key) == host]
            return not p["summary"].accessible or p["summary"].maintenanceMode == "inMaintenance" or any(
                m.accessible is False or m.mounted is False for m in mounts)
        return moids(ref for ref in datastores if not lost(ref))

    def newest_hardware(self):
        """By host, the newest virtual hardware that its cluster's browser says it runs."""
        if self.hardware is None:
            self.hardware = {}
            for _, _, p in self.of(vim.ComputeResource):
                for option in p["environmentBrowser"].QueryConfigOptionDescriptor():
                    for host in option.host if option.runSupported else []:
                        self.hardware[moid(host)] = max(self.hardware.get(moid(host), ""), option.key,
                                                        key=lambda version: int(version[4:] or 0))
        return self.hardware

    def evc_modes(self):
        for mode in self.si.capability.supportedEVCMode:
            yield {"id": mode.key, "name": mode.label, "vendor": mode.vendor, "tier": text(mode.vendorTier),
                   "tracks": " ".join(mode.track)}

    @staticmethod
    def mode(p):
        if p["runtime"].inMaintenanceMode:
            return "maintenance"
        for task in p["recentTask"]:
            if task.info.state == "running" and task.info.descriptionId == "HostSystem.enterMaintenanceMode":
                return "entering"
        return "quarantine" if p["runtime"].inQuarantineMode else "normal"

    def vms(self):
        powers = {"poweredOn": "on", "poweredOff": "off", "suspended": "suspended"}
        overrides = self.overrides()
        for key, _, p in self.of(vim.VirtualMachine):
            config, runtime = p.get("config"), p["runtime"]
            if config is None or config.template:
                continue
            yield {
                "id": key, "name": unquote(p["name"]), "folder": "/".join(self.path(p["parent"])[2:]),
                "instance_uuid": text(config.instanceUuid),
                "cluster_id": moid(self.found[moid(runtime.host)][1]["parent"]) if runtime.host else "",
                "pool_id": moid(p["resourcePool"]), "host_id": moid(runtime.host), "power": powers[runtime.powerState],
                "connection": runtime.connectionState, "guest_id": config.guestId, "hardware_version": config.version,
                "managed_by": config.managedBy.extensionKey if config.managedBy else "",
                "role": self.role(p), "vcpus": text(config.hardware.numCPU),
                "cores_per_socket": text(config.hardware.numCoresPerSocket),
                "memory_mib": text(config.hardware.memoryMB),
                **self.allocation("cpu", "mhz", p["resourceConfig"].cpuAllocation),
                **self.allocation("memory", "mib", p["resourceConfig"].memoryAllocation),
                "memory_reservation_locked": yes(config.memoryReservationLockedToMax),
                "cpu_hot_add": yes(config.cpuHotAddEnabled), "memory_hot_add": yes(config.memoryHotAddEnabled),
                "memory_hot_add_limit_mib": amount(config.hotPlugMemoryLimit),
                "memory_hot_add_step_mib": text(config.hotPlugMemoryIncrementSize or None),
                "evc_required": text(runtime.minRequiredEVCModeKey),
                "fault_tolerance": yes(runtime.faultToleranceState != "notConfigured"), "drs_override": overrides.get(key, ""),
                "disabled_methods": " ".join(sorted(p["disabledMethod"])), "datastores": moids(p["datastore"]),
                "networks": moids(p["network"]), "pinned": self.pinned(config),
                "latency_sensitivity": config.latencySensitivity.level if config.latencySensitivity else "",
                "instant_clone_parent": yes(runtime.instantCloneFrozen),
                "scsi_bus_sharing": self.bus_sharing(config),
                "vgpu_profiles": " ".join(d.backing.vgpu for d in config.hardware.device if self.is_vgpu(d)),
                **self.tolerance(config.ftInfo)}

    @staticmethod
    def is_vgpu(device):
        return isinstance(device.backing, vim.vm.device.VirtualPCIPassthrough.VmiopBackingInfo)

    @staticmethod
    def bus_sharing(config):
        words = {"noSharing": "none", "virtualSharing": "virtual", "physicalSharing": "physical"}
        return next((words[d.sharedBus] for d in config.hardware.device
                     if isinstance(d, vim.vm.device.VirtualSCSIController)), "")

    @staticmethod
    def tolerance(info):
        if isinstance(info, vim.vm.FaultTolerancePrimaryConfigInfo):
            return {"ft_role": "primary", "ft_partner_ids": moids(info.secondaries)}
        if isinstance(info, vim.vm.FaultToleranceSecondaryConfigInfo):
            return {"ft_role": "secondary", "ft_partner_ids": moid(info.primaryVM)}
        return {}

    def pinned(self, config):
        """The labels of what the VM would lose, as the simulated vCenter names them."""
        affinity = ["CPU affinity"] if config.cpuAffinity and config.cpuAffinity.affinitySet else []
        return "; ".join([d.deviceInfo.label for d in config.hardware.device
                          if 13000 <= d.key < 13100 and not self.is_vgpu(d)] + affinity)

    def role(self, p):
        """The role, as far as single properties tell it."""
        config = p["config"]
        if any(o.key == "HDCS.agent" and o.value.lower() == "true" for o in config.extraConfig):
            return "system"
        if config.managedBy and config.managedBy.type == "placeholderVm":
            return "placeholder"
        if any(v.key == self.ignore_key and v.value == "ignore" for v in p["customValue"]):
            return "ignore"
        return "vcenter" if p["summary"].guest.ipAddress == "127.0.0.1" else ""

    def overrides(self):
        levels = {"manual": "manual", "partiallyAutomated": "partial", "fullyAutomated": "full"}
        found = {}
        for _, _, p in self.of(vim.ClusterComputeResource):
            for override in p["configurationEx"].drsVmConfig:
                found[moid(override.key)] = levels[override.behavior] if override.enabled else "disabled"
        return found

    def left_out(self, rule):
        """A rule that depends on another group of VMs, or has no member left."""
        if isinstance(rule, vim.cluster.DependencyRuleInfo):
            return True
        members = getattr(rule, "vm", None)
        return members is not None and not any(moid(vm) in self.found for vm in members)

    def rules(self):
        for key, _, p in self.of(vim.ClusterComputeResource):
            config = p["configurationEx"]
            groups = {group.name: group for group in config.group}
            for rule in config.rule:
                if self.left_out(rule):
                    continue
                row = {"name": rule.name, "cluster_id": key, "mandatory": yes(rule.mandatory),
                       "enabled": yes(rule.enabled), "id": f"{key}:{rule.key}",
                       "uuid": rule.ruleUuid}
                if isinstance(rule, vim.cluster.VmHostRuleInfo):
                    group = rule.affineHostGroupName or rule.antiAffineHostGroupName
                    row.update(type="vm_host_affinity" if rule.affineHostGroupName else "vm_host_anti_affinity",
                               vm_ids=moids(groups[rule.vmGroupName].vm), host_ids=moids(groups[group].host))
                else:
                    affine = isinstance(rule, vim.cluster.AffinityRuleSpec)
                    row.update(type="vm_affinity" if affine else "vm_anti_affinity", vm_ids=moids(rule.vm))
                yield row


class Differences:
    """Collects what differs, and prints it."""

    def __init__(self):
        self.count = 0
        self.cells = 0

    def add(self, where, what, expected, served):
        self.count += 1
        print(f"{where}: {what}: snapshot {expected!r}, served {served!r}")

    def tables(self, file, expected, served, key=lambda row: row["id"]):
        served = {key(row): row for row in served}
        for row in expected:
            other = served.pop(key(row), None)
            if other is None:
                self.add(file, key(row), "a row", "none")
                continue
            for column in row.keys() - NOT_SERVED.get(file, set()):
                self.cells += 1
                left, right = row[column], other.get(column, "")
                if " " in left and column.endswith(("_ids", "_hosts", "_methods", "datastores", "networks")):
                    left = " ".join(sorted(left.split()))
                if left != right:
                    self.add(f"{file} {key(row)}", column, left, right)
        for name in served:
            self.add(file, name, "none", "a row")


def compare_left_out(inventory, extra, differences):
    """VMs that are templates, or whose configuration vCenter cannot reach, and
    rules that mean nothing to a plan: none, or those of vcenter --extra."""
    vms = [p["summary"].config.name for _, _, p in inventory.of(vim.VirtualMachine)
           if p["summary"].config.template or "config" not in p]
    expected = ["extra inaccessible", "extra orphaned", "extra template"] if extra else []
    if sorted(vms) != expected:
        differences.add("VMs", "to leave out", expected, vms)
    rules = [rule.name for _, _, p in inventory.of(vim.ClusterComputeResource) for rule in p["configurationEx"].rule
             if inventory.left_out(rule)]
    expected = ["extra dependency", "extra dangling"] if extra else []
    if rules != expected:
        differences.add("rules", "to leave out", expected, rules)


def compare_inventory(inventory, directory, api_version, differences):
    for file, rows in (("snapshot.csv", inventory.snapshot()), ("clusters.csv", inventory.clusters()),
                       ("pools.csv", inventory.pools()), ("hosts.csv", inventory.hosts()), ("vms.csv", inventory.vms())):
        served = list(rows)
        expected = read_table(directory, file)
        if file == "snapshot.csv" and api_version:
            expected[0]["api_version"] = api_version
        differences.tables(file, expected, served, key=lambda row: row.get("id", "the row"))
    if os.path.exists(os.path.join(directory, "evc_modes.csv")):
        differences.tables("evc_modes.csv", read_table(directory, "evc_modes.csv"), list(inventory.evc_modes()))
    # An id is CLUSTER:KEY; the server has any other for the rule's UUID.
    expected = read_table(directory, "rules.csv")
    ids = {row["id"] for row in expected}
    served = [dict(row, id=row["uuid"] if row["uuid"] in ids else row["id"]) for row in inventory.rules()]
    differences.tables("rules.csv", expected, served)


def compare_host_lists(inventory, differences):
    """host.vm must say what the VMs' runtime.host says."""
    for key, _, p in inventory.of(vim.HostSystem):
        there = sorted(k for k, _, v in inventory.of(vim.VirtualMachine) if moid(v["runtime"].host) == key)
        if sorted(moid(vm) for vm in p["vm"]) != there:
            differences.add(f"host {key}", "vm", there, sorted(moid(vm) for vm in p["vm"]))


def samples(si, entities, interval, form, window):
    """Values by entity, counter and time (the end of the sample) within the
    last seconds, summed over instances where there is no aggregate."""
    oldest = si.CurrentTime() - datetime.timedelta(seconds=window)
    manager = si.content.perfManager
    names = {c.key: f"{c.groupInfo.key}.{c.nameInfo.key}.{c.rollupType}" for c in manager.perfCounter}
    wanted = {name for table in (COUNTERS, HOST_COUNTERS) for group in table.values() for name in group}
    by_instance = ("virtualDisk.", "datastore.")
    metrics = [vim.PerformanceManager.MetricId(counterId=key, instance="*" if name.startswith(by_instance) else "")
               for key, name in names.items() if name in wanted]
    found = {}
    for first in range(0, len(entities), 50):
        queries = [vim.PerformanceManager.QuerySpec(
            entity=e, intervalId=interval, maxSample=window // interval, metricId=metrics, format=form)
                   for e in entities[first:first + 50]]
        for result in manager.QueryPerf(queries):
            if form == "csv":
                cells = result.sampleInfoCSV.split(",")
                times = [datetime.datetime.fromisoformat(t.replace("Z", "+00:00")) for t in cells[1::2]]
            else:
                times = [s.timestamp for s in result.sampleInfo]
            for one in result.value:
                values = [int(v) for v in one.value.split(",")] if form == "csv" else one.value
                for at, value in zip(times, values, strict=True):
                    if value != -1 and at > oldest:
                        key = (moid(result.entity), names[one.id.counterId], at)
                        found[key] = found.get(key, 0) + value
    return found


def compare_samples(inventory, directory, differences):
    rows = read_table(directory, "samples.csv")
    window = int(read_table(directory, "snapshot.csv")[0]["window_s"])
    for interval in sorted({int(r["interval_s"]) for r in rows if r["origin"] in ("realtime", "rollup")}):
        chosen = [r for r in rows if r["origin"] in ("realtime", "rollup") and int(r["interval_s"]) == interval]
        entities = [o for _, o, _ in inventory.of((vim.HostSystem, vim.VirtualMachine))]
        for form in ("csv", "normal"):
            served = samples(inventory.si, entities, interval, form, window)
            compare_series(chosen, served, inventory, interval, form, differences)
    for row in rows:
        if row["origin"] not in ("realtime", "rollup") and row["entity_id"] in inventory.found:
            compare_quick(row, inventory, differences)


def compare_series(rows, served, inventory, interval, form, differences):
    step = datetime.timedelta(seconds=interval)
    expected = {}
    for row in rows:
        start = datetime.datetime.fromisoformat(row["start"].replace("Z", "+00:00"))
        for i, value in enumerate(row["values"].split()):
            if value != "-":
                key = (row["entity_id"], row["metric"], start + (i + 1) * step)
                expected[key] = expected.get(key, 0) + float(value)
    for (entity, metric, at), value in expected.items():
        host = isinstance(inventory.found.get(entity, (None,))[0], vim.HostSystem)
        counters = (HOST_COUNTERS if host else COUNTERS)[metric]
        parts = [served.pop((entity, counter, at), None) for counter in counters]
        differences.cells += 1
        if None in parts or sum(parts) != value:
            differences.add(f"samples.csv {entity} {form}", f"{metric} {at:%H:%M:%S}", value, parts)
    for entity, counter, at in served:
        differences.add(f"samples.csv {entity} {form}", f"{counter} {at:%H:%M:%S}", "none", "a sample")


QUICK_STATS = {
    "cpu_usage_mhz": ("overallCpuUsage", 1), "cpu_demand_mhz": ("overallCpuDemand", 1),
    "memory_active_kib": ("guestMemoryUsage", 1024), "memory_consumed_kib": ("hostMemoryUsage", 1024),
    "memory_ballooned_kib": ("balloonedMemory", 1024), "memory_swapped_kib": ("swappedMemory", 1024),
    "memory_compressed_kib": ("compressedMemory", 1), "memory_overhead_kib": ("consumedOverheadMemory", 1024),
}


def compare_quick(row, inventory, differences):
    obj, p = inventory.found[row["entity_id"]]
    names = QUICK_STATS
    if isinstance(obj, vim.HostSystem):
        names = {"cpu_usage_mhz": ("overallCpuUsage", 1), "memory_consumed_kib": ("overallMemoryUsage", 1024)}
    if row["metric"] not in names:
        differences.add(f"samples.csv {row['entity_id']}", row["metric"], row["values"], "not in quickStats")
        return
    name, scale = names[row["metric"]]
    differences.cells += 1
    served = getattr(p["summary"].quickStats, name) * scale
    if name == "hostMemoryUsage":  # which counts the overhead in
        served -= p["summary"].quickStats.consumedOverheadMemory * scale
    if abs(served - float(row["values"])) > scale / 2:
        differences.add(f"samples.csv {row['entity_id']}", row["metric"], row["values"], served)


def main():
    parser = argparse.ArgumentParser(description="compare a served inventory with a snapshot")
    parser.add_argument("url")
    parser.add_argument("snapshot")
    parser.add_argument("--username", default="administrator@vsphere.local")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--extra", action="store_true",
                        help="expect the VMs and rules of vcenter --extra, too")
    parser.add_argument("--api-version", help="expect this version instead of the snapshot's")
    arguments = parser.parse_args()
    url = urlparse(arguments.url)
    si = SmartConnect(host=url.hostname, port=url.port or 443, user=arguments.username, pwd=arguments.password,
                      sslContext=ssl._create_unverified_context())
    try:
        inventory = Inventory(si)
        differences = Differences()
        compare_inventory(inventory, arguments.snapshot, arguments.api_version, differences)
        compare_left_out(inventory, arguments.extra, differences)
        compare_host_lists(inventory, differences)
        compare_samples(inventory, arguments.snapshot, differences)
    finally:
        Disconnect(si)
    print(f"{differences.cells} cells compared, {differences.count} differences")
    return 1 if differences.count or not differences.cells else 0


if __name__ == "__main__":
    sys.exit(main())
