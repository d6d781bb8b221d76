// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type virtualMachine struct {
	mo.VirtualMachine
	unlocked
	srv     *server
	cluster *cluster
	busy    bool // a task works on it (world's lock)
	edits   int  // of its configuration
	sev     bool // its state is encrypted by SEV, a property that the library does not have
}

// The key of the custom attribute vmanger=ignore.
const ignoreField = 101

func (inv *inventory) addVM(r row) error {
	c := inv.srv.clusters[r.text("cluster_id")]
	if c == nil {
		return fmt.Errorf("cluster_id: %q: a cluster expected", r.text("cluster_id"))
	}
	vm := &virtualMachine{srv: inv.srv, cluster: c}
	vm.Self = reference("VirtualMachine", r.text("id"))
	vm.Name = encodeName(r.text("name"))
	vm.DisabledMethod = r.list("disabled_methods")
	vm.Datastore = references("Datastore", r.list("datastores"))
	for _, id := range r.list("networks") {
		vm.Network = append(vm.Network, networkReference(id))
	}
	vm.Config = inv.vmConfig(r)
	vm.Config.Name = vm.Name
	vm.ResourceConfig = &types.ResourceConfigSpec{
		Entity: &vm.Self, CpuAllocation: *vm.Config.CpuAllocation, MemoryAllocation: *vm.Config.MemoryAllocation,
	}
	vm.Runtime = vmRuntime(r)
	vm.sev = strings.Contains(r.text("pinned"), "SEV")
	vm.Guest = &types.GuestInfo{GuestId: vm.Config.GuestId, IpAddress: guestAddress(r, len(inv.srv.vms))}
	if r.text("role") == "ignore" {
		mark := []types.BaseCustomFieldValue{
			&types.CustomFieldStringValue{CustomFieldValue: types.CustomFieldValue{Key: ignoreField}, Value: "ignore"},
		}
		vm.CustomValue, vm.Value, vm.Summary.CustomValue = mark, mark, mark
	}
	vm.summarise()
	if behavior := r.text("drs_override"); behavior != "" && c.config != nil {
		disabled := behavior == "disabled"
		override := types.ClusterDrsVmConfigInfo{Key: vm.Self, Enabled: types.NewBool(!disabled)}
		if !disabled {
			override.Behavior = drsBehavior(behavior)
		}
		c.config.DrsVmConfig = append(c.config.DrsVmConfig, override)
	}
	inv.placeVM(vm, r.text("folder"), r.text("pool_id"), r.text("host_id"))
	return nil
}

// placeVM puts a VM into its folder, its pool and onto its host.
func (inv *inventory) placeVM(vm *virtualMachine, path, poolID, hostID string) {
	dcName, folders := splitPath(path, "vm", "")
	dc := vm.cluster.datacenter
	if dcName != "" && encodeName(dcName) != dc.Name {
		folders = append([]string{dcName}, folders...)
	}
	parent := inv.folder(dc, "vm", folders)
	vm.Parent = &parent.Self
	parent.ChildEntity = append(parent.ChildEntity, vm.Self)

	pool := inv.srv.pools[poolID]
	if pool == nil {
		pool = inv.rootPool(vm.cluster)
	}
	vm.ResourcePool = &pool.Self
	pool.Vm = append(pool.Vm, vm.Self)

	if h := inv.srv.hosts[hostID]; h != nil {
		vm.Runtime.Host = &h.Self
		vm.Summary.Runtime.Host = &h.Self
		h.Vm = append(h.Vm, vm.Self)
	}
	inv.srv.vms[vm.Self.Value] = vm
	simulator.Map.Put(vm)
	vm.refreshQuickStats()
}

func (inv *inventory) vmConfig(r row) *types.VirtualMachineConfigInfo {
	vcpus, memory := r.number("vcpus"), r.number("memory_mib")
	cpuAllocation := allocation(r, "cpu", "mhz", 1000*vcpus)
	memoryAllocation := allocation(r, "memory", "mib", 10*memory)
	version := r.text("hardware_version")
	if version != "" && !strings.HasPrefix(version, "vmx-") {
		version = "vmx-" + version
	}
	config := &types.VirtualMachineConfigInfo{
		ChangeVersion:                inv.srv.snapshot.taken.Format("2006-01-02T15:04:05.000000Z"),
		Modified:                     inv.srv.snapshot.taken,
		InstanceUuid:                 r.text("instance_uuid"),
		Uuid:                         "4200" + strings.TrimPrefix(r.text("instance_uuid"), "5000"),
		Version:                      version,
		GuestId:                      r.text("guest_id"),
		GuestFullName:                r.text("guest_id"),
		CpuAllocation:                &cpuAllocation,
		MemoryAllocation:             &memoryAllocation,
		CpuHotAddEnabled:             r.flag("cpu_hot_add"),
		CpuHotRemoveEnabled:          types.NewBool(false),
		MemoryHotAddEnabled:          r.flag("memory_hot_add"),
		HotPlugMemoryLimit:           hotAddLimit(r),
		HotPlugMemoryIncrementSize:   r.number("memory_hot_add_step_mib"),
		MemoryReservationLockedToMax: r.flag("memory_reservation_locked"),
		ManagedBy:                    managedBy(r.text("managed_by"), r.text("role")),
		ExtraConfig: []types.BaseOptionValue{
			&types.OptionValue{Key: "nvram", Value: r.text("id") + ".nvram"},
			&types.OptionValue{Key: "svga.present", Value: "TRUE"},
		},
		Hardware: types.VirtualHardware{
			NumCPU: int32(vcpus), NumCoresPerSocket: int32(r.number("cores_per_socket")), MemoryMB: int32(memory),
		},
	}
	if r.text("role") == "system" {
		config.ExtraConfig = append(config.ExtraConfig, &types.OptionValue{Key: "HDCS.agent", Value: "TRUE"})
	}
	if level := r.text("latency_sensitivity"); level != "" {
		config.LatencySensitivity = &types.LatencySensitivity{Level: types.LatencySensitivitySensitivityLevel(level)}
	}
	config.FtInfo = faultTolerance(r)
	equip(config, r)
	return config
}

// hotAddLimit: 0 is a limit that some VMs do have.
func hotAddLimit(r row) int64 {
	if !r.known("memory_hot_add_limit_mib") {
		return notKnown
	}
	return r.number("memory_hot_add_limit_mib")
}

// faultTolerance is nil for a VM whose role is not known.
func faultTolerance(r row) types.BaseFaultToleranceConfigInfo {
	partners := references("VirtualMachine", r.list("ft_partner_ids"))
	uuids := []string{r.text("instance_uuid")}
	switch role := r.text("ft_role"); {
	case role == "primary":
		return &types.FaultTolerancePrimaryConfigInfo{
			FaultToleranceConfigInfo: types.FaultToleranceConfigInfo{Role: 1, InstanceUuids: uuids}, Secondaries: partners,
		}
	case role == "secondary" && len(partners) == 1:
		return &types.FaultToleranceSecondaryConfigInfo{
			FaultToleranceConfigInfo: types.FaultToleranceConfigInfo{Role: 2, InstanceUuids: uuids}, PrimaryVM: partners[0],
		}
	}
	return nil
}

// managedBy is the extension of the cell; its type follows from the role.
func managedBy(extension, role string) *types.ManagedByInfo {
	if extension == "" {
		return nil
	}
	kinds := map[string]string{"placeholder": "placeholderVm", "system": "cluster-agent"}
	return &types.ManagedByInfo{ExtensionKey: extension, Type: kinds[role]}
}

func vmRuntime(r row) types.VirtualMachineRuntimeInfo {
	info := types.VirtualMachineRuntimeInfo{
		ConnectionState:       types.VirtualMachineConnectionState(r.text("connection")),
		PowerState:            types.VirtualMachinePowerStatePoweredOff,
		MinRequiredEVCModeKey: r.text("evc_required"),
		FaultToleranceState:   types.VirtualMachineFaultToleranceState(r.text("fault_tolerance")),
		InstantCloneFrozen:    r.flag("instant_clone_parent"),
		QuiescedForkParent:    r.flag("instant_clone_parent"),
	}
	if info.ConnectionState == "" {
		info.ConnectionState = types.VirtualMachineConnectionStateConnected
	}
	switch info.FaultToleranceState {
	case "", "no":
		info.FaultToleranceState = types.VirtualMachineFaultToleranceStateNotConfigured
	case "yes":
		info.FaultToleranceState = types.VirtualMachineFaultToleranceStateRunning
	}
	switch r.text("power") {
	case "on":
		info.PowerState = types.VirtualMachinePowerStatePoweredOn
	case "suspended":
		info.PowerState = types.VirtualMachinePowerStateSuspended
	}
	return info
}

// guestAddress tells the VM that is this vCenter itself from the others.
func guestAddress(r row, n int) string {
	if r.text("role") == "vcenter" {
		return "127.0.0.1"
	}
	return fmt.Sprintf("198.18.%d.%d", n/250%256, n%250+1)
}

// summarise repeats in the summary what stands elsewhere in the VM.
func (vm *virtualMachine) summarise() {
	config := vm.Config
	vm.Summary.Vm = &vm.Self
	vm.Summary.Runtime = vm.Runtime
	vm.Summary.OverallStatus = types.ManagedEntityStatusGreen
	vm.Summary.QuickStats.GuestHeartbeatStatus = types.ManagedEntityStatusGreen
	vm.Summary.Guest = &types.VirtualMachineGuestSummary{GuestId: config.GuestId, IpAddress: vm.Guest.IpAddress}
	vm.Summary.Config = types.VirtualMachineConfigSummary{
		Name: vm.Name, Template: config.Template, VmPathName: "[store] " + vm.Self.Value + ".vmx",
		MemorySizeMB: config.Hardware.MemoryMB, NumCpu: config.Hardware.NumCPU,
		CpuReservation:    int32(reserved(config.CpuAllocation)),
		MemoryReservation: int32(reserved(config.MemoryAllocation)),
		Uuid:              config.Uuid, InstanceUuid: config.InstanceUuid,
		GuestId: config.GuestId, GuestFullName: config.GuestFullName, ManagedBy: config.ManagedBy,
	}
}

// refreshQuickStats makes quickStats follow the measured load.
func (vm *virtualMachine) refreshQuickStats() {
	quick := func(metric string, scale float64) int32 { return vm.srv.loads.quick(vm.Self.Value, metric, scale) }
	stats := types.VirtualMachineQuickStats{
		GuestHeartbeatStatus:   types.ManagedEntityStatusGreen,
		OverallCpuUsage:        quick("cpu_usage_mhz", 1),
		OverallCpuDemand:       quick("cpu_demand_mhz", 1),
		GuestMemoryUsage:       quick("memory_active_kib", 1024),
		HostMemoryUsage:        quick("memory_consumed_kib", 1024) + quick("memory_overhead_kib", 1024),
		BalloonedMemory:        quick("memory_ballooned_kib", 1024),
		SwappedMemory:          quick("memory_swapped_kib", 1024),
		CompressedMemory:       int64(quick("memory_compressed_kib", 1)),
		ConsumedOverheadMemory: quick("memory_overhead_kib", 1024),
	}
	vm.srv.update(func() { vm.Summary.QuickStats = stats })
}

// agent tells whether vSphere runs the VM for itself.
func (vm *virtualMachine) agent() bool {
	return vm.Config != nil && vm.Config.ManagedBy != nil && vm.Config.ManagedBy.Type == "cluster-agent"
}

// on tells whether the VM runs.
func (vm *virtualMachine) on() bool {
	return vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn
}
