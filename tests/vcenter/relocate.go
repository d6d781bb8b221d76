// SPDX-License-Identifier: MIT

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// RelocateVMTask moves a VM to another host, its disks staying where they are.
func (vm *virtualMachine) RelocateVMTask(ctx *simulator.Context, req *types.RelocateVM_Task) soap.HasFault {
	refuse := func(fault *soap.Fault) soap.HasFault { return &methods.RelocateVM_TaskBody{Fault_: fault} }
	vm.srv.control.hold("RelocateVM_Task")
	target, pool, fault := vm.srv.destination(vm, &req.Spec)
	if fault != nil {
		return refuse(fault)
	}
	privilege := "Resource.ColdMigrate"
	if vm.on() {
		privilege = "Resource.HotMigrate"
	}
	if fault := vm.claim(ctx, "RelocateVM_Task", privilege); fault != nil {
		return refuse(fault)
	}
	check := func() types.BaseMethodFault {
		vm.srv.world.Lock()
		defer vm.srv.world.Unlock()
		if errors, _ := vm.srv.assess(vm, target, pool); len(errors) > 0 {
			return errors[0].Fault
		}
		return nil
	}
	if fault := check(); fault != nil && vm.srv.tasks.faultInCall {
		vm.release()
		return refuse(simulator.Fault(describe(fault), fault))
	}
	op := operation{
		entity: vm, method: "RelocateVM_Task", id: "VirtualMachine.relocate", user: ctx.Session.UserName,
		duration: vm.srv.tasks.duration, check: check, ended: vm.release,
		finish: func() (types.AnyType, types.BaseMethodFault) {
			if fault := check(); fault != nil {
				return nil, fault
			}
			vm.srv.move(vm, target, pool)
			return nil, nil
		},
	}
	if source := vm.host(); source != nil && source != target {
		op.hosts = []*host{source, target}
	}
	return &methods.RelocateVM_TaskBody{Res: &types.RelocateVM_TaskResponse{Returnval: vm.srv.tasks.start(op)}}
}

// destination reads a specification; the pool is the VM's unless named.
func (srv *server) destination(vm *virtualMachine, spec *types.VirtualMachineRelocateSpec) (*host, *resourcePool, *soap.Fault) {
	if spec.Datastore != nil || len(spec.Disk) > 0 || spec.Service != nil || spec.Folder != nil {
		return nil, nil, simulator.Fault("only a host and a pool can be changed here", &types.NotSupported{})
	}
	target := vm.host()
	if spec.Host != nil {
		if target = srv.hosts[spec.Host.Value]; target == nil {
			return nil, nil, notFound(*spec.Host)
		}
	}
	if target == nil {
		return nil, nil, invalidArgument("spec.host")
	}
	pool := srv.pools[vm.ResourcePool.Value]
	if spec.Pool != nil {
		if pool = srv.pools[spec.Pool.Value]; pool == nil {
			return nil, nil, notFound(*spec.Pool)
		}
	}
	if pool.cluster != target.cluster {
		return nil, nil, invalidArgument("spec.pool")
	}
	return target, pool, nil
}

// claim takes the VM for one task, if the account may and no other task has it.
func (vm *virtualMachine) claim(ctx *simulator.Context, method, privilege string) *soap.Fault {
	if vm.srv.control.denied(privilege, vm.Self.Value) {
		return simulator.Fault("Permission to perform this operation was denied.",
			&types.NoPermission{SecurityError: types.SecurityError{}, Object: vm.Self, PrivilegeId: privilege})
	}
	for _, disabled := range vm.DisabledMethod {
		if disabled == method {
			return simulator.Fault("The method is disabled.", &types.MethodDisabled{Source: "com.vmware.vcIntegrity"})
		}
	}
	vm.srv.world.Lock()
	defer vm.srv.world.Unlock()
	if vm.busy {
		fault := &types.TaskInProgress{}
		vm.srv.fields.RLock()
		if recent := vm.RecentTask; len(recent) > 0 {
			fault.Task = recent[len(recent)-1]
		}
		vm.srv.fields.RUnlock()
		return simulator.Fault("The operation is not allowed while another task is in progress.", fault)
	}
	vm.busy = true
	return nil
}

func (vm *virtualMachine) release() {
	vm.srv.world.Lock()
	defer vm.srv.world.Unlock()
	vm.busy = false
}

func (vm *virtualMachine) host() *host {
	if vm.Runtime.Host == nil {
		return nil
	}
	return vm.srv.hosts[vm.Runtime.Host.Value]
}

// move changes the lists of both hosts and pools, and takes the load along.
func (srv *server) move(vm *virtualMachine, target *host, pool *resourcePool) {
	srv.world.Lock()
	defer srv.world.Unlock()
	source := vm.host()
	if source != target {
		srv.control.countEffect("moved")
	}
	if source != nil && source != target {
		srv.update(func() { source.Vm = without(source.Vm, vm.Self) })
		srv.update(func() { target.Vm = with(target.Vm, vm.Self) })
		if vm.on() {
			srv.loads.migrate(vm.Self.Value, source.Self.Value, target.Self.Value,
				float64(vm.Config.Hardware.MemoryMB)*1024)
		}
	}
	if old := srv.pools[vm.ResourcePool.Value]; old != pool {
		srv.update(func() { old.Vm = without(old.Vm, vm.Self) })
		srv.update(func() { pool.Vm = with(pool.Vm, vm.Self) })
	}
	srv.update(func() {
		vm.cluster = target.cluster
		vm.ResourcePool = &pool.Self
		vm.Runtime.Host = &target.Self
		vm.Summary.Runtime.Host = &target.Self
	})
	vm.refreshQuickStats()
	target.refreshQuickStats()
	if source != nil {
		source.refreshQuickStats()
	}
}

// with and without make new lists: readers may hold the old ones.
func with(refs []types.ManagedObjectReference, ref types.ManagedObjectReference) []types.ManagedObjectReference {
	return append(append([]types.ManagedObjectReference(nil), refs...), ref)
}

func without(refs []types.ManagedObjectReference, ref types.ManagedObjectReference) []types.ManagedObjectReference {
	kept := make([]types.ManagedObjectReference, 0, len(refs))
	for _, one := range refs {
		if one != ref {
			kept = append(kept, one)
		}
	}
	return kept
}
