// SPDX-License-Identifier: MIT

package main

import (
	"fmt"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// ReconfigVMTask changes memory and vCPUs; it knows no other change.
func (vm *virtualMachine) ReconfigVMTask(ctx *simulator.Context, req *types.ReconfigVM_Task) soap.HasFault {
	refuse := func(fault *soap.Fault) soap.HasFault { return &methods.ReconfigVM_TaskBody{Fault_: fault} }
	vm.srv.control.hold("ReconfigVM_Task")
	spec := req.Spec
	if vm.Config == nil {
		return refuse(simulator.Fault("The virtual machine is not accessible.", &types.InvalidState{}))
	}
	privilege := "VirtualMachine.Config.Memory"
	if spec.NumCPUs != 0 {
		privilege = "VirtualMachine.Config.CPUCount"
	}
	if fault := vm.claim(ctx, "ReconfigVM_Task", privilege); fault != nil {
		return refuse(fault)
	}
	check := func() types.BaseMethodFault {
		vm.srv.world.Lock()
		defer vm.srv.world.Unlock()
		return vm.assessSize(&spec)
	}
	fault := check()
	vm.countConcurrentAccess(fault)
	if fault != nil && vm.srv.tasks.faultInCall {
		vm.release()
		return refuse(simulator.Fault(describe(fault), fault))
	}
	task := vm.srv.tasks.start(operation{
		entity: vm, method: "ReconfigVM_Task", id: "VirtualMachine.reconfigure", user: ctx.Session.UserName,
		duration: vm.srv.tasks.duration, check: check, ended: vm.release,
		finish: func() (types.AnyType, types.BaseMethodFault) {
			if fault := check(); fault != nil {
				vm.countConcurrentAccess(fault)
				return nil, fault
			}
			vm.resize(&spec)
			vm.srv.control.countEffect("reconfigured")
			return nil, nil
		},
	})
	return &methods.ReconfigVM_TaskBody{Res: &types.ReconfigVM_TaskResponse{Returnval: task}}
}

func (vm *virtualMachine) countConcurrentAccess(fault types.BaseMethodFault) {
	if _, is := fault.(*types.ConcurrentAccess); is {
		vm.srv.control.countEffect("concurrent_access")
	}
}

// assessSize tells what stands against a new size. The world's lock is held.
func (vm *virtualMachine) assessSize(spec *types.VirtualMachineConfigSpec) types.BaseMethodFault {
	if spec.ChangeVersion != "" && spec.ChangeVersion != vm.Config.ChangeVersion {
		return &types.ConcurrentAccess{}
	}
	if h := vm.host(); h != nil && !h.connected() {
		return &types.HostNotConnected{}
	}
	memory, cpus := int32(spec.MemoryMB), spec.NumCPUs
	if memory == 0 {
		memory = vm.Config.Hardware.MemoryMB
	}
	if cpus == 0 {
		cpus = vm.Config.Hardware.NumCPU
	}
	if cores := vm.Config.Hardware.NumCoresPerSocket; cores > 0 && cpus%cores != 0 {
		return &types.NumVirtualCpusIncompatible{Reason: "coresPerSocket", NumCpu: cpus}
	}
	switch vm.Runtime.PowerState {
	case types.VirtualMachinePowerStateSuspended:
		return &types.InvalidPowerState{
			RequestedState: types.VirtualMachinePowerStatePoweredOff, ExistingState: vm.Runtime.PowerState,
		}
	case types.VirtualMachinePowerStatePoweredOn:
		return vm.assessHotSize(memory, cpus)
	}
	return nil
}

// assessHotSize: what a running VM can be given.
func (vm *virtualMachine) assessHotSize(memory, cpus int32) types.BaseMethodFault {
	config := vm.Config
	if memory != config.Hardware.MemoryMB {
		if memory < config.Hardware.MemoryMB || !isTrue(config.MemoryHotAddEnabled) {
			return &types.MemoryHotPlugNotSupported{}
		}
		added := int64(memory - config.Hardware.MemoryMB)
		step, limit := config.HotPlugMemoryIncrementSize, config.HotPlugMemoryLimit
		if (step > 0 && added%step != 0) || (limit > 0 && int64(memory) > limit) {
			return &types.MemorySizeNotSupported{
				MemorySizeMB: memory, MinMemorySizeMB: config.Hardware.MemoryMB, MaxMemorySizeMB: int32(limit),
			}
		}
		if h := vm.host(); h != nil && isTrue(config.MemoryReservationLockedToMax) {
			if missing := vm.srv.memoryShort(h, vm, int64(memory)); missing != nil {
				return missing
			}
		}
	}
	if cpus != config.Hardware.NumCPU && (cpus < config.Hardware.NumCPU || !isTrue(config.CpuHotAddEnabled)) {
		return &types.CpuHotPlugNotSupported{}
	}
	return nil
}

func isTrue(flag *bool) bool { return flag != nil && *flag }

// resize gives the VM its new size; what it was given it consumes at once.
func (vm *virtualMachine) resize(spec *types.VirtualMachineConfigSpec) {
	srv := vm.srv
	srv.world.Lock()
	defer srv.world.Unlock()
	added := int64(0)
	srv.update(func() {
		config := *vm.Config
		if spec.MemoryMB != 0 {
			added = spec.MemoryMB - int64(config.Hardware.MemoryMB)
			config.Hardware.MemoryMB = int32(spec.MemoryMB)
			if isTrue(config.MemoryReservationLockedToMax) {
				memory := *config.MemoryAllocation
				memory.Reservation = types.NewInt64(spec.MemoryMB)
				config.MemoryAllocation = &memory
				resources := *vm.ResourceConfig
				resources.MemoryAllocation = memory
				vm.ResourceConfig = &resources
			}
		}
		if spec.NumCPUs != 0 {
			config.Hardware.NumCPU = spec.NumCPUs
		}
		vm.Config = &config
		vm.edited()
		vm.summarise()
	})
	if h := vm.host(); h != nil && vm.on() && added != 0 {
		srv.loads.grow(vm.Self.Value, h.Self.Value, float64(added)*1024)
		h.refreshQuickStats()
	}
	vm.refreshQuickStats()
}

// edited gives the configuration a new version; the VM's lock is held.
func (vm *virtualMachine) edited() {
	config := *vm.Config
	vm.edits++
	config.Modified = vm.srv.clock.now()
	config.ChangeVersion = fmt.Sprintf("%s.%06dZ", config.Modified.Format("2006-01-02T15:04:05"), vm.edits)
	vm.Config = &config
}
