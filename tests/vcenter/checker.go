// SPDX-License-Identifier: MIT

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// provisioningChecker tells beforehand what a relocation would run into.
type provisioningChecker struct {
	mo.VirtualMachineProvisioningChecker
	unlocked
	srv *server
}

func newProvisioningChecker(srv *server, self types.ManagedObjectReference) *provisioningChecker {
	c := &provisioningChecker{srv: srv}
	c.Self = self
	return c
}

// CheckRelocateTask ends with a list of one CheckResult.
func (c *provisioningChecker) CheckRelocateTask(ctx *simulator.Context, req *types.CheckRelocate_Task) soap.HasFault {
	vm := c.srv.vms[req.Vm.Value]
	if vm == nil {
		return &methods.CheckRelocate_TaskBody{Fault_: notFound(req.Vm)}
	}
	target, pool, fault := c.srv.destination(vm, &req.Spec)
	if fault != nil {
		return &methods.CheckRelocate_TaskBody{Fault_: fault}
	}
	task := c.srv.tasks.start(operation{
		entity: vm, method: "CheckRelocate_Task", id: "vm.check.ProvisioningChecker.checkRelocate",
		user: ctx.Session.UserName, check: func() types.BaseMethodFault { return nil }, ended: func() {},
		finish: func() (types.AnyType, types.BaseMethodFault) {
			c.srv.world.Lock()
			defer c.srv.world.Unlock()
			result := types.CheckResult{Vm: &vm.Self, Host: &target.Self}
			result.Error, result.Warning = c.srv.assess(vm, target, pool)
			return types.ArrayOfCheckResult{CheckResult: []types.CheckResult{result}}, nil
		},
	})
	return &methods.CheckRelocate_TaskBody{Res: &types.CheckRelocate_TaskResponse{Returnval: task}}
}
