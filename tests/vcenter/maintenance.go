// SPDX-License-Identifier: MIT

package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

var vsanModes = map[string]bool{"ensureObjectAccessibility": true, "evacuateAllData": true, "noAction": true}

// EnterMaintenanceModeTask waits until no VM runs on the host, which takes none
// from now on, and then sets the mode. It moves no VM itself: there is no DRS.
// Agents (vCLS) do not hold it up: they are powered off.
func (h *host) EnterMaintenanceModeTask(ctx *simulator.Context, req *types.EnterMaintenanceMode_Task) soap.HasFault {
	refuse := func(fault *soap.Fault) soap.HasFault {
		return &methods.EnterMaintenanceMode_TaskBody{Fault_: fault}
	}
	h.srv.control.hold("EnterMaintenanceMode_Task")
	mode, fault := vsanMode(req)
	if fault != nil {
		return refuse(fault)
	}
	h.srv.world.Lock()
	defer h.srv.world.Unlock()
	if fault := h.mayEnter(); fault != nil {
		return refuse(fault)
	}
	if fault := h.assessEntering(); fault != nil && h.srv.tasks.faultInCall {
		return refuse(simulator.Fault(describe(fault), fault))
	}
	h.srv.control.countVsanMode(mode)
	ref := h.srv.tasks.start(operation{
		entity: h, method: "EnterMaintenanceMode_Task", id: "HostSystem.enterMaintenanceMode",
		user: ctx.Session.UserName, duration: h.srv.tasks.duration,
		timeout: time.Duration(req.Timeout) * time.Second,
		check: func() types.BaseMethodFault {
			h.srv.world.Lock()
			defer h.srv.world.Unlock()
			return h.assessEntering()
		},
		ready: h.empty, finish: h.enter, ended: h.stopEntering,
	})
	h.entering = simulator.Map.Get(ref).(*task)
	return &methods.EnterMaintenanceMode_TaskBody{Res: &types.EnterMaintenanceMode_TaskResponse{Returnval: ref}}
}

// ExitMaintenanceModeTask ends the mode. Agents that were powered off stay so.
func (h *host) ExitMaintenanceModeTask(ctx *simulator.Context, req *types.ExitMaintenanceMode_Task) soap.HasFault {
	refuse := func(fault *soap.Fault) soap.HasFault {
		return &methods.ExitMaintenanceMode_TaskBody{Fault_: fault}
	}
	h.srv.control.hold("ExitMaintenanceMode_Task")
	h.srv.world.Lock()
	defer h.srv.world.Unlock()
	if fault := h.mayEnter(); fault != nil {
		return refuse(fault)
	}
	if fault := h.assessExiting(); fault != nil && h.srv.tasks.faultInCall {
		return refuse(simulator.Fault(describe(fault), fault))
	}
	ref := h.srv.tasks.start(operation{
		entity: h, method: "ExitMaintenanceMode_Task", id: "HostSystem.exitMaintenanceMode",
		user: ctx.Session.UserName, duration: h.srv.tasks.duration,
		timeout: time.Duration(req.Timeout) * time.Second,
		check: func() types.BaseMethodFault {
			h.srv.world.Lock()
			defer h.srv.world.Unlock()
			return h.assessExiting()
		},
		finish: h.leave, ended: func() {},
	})
	return &methods.ExitMaintenanceMode_TaskBody{Res: &types.ExitMaintenanceMode_TaskResponse{Returnval: ref}}
}

func (h *host) assessExiting() types.BaseMethodFault {
	switch {
	case !h.connected():
		return &types.HostNotConnected{}
	case !h.Runtime.InMaintenanceMode:
		return &types.InvalidState{}
	}
	return nil
}

func (h *host) leave() (types.AnyType, types.BaseMethodFault) {
	h.srv.world.Lock()
	defer h.srv.world.Unlock()
	h.setMaintenance(false)
	return nil, nil
}

// vsanMode reads a request: "" where vSAN is not spoken of.
func vsanMode(req *types.EnterMaintenanceMode_Task) (string, *soap.Fault) {
	if isTrue(req.EvacuatePoweredOffVms) {
		return "", simulator.Fault("powered-off VMs are not moved here", &types.NotSupported{})
	}
	if req.MaintenanceSpec == nil || req.MaintenanceSpec.VsanMode == nil {
		return "", nil
	}
	mode := req.MaintenanceSpec.VsanMode.ObjectAction
	if !vsanModes[mode] {
		return "", invalidArgument("maintenanceSpec.vsanMode.objectAction")
	}
	return mode, nil
}

// mayEnter tells whether the account may, and no task is about it. The world's
// lock is held, here and in assessEntering.
func (h *host) mayEnter() *soap.Fault {
	const privilege = "Host.Config.Maintenance"
	switch {
	case h.srv.control.denied(privilege, h.Self.Value):
		return simulator.Fault("Permission to perform this operation was denied.",
			&types.NoPermission{Object: h.Self, PrivilegeId: privilege})
	case h.entering != nil:
		return simulator.Fault("The operation is not allowed while another task is in progress.",
			&types.TaskInProgress{Task: h.entering.Self})
	}
	return nil
}

func (h *host) assessEntering() types.BaseMethodFault {
	switch {
	case !h.connected():
		return &types.HostNotConnected{}
	case h.Runtime.InMaintenanceMode:
		return &types.InvalidState{}
	}
	return nil
}

// empty tells whether no VM but agents runs on the host.
func (h *host) empty() bool {
	h.srv.world.Lock()
	defer h.srv.world.Unlock()
	for _, ref := range h.Vm {
		if vm := h.srv.vms[ref.Value]; vm != nil && vm.on() && !vm.agent() {
			return false
		}
	}
	return true
}

// stopAgents powers off the VMs that vSphere runs for itself. The world's lock
// is held.
func (h *host) stopAgents() {
	for _, ref := range h.Vm {
		if vm := h.srv.vms[ref.Value]; vm != nil && vm.on() && vm.agent() {
			h.srv.update(func() {
				vm.Runtime.PowerState = types.VirtualMachinePowerStatePoweredOff
				vm.Summary.Runtime.PowerState = types.VirtualMachinePowerStatePoweredOff
			})
		}
	}
}

func (h *host) enter() (types.AnyType, types.BaseMethodFault) {
	h.srv.world.Lock()
	defer h.srv.world.Unlock()
	h.stopAgents()
	h.setMaintenance(true)
	return nil, nil
}

func (h *host) stopEntering() {
	h.srv.world.Lock()
	defer h.srv.world.Unlock()
	h.entering = nil
}
