#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Drive the simulated vCenter by pyvmomi and check what vCenter would do.

    scenario.py URL CONTROL [--fault-in-call]      of a server with --per-host 2

Each behaviour is one function; the first that fails ends the run with a
traceback. VMs and hosts are chosen from what is served, so that any snapshot
with a cluster of at least two usable hosts and a few running VMs will do.
"""

import json
import ssl
import sys
import time
import urllib.request
from urllib.parse import urlencode, urlparse

from pyVim.connect import SmartConnect
from pyVmomi import vim, vmodl

USER, PASSWORD = "administrator@vsphere.local", "secret"
PER_HOST = 2  # as the server was started
Collector = vmodl.query.PropertyCollector


class Client:
    """A session, the inventory, and the control of the server."""

    def __init__(self, url, control, *options):
        self.url, self.control = urlparse(url), control.rstrip("/")
        self.fault_in_call = "--fault-in-call" in options
        self.order("reset")
        self.login()

    def login(self):
        self.si = SmartConnect(host=self.url.hostname, port=self.url.port, user=USER, pwd=PASSWORD,
                               sslContext=ssl._create_unverified_context())
        self.content = self.si.RetrieveContent()

    def order(self, name, **query):
        request = urllib.request.Request(f"{self.control}/{name}?{urlencode(query)}", method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def stats(self):
        with urllib.request.urlopen(f"{self.control}/stats") as answer:
            return json.load(answer)

    def log(self):
        with urllib.request.urlopen(f"{self.control}/log") as answer:
            return [json.loads(line) for line in answer]

    def all(self, kind):
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [kind], True)
        try:
            return list(view.view)
        finally:
            view.Destroy()

    def finish(self, task):
        """The task's info at its end."""
        while task.info.state in ("queued", "running"):
            time.sleep(0.02)
        return task.info

    def check(self, vm, host):
        task = self.content.vmProvisioningChecker.CheckRelocate_Task(vm, vim.vm.RelocateSpec(host=host))
        return self.finish(task).result[0]

    def movable(self, skip=()):
        """A running VM and a host to which nothing forbids it to move."""
        for vm in self.all(vim.VirtualMachine):
            if vm in skip or vm.runtime.powerState != "poweredOn" or "RelocateVM_Task" in vm.disabledMethod:
                continue
            for host in vm.runtime.host.parent.host:
                if host != vm.runtime.host and not self.check(vm, host).error:
                    return vm, host
        raise AssertionError("no VM can move: the snapshot does not suit this test")

    def samples(self, entity, name):
        """The values of one counter."""
        metric = vim.PerformanceManager.MetricId(counterId=counter_key(self, name), instance="")
        found = self.content.perfManager.QueryPerf([vim.PerformanceManager.QuerySpec(
            entity=entity, intervalId=20, maxSample=15, format="normal", metricId=[metric])])
        return list(found[0].value[0].value) if found and found[0].value else []

    def mean(self, entity, name):
        values = [v for v in self.samples(entity, name) if v != -1]
        return sum(values) / len(values) if values else 0


def raises(fault, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except fault as raised:
        return raised
    raise AssertionError(f"{fault.__name__} did not come")


def counter_key(client, name):
    """The key of a counter by its name, as mem.active.average."""
    wanted = tuple(name.split("."))
    return next(c.key for c in client.content.perfManager.perfCounter
                if (c.groupInfo.key, c.nameInfo.key, c.rollupType) == wanted)


class Refused:
    """A call that threw its fault, in the shape of a task that failed."""

    def __init__(self, fault):
        self.state, self.error = "error", fault


def outcome(client, call, spec):
    """How a task ended, whether by itself or, as ordered, by its call."""
    try:
        task = call(spec)
    except vmodl.MethodFault as fault:
        assert client.fault_in_call, fault
        return Refused(fault)
    info = client.finish(task)
    assert info.state == "success" or not client.fault_in_call, info.error
    return info


def resize(client, vm, **spec):
    return outcome(client, vm.ReconfigVM_Task, vim.vm.ConfigSpec(**spec))


def a_migration_changes_lists_of_both_hosts_and_takes_its_load_along(client):
    vm, target = client.movable()
    source = vm.runtime.host
    before = [client.mean(h, "mem.consumed.average") for h in (source, target)]
    own = sum(client.mean(vm, f"mem.{c}.average") for c in ("consumed", "overhead"))
    reclaimed = sum(client.mean(vm, f"mem.{c}.average") for c in ("vmmemctl", "swapped", "compressed"))
    assert vm in source.vm and vm not in target.vm
    info = client.finish(vm.RelocateVM_Task(vim.vm.RelocateSpec(host=target)))
    assert info.state == "success", info.error
    assert info.descriptionId == "VirtualMachine.relocate" and info.entity == vm
    assert vm.runtime.host == target == vm.summary.runtime.host
    assert vm not in source.vm and vm in target.vm
    after = [client.mean(h, "mem.consumed.average") for h in (source, target)]
    assert abs(before[0] - own - after[0]) < 1, (before, own, after)
    gained = after[1] - before[1]
    assert own - 1 <= gained <= own + reclaimed + 1, (own, reclaimed, gained)
    assert client.mean(vm, "mem.vmmemctl.average") == 0
    assert abs(target.summary.quickStats.overallMemoryUsage - after[1] / 1024) <= 1


def a_task_shows_progress_to_a_list_view_and_leaves_it(client):
    vm, target = client.movable()
    source = vm.runtime.host
    task = vm.RelocateVM_Task(vim.vm.RelocateSpec(host=target))
    view = client.content.viewManager.CreateListView([])
    collector = client.content.propertyCollector
    spec = Collector.FilterSpec(
        objectSet=[Collector.ObjectSpec(obj=view, skip=True, selectSet=[
            Collector.TraversalSpec(name="view", type=vim.view.ListView, path="view", skip=False)])],
        propSet=[Collector.PropertySpec(type=vim.Task, pathSet=["info.state", "info.progress", "info.error"])])
    filter_ = collector.CreateFilter(spec, True)
    assert collector.WaitForUpdatesEx("", Collector.WaitOptions(maxWaitSeconds=0)) is None
    view.ModifyListView(add=[task])
    version, kinds, progress, state = "", [], [], None
    while state not in ("success", "error"):
        updates = collector.WaitForUpdatesEx(version, Collector.WaitOptions(maxWaitSeconds=10))
        version = updates.version
        for obj in updates.filterSet[0].objectSet:
            kinds.append(obj.kind)
            for change in obj.changeSet:
                if change.name == "info.state":
                    state = change.val
                if change.name == "info.progress":
                    progress.append(change.val)
    assert state == "success" and kinds[0] == "enter" and set(kinds[1:]) == {"modify"}, (state, kinds)
    assert len(progress) > 1, progress
    view.ModifyListView(remove=[task])
    updates = collector.WaitForUpdatesEx(version, Collector.WaitOptions(maxWaitSeconds=10))
    assert [o.kind for o in updates.filterSet[0].objectSet] == ["leave"]
    started = time.time()
    assert collector.WaitForUpdatesEx(updates.version, Collector.WaitOptions(maxWaitSeconds=1)) is None
    assert 0.9 < time.time() - started < 3
    raises(vmodl.query.InvalidCollectorVersion, collector.WaitForUpdatesEx, "77", None)
    filter_.Destroy()
    view.Destroy()
    assert client.finish(vm.RelocateVM_Task(vim.vm.RelocateSpec(host=source))).state == "success"


def updates_are_truncated_to_as_many_objects_as_asked(client):
    hosts = client.all(vim.HostSystem)
    view = client.content.viewManager.CreateListView(hosts[:3])
    collector = client.content.propertyCollector
    filter_ = collector.CreateFilter(Collector.FilterSpec(
        objectSet=[Collector.ObjectSpec(obj=view, skip=True, selectSet=[
            Collector.TraversalSpec(name="view", type=vim.view.ListView, path="view", skip=False)])],
        propSet=[Collector.PropertySpec(type=vim.HostSystem, pathSet=["name"])]), True)
    first = collector.WaitForUpdatesEx("", Collector.WaitOptions(maxObjectUpdates=2))
    assert len(first.filterSet[0].objectSet) == 2 and first.truncated
    second = collector.WaitForUpdatesEx(first.version, Collector.WaitOptions(maxObjectUpdates=2))
    assert len(second.filterSet[0].objectSet) == 1 and not second.truncated
    filter_.Destroy()
    view.Destroy()


def relocations_beyond_the_host_s_limit_queue(client):
    vm, target = client.movable()
    others = [v for v in vm.runtime.host.vm if v.runtime.powerState == "poweredOn" and not client.check(v, target).error]
    tasks = [v.RelocateVM_Task(vim.vm.RelocateSpec(host=target)) for v in others[:3 * PER_HOST]]
    assert len(tasks) > PER_HOST, "the snapshot does not suit this test"
    assert [client.finish(t).state for t in tasks] == ["success"] * len(tasks)
    assert 1 < client.stats()["most_moves_on_one_host"] <= PER_HOST


def a_forgotten_task_is_not_found_and_leaves_its_view(client):
    vm, target = client.movable()
    task = vm.RelocateVM_Task(vim.vm.RelocateSpec(host=target))
    client.finish(task)
    while not client.order("forget"):
        time.sleep(0.02)
    raises(vmodl.fault.ManagedObjectNotFound, lambda: task.info)


def a_second_task_on_a_vm_is_refused_and_the_first_can_be_cancelled(client):
    vm, target = client.movable()
    source = vm.runtime.host
    task = vm.RelocateVM_Task(vim.vm.RelocateSpec(host=target))
    raises(vim.fault.TaskInProgress, vm.RelocateVM_Task, vim.vm.RelocateSpec(host=target))
    raises(vim.fault.TaskInProgress, vm.ReconfigVM_Task, vim.vm.ConfigSpec(memoryMB=1))
    task.CancelTask()
    info = client.finish(task)
    assert info.state == "error" and isinstance(info.error, vmodl.fault.RequestCanceled) and info.cancelled
    assert vm.runtime.host == source and vm in source.vm


def a_host_that_cannot_take_a_vm_is_named_by_check_and_by_task(client):
    vm, target = client.movable()
    for change, back, fault in (
            ({"entering": "yes"}, {"entering": "no"}, vim.fault.InvalidHostState),
            ({"maintenance": "yes"}, {"maintenance": "no"}, vim.fault.InvalidHostState),
            ({"connection": "disconnected"}, {"connection": "connected"}, vmodl.fault.HostNotConnected)):
        client.order("set", id=target._moId, **change)
        errors = client.check(vm, target).error
        assert any(isinstance(e, fault) for e in errors), errors
        info = outcome(client, vm.RelocateVM_Task, vim.vm.RelocateSpec(host=target))
        assert info.state == "error" and isinstance(info.error, fault), info.error
        client.order("set", id=target._moId, **back)
    assert not client.check(vm, target).error


def a_reservation_that_no_longer_fits_is_refused(client):
    vm, target = client.movable()
    room = target.hardware.memorySize // 1048576
    client.order("set", id=vm._moId, memory_reservation_mib=room + 1)
    errors = client.check(vm, target).error
    assert any(isinstance(e, vim.fault.InsufficientMemoryResourcesFault) for e in errors), errors
    client.order("set", id=vm._moId, memory_reservation_mib=0)


def memory_is_added_hot_only_where_enabled_and_by_its_step(client):
    vm, _ = client.movable()
    client.order("set", id=vm._moId, memory_hot_add="no")
    size = vm.config.hardware.memoryMB
    step = vm.config.hotPlugMemoryIncrementSize or 128
    info = resize(client, vm, memoryMB=size + step)
    assert isinstance(info.error, vim.fault.MemoryHotPlugNotSupported), info.error
    client.order("set", id=vm._moId, memory_hot_add="yes", memory_hot_add_step_mib=step)
    assert isinstance(resize(client, vm, memoryMB=size + 1).error, vim.fault.MemorySizeNotSupported)
    assert isinstance(resize(client, vm, memoryMB=size - step).error, vim.fault.MemoryHotPlugNotSupported)
    consumed = [client.mean(e, "mem.consumed.average") for e in (vm, vm.runtime.host)]
    active = client.mean(vm, "mem.active.average")
    for _ in range(2):  # an absolute size: repeating it does no harm
        info = resize(client, vm, memoryMB=size + step, changeVersion=vm.config.changeVersion)
        assert info.state == "success", info.error
    assert vm.config.hardware.memoryMB == size + step == vm.summary.config.memorySizeMB
    now = [client.mean(e, "mem.consumed.average") for e in (vm, vm.runtime.host)]
    assert [round(b - a) for a, b in zip(consumed, now)] == [step * 1024] * 2, (consumed, now)
    assert client.mean(vm, "mem.active.average") == active


def vcpus_are_added_hot_only_where_enabled_and_by_whole_sockets(client):
    vm, _ = client.movable()
    cpus, cores = vm.config.hardware.numCPU, vm.config.hardware.numCoresPerSocket or 1
    client.order("set", id=vm._moId, cpu_hot_add="no")
    assert isinstance(resize(client, vm, numCPUs=cpus + cores).error, vim.fault.CpuHotPlugNotSupported)
    client.order("set", id=vm._moId, cpu_hot_add="yes")
    if cores > 1:
        assert isinstance(resize(client, vm, numCPUs=cpus + 1).error, vim.fault.NumVirtualCpusIncompatible)
    assert resize(client, vm, numCPUs=cpus + cores).state == "success"
    assert vm.config.hardware.numCPU == cpus + cores


def a_concurrent_edit_is_a_fault_not_a_lost_update(client):
    vm, _ = client.movable()
    seen = vm.config.changeVersion
    client.order("set", id=vm._moId, memory_hot_add="yes", edited="yes")
    info = resize(client, vm, memoryMB=vm.config.hardware.memoryMB, changeVersion=seen)
    assert isinstance(info.error, vim.fault.ConcurrentAccess), info.error


def a_vm_on_a_lost_host_is_not_resized(client):
    vm, _ = client.movable()
    host = vm.runtime.host
    client.order("set", id=host._moId, connection="notResponding")
    assert isinstance(resize(client, vm, memoryMB=8192).error, vmodl.fault.HostNotConnected)
    client.order("set", id=host._moId, connection="connected")


def a_suspended_vm_is_neither_resized_nor_measured(client):
    vm, _ = client.movable()
    client.order("set", id=vm._moId, power="suspended")
    assert isinstance(resize(client, vm, memoryMB=8192).error, vim.fault.InvalidPowerState)
    assert client.samples(vm, "cpu.usagemhz.average") == []
    client.order("set", id=vm._moId, power="poweredOn")


def privileges_are_told_by_entity_and_missing_ones_refuse(client):
    vm, target = client.movable()
    session = client.content.sessionManager.currentSession.key
    wanted = ["Resource.HotMigrate", "VirtualMachine.Config.Memory"]
    client.order("deny", privilege=wanted[0], id=vm._moId)
    answers = client.content.authorizationManager.HasPrivilegeOnEntities(
        entity=[vm, target], sessionId=session, privId=wanted)
    assert [[p.isGranted for p in a.privAvailability] for a in answers] == [[False, True], [True, True]]
    fault = raises(vim.fault.NoPermission, vm.RelocateVM_Task, vim.vm.RelocateSpec(host=target))
    assert fault.privilegeId == wanted[0] and fault.object == vm
    client.order("reset")


def properties_page(client, paths, size):
    """One page, and the objects in it, of a view over all VMs."""
    view = client.content.viewManager.CreateContainerView(client.content.rootFolder, [vim.VirtualMachine], True)
    spec = Collector.FilterSpec(
        objectSet=[Collector.ObjectSpec(obj=view, skip=True, selectSet=[
            Collector.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)])],
        propSet=[Collector.PropertySpec(type=vim.VirtualMachine, pathSet=paths)])
    return client.content.propertyCollector.RetrievePropertiesEx([spec], Collector.RetrieveOptions(maxObjects=size))


def pages_hold_no_more_than_asked_and_a_token_serves_once(client):
    collector = client.content.propertyCollector
    page = properties_page(client, ["name"], 3)
    assert len(page.objects) == 3 and page.token
    seen = [o.obj for o in page.objects]
    token = page.token
    rest = collector.ContinueRetrievePropertiesEx(token)
    raises(vmodl.fault.InvalidArgument, collector.ContinueRetrievePropertiesEx, token)
    seen += [o.obj for o in rest.objects]
    while rest.token:
        rest = collector.ContinueRetrievePropertiesEx(rest.token)
        seen += [o.obj for o in rest.objects]
    assert len(seen) == len(set(seen)) == len(client.all(vim.VirtualMachine))


def a_wrong_path_fails_the_call_and_a_denied_one_stands_in_missing_set(client):
    raises(vmodl.query.InvalidProperty, properties_page, client, ["config.noSuchThing"], 10)
    client.order("deny", property="config.managedBy", type="VirtualMachine")
    client.order("deny", property="summary.quickStats", fault="SystemError")
    page = properties_page(client, ["name", "summary.quickStats.overallCpuUsage"], 2)
    missing = page.objects[0].missingSet
    assert [m.path for m in missing] == ["summary.quickStats.overallCpuUsage"]
    assert isinstance(missing[0].fault, vmodl.fault.SystemError), missing
    client.order("reset")


def an_expired_session_is_told_by_a_fault_or_by_everything_missing(client):
    client.order("expire", mode="missing")
    missing = client.content.propertyCollector.RetrievePropertiesEx([Collector.FilterSpec(
        objectSet=[Collector.ObjectSpec(obj=client.content.rootFolder)],
        propSet=[Collector.PropertySpec(type=vim.Folder, pathSet=["name"])])], Collector.RetrieveOptions())
    assert not missing.objects[0].propSet and missing.objects[0].missingSet[0].path == "name"
    raises(vim.fault.NotAuthenticated, client.si.CurrentTime)
    client.login()
    client.order("expire")
    raises(vim.fault.NotAuthenticated, properties_page, client, ["name"], 1)
    client.login()
    assert client.stats()["open_sessions"] == 1


def a_restart_ends_sessions_and_keeps_the_inventory(client):
    before = len(client.all(vim.VirtualMachine))
    client.order("restart", seconds=0.1)
    client.login()
    assert len(client.all(vim.VirtualMachine)) == before


def rules_apply_to_the_chosen_call_only(client):
    client.order("rule", method="CurrentTime", nth=2, do="fault", fault="SystemError")
    client.si.CurrentTime()
    raises(vmodl.fault.SystemError, client.si.CurrentTime)
    client.si.CurrentTime()
    client.order("rule", method="CurrentTime", do="delay", seconds=0.3)
    started = time.time()
    client.si.CurrentTime()
    assert time.time() - started >= 0.3
    client.order("rule", method="CurrentTime", do="status", status=503)
    raises(Exception, client.si.CurrentTime)
    client.order("rule", method="CurrentTime", do="cut")
    raises(Exception, client.si.CurrentTime)
    client.si.CurrentTime()
    last = client.log()[-1]
    assert last["method"] == "CurrentTime" and last["status"] == 200 and PASSWORD not in json.dumps(client.log())


def the_clock_takes_the_samples_along(client):
    _, host = client.movable()
    query = vim.PerformanceManager.QuerySpec(entity=host, intervalId=20, maxSample=1, format="csv")
    before = client.content.perfManager.QueryPerf([query])[0].sampleInfoCSV
    now = client.si.CurrentTime()
    client.order("clock", advance=300)
    assert 300 <= (client.si.CurrentTime() - now).total_seconds() < 310
    assert client.content.perfManager.QueryPerf([query])[0].sampleInfoCSV != before


def an_hour_of_samples_is_kept_and_the_last_are_given(client):
    vm, _ = client.movable()
    manager = client.content.perfManager
    metric = [vim.PerformanceManager.MetricId(counterId=counter_key(client, "mem.consumed.average"), instance="")]
    query = vim.PerformanceManager.QuerySpec(entity=vm.runtime.host, intervalId=20, metricId=metric)
    times = [s.timestamp for s in manager.QueryPerf([query])[0].sampleInfo]
    assert len(times) == 180 and times[-1] == client.si.CurrentTime(), times
    query.maxSample = 4
    assert [s.timestamp for s in manager.QueryPerf([query])[0].sampleInfo] == times[-4:]
    query = vim.PerformanceManager.QuerySpec(
        entity=vm.runtime.host, intervalId=20, metricId=metric, startTime=times[3], endTime=times[5])
    assert [s.timestamp for s in manager.QueryPerf([query])[0].sampleInfo] == times[4:6]


def a_removed_vm_is_not_found(client):
    vm, _ = client.movable()
    host = vm.runtime.host
    client.order("remove", id=vm._moId)
    raises(vmodl.fault.ManagedObjectNotFound, lambda: vm.name)
    assert vm not in host.vm and vm not in client.all(vim.VirtualMachine)


def a_host_enters_maintenance_mode_when_no_vm_runs_on_it(client):
    vm, _ = client.movable()
    host = vm.runtime.host
    running = [one for one in host.vm if one.runtime.powerState == "poweredOn"]

    def enter(timeout=0):
        return host.EnterMaintenanceMode_Task(timeout=timeout, evacuatePoweredOffVms=False)

    task = enter()
    while task.info.state == "queued":
        time.sleep(0.02)
    assert task.info.descriptionId == "HostSystem.enterMaintenanceMode" and task in host.recentTask
    raises(vim.fault.TaskInProgress, enter)
    other = next(one for one in client.all(vim.VirtualMachine) if one.runtime.host in host.parent.host and one not in running)
    assert any(isinstance(e, vim.fault.InvalidHostState) for e in client.check(other, host).error)
    task.CancelTask()
    assert isinstance(client.finish(task).error, vmodl.fault.RequestCanceled)
    assert isinstance(client.finish(enter(timeout=1)).error, vim.fault.Timedout)
    assert not host.runtime.inMaintenanceMode
    client.order("deny", privilege="Host.Config.Maintenance", id=host._moId)
    raises(vim.fault.NoPermission, enter)
    client.order("reset")
    task = enter()
    for one in running:
        assert task.info.state in ("queued", "running") and not host.runtime.inMaintenanceMode
        client.order("set", id=one._moId, power="poweredOff")
    assert client.finish(task).state == "success"
    assert host.runtime.inMaintenanceMode and host.summary.runtime.inMaintenanceMode
    info = outcome(client, lambda _: enter(), None)
    assert isinstance(info.error, vim.fault.InvalidState), info.error


def main():
    client = Client(*sys.argv[1:])
    for scenario in SCENARIOS:
        print(scenario.__name__.replace("_", " "), flush=True)
        scenario(client)
    client.content.sessionManager.Logout()
    assert client.stats()["open_sessions"] == 0
    print(f"{len(SCENARIOS)} scenarios passed")


SCENARIOS = [
    a_migration_changes_lists_of_both_hosts_and_takes_its_load_along,
    a_task_shows_progress_to_a_list_view_and_leaves_it,
    updates_are_truncated_to_as_many_objects_as_asked,
    relocations_beyond_the_host_s_limit_queue,
    a_forgotten_task_is_not_found_and_leaves_its_view,
    a_second_task_on_a_vm_is_refused_and_the_first_can_be_cancelled,
    a_host_that_cannot_take_a_vm_is_named_by_check_and_by_task,
    a_reservation_that_no_longer_fits_is_refused,
    memory_is_added_hot_only_where_enabled_and_by_its_step,
    vcpus_are_added_hot_only_where_enabled_and_by_whole_sockets,
    a_concurrent_edit_is_a_fault_not_a_lost_update,
    a_vm_on_a_lost_host_is_not_resized,
    a_suspended_vm_is_neither_resized_nor_measured,
    privileges_are_told_by_entity_and_missing_ones_refuse,
    pages_hold_no_more_than_asked_and_a_token_serves_once,
    a_wrong_path_fails_the_call_and_a_denied_one_stands_in_missing_set,
    an_expired_session_is_told_by_a_fault_or_by_everything_missing,
    a_restart_ends_sessions_and_keeps_the_inventory,
    rules_apply_to_the_chosen_call_only,
    the_clock_takes_the_samples_along,
    an_hour_of_samples_is_kept_and_the_last_are_given,
    a_removed_vm_is_not_found,
    a_host_enters_maintenance_mode_when_no_vm_runs_on_it,
]

if __name__ == "__main__":
    main()
