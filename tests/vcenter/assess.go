// SPDX-License-Identifier: MIT

package main

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// assess tells what stands against a VM on a host: errors forbid it, warnings
// do not. The world's lock is held. The checks are vCenter's by its
// documentation of RelocateVM_Task and of the faults.
func (srv *server) assess(vm *virtualMachine, target *host, pool *resourcePool) (errors, warnings []types.LocalizedMethodFault) {
	add := func(fault types.BaseMethodFault, format string, arguments ...interface{}) {
		errors = append(errors, *localized(fault, fmt.Sprintf(format, arguments...)))
	}
	source := vm.host()
	if !target.connected() {
		add(&types.HostNotConnected{}, "Unable to communicate with the remote host %s, since it is disconnected.", target.Name)
	} else if !target.accepts() {
		add(&types.InvalidHostState{Host: &target.Self}, "The operation is not allowed in the current state of the host %s.", target.Name)
	}
	if source != nil && !source.connected() {
		add(&types.HostNotConnected{}, "Unable to communicate with the remote host %s, since it is disconnected.", source.Name)
	}
	if vm.Runtime.ConnectionState != types.VirtualMachineConnectionStateConnected {
		add(&types.InvalidState{}, "The operation is not allowed in the current connection state of the VM.")
	}
	if source == target {
		return errors, nil
	}
	for _, ref := range vm.Datastore {
		if !contains(target.Datastore, ref) {
			reason := *localized(&types.CannotAccessFile{FileFault: types.FileFault{File: ref.Value}}, "Unable to access file.")
			add(&types.CannotAccessVmConfig{Reason: reason}, "Cannot access datastore %s from host %s.", ref.Value, target.Name)
		}
	}
	for _, ref := range vm.Network {
		if !contains(target.Network, ref) {
			network := ref
			add(&types.CannotAccessNetwork{Network: &network}, "Network %s is not accessible from host %s.", ref.Value, target.Name)
		}
	}
	ruleErrors, warnings := srv.assessRules(vm, target)
	errors = append(errors, ruleErrors...)
	if vm.on() {
		errors = append(errors, srv.assessRunning(vm, source, target)...)
	}
	return errors, warnings
}

// assessRunning is what matters to a VM that runs: vMotion, CPU, reservations.
func (srv *server) assessRunning(vm *virtualMachine, source, target *host) (errors []types.LocalizedMethodFault) {
	add := func(fault types.BaseMethodFault, format string, arguments ...interface{}) {
		errors = append(errors, *localized(fault, fmt.Sprintf(format, arguments...)))
	}
	for _, h := range []*host{source, target} {
		if h != nil && !h.Summary.Config.VmotionEnabled {
			fault := &types.VMotionNotConfigured{}
			fault.AtSourceHost, fault.FailedHost, fault.FailedHostEntity = h == source, h.Name, &h.Self
			add(fault, "The vMotion interface is not configured on host %s.", h.Name)
		}
	}
	if source != nil && !compatible(vm, source, target) {
		add(&types.FeatureRequirementsNotMet{Vm: &vm.Self, Host: &target.Self},
			"The target host %s does not support the virtual machine's current hardware requirements.", target.Name)
	}
	if vm.Config.CpuAffinity != nil {
		add(&types.AffinityConfigured{ConfiguredAffinity: []string{"cpu"}}, "Virtual machine has CPU affinity configured.")
	}
	for _, device := range vm.Config.Hardware.Device {
		if key := device.GetVirtualDevice().Key; key < firstTie || key >= firstTie+100 {
			continue
		}
		label := device.GetVirtualDevice().DeviceInfo.GetDescription().Label
		fault := &types.DeviceNotSupported{Device: label}
		add(fault, "Device %s is not supported on host %s.", label, target.Name)
	}
	if missing := srv.memoryShort(target, vm, reserved(vm.Config.MemoryAllocation)); missing != nil {
		add(missing, "The host %s does not have sufficient memory resources to satisfy the reservation.", target.Name)
	}
	if missing := srv.cpuShort(target, vm); missing != nil {
		add(missing, "The host %s does not have sufficient CPU resources to satisfy the reservation.", target.Name)
	}
	return errors
}

func (h *host) connected() bool {
	return h.Runtime.ConnectionState == types.HostSystemConnectionStateConnected
}

// accepts tells whether VMs may come to the host.
func (h *host) accepts() bool {
	return h.Runtime.PowerState == types.HostSystemPowerStatePoweredOn && !h.Runtime.InMaintenanceMode && h.entering == nil
}

func compatible(vm *virtualMachine, source, target *host) bool {
	if source.Summary.Hardware == nil || target.Summary.Hardware == nil {
		return false
	}
	required := vm.Runtime.MinRequiredEVCModeKey
	return source.Summary.Hardware.CpuModel == target.Summary.Hardware.CpuModel ||
		(target.cluster.evcMode != "" && source.cluster == target.cluster) ||
		(required != "" && required == target.Summary.CurrentEVCModeKey)
}

func contains(refs []types.ManagedObjectReference, ref types.ManagedObjectReference) bool {
	for _, one := range refs {
		if one == ref {
			return true
		}
	}
	return false
}

// memoryShort tells whether wanted MiB reserved for a VM exceed what its host
// has beside the reservations of the others.
func (srv *server) memoryShort(h *host, vm *virtualMachine, wanted int64) types.BaseMethodFault {
	if h.Hardware == nil || wanted == 0 {
		return nil
	}
	left := h.Hardware.MemorySize / 1024 / 1024
	for _, ref := range h.Vm {
		if other := srv.vms[ref.Value]; other != vm && other.on() {
			left -= reserved(other.Config.MemoryAllocation)
		}
	}
	if wanted <= left {
		return nil
	}
	return &types.InsufficientMemoryResourcesFault{Unreserved: left, Requested: wanted}
}

func (srv *server) cpuShort(h *host, vm *virtualMachine) types.BaseMethodFault {
	wanted := reserved(vm.Config.CpuAllocation)
	if h.Hardware == nil || wanted == 0 {
		return nil
	}
	left := int64(h.Hardware.CpuInfo.NumCpuCores) * h.Hardware.CpuInfo.Hz / 1000 / 1000
	for _, ref := range h.Vm {
		if other := srv.vms[ref.Value]; other != vm && other.on() {
			left -= reserved(other.Config.CpuAllocation)
		}
	}
	if wanted <= left {
		return nil
	}
	return &types.InsufficientCpuResourcesFault{Unreserved: left, Requested: wanted}
}

// assessRules: a mandatory VM/host rule forbids; DRS corrects VM/VM rules and
// should-rules later, so that they only warn.
func (srv *server) assessRules(vm *virtualMachine, target *host) (errors, warnings []types.LocalizedMethodFault) {
	config := target.cluster.config
	if config == nil {
		return nil, nil
	}
	for _, base := range config.Rule {
		info := base.GetClusterRuleInfo()
		if info.Enabled == nil || !*info.Enabled {
			continue
		}
		breaks := false
		switch rule := base.(type) {
		case *types.ClusterVmHostRuleInfo:
			affine := rule.AffineHostGroupName != ""
			inGroup := contains(hostGroup(config, rule.AffineHostGroupName+rule.AntiAffineHostGroupName), target.Self)
			breaks = contains(vmGroup(config, rule.VmGroupName), vm.Self) && inGroup != affine
			if breaks && info.Mandatory != nil && *info.Mandatory {
				errors = append(errors, *localized(
					&types.VmHostAffinityRuleViolation{VmName: vm.Name, HostName: target.Name},
					"The virtual machine would violate the VM/host rule "+info.Name+"."))
				continue
			}
		case *types.ClusterAntiAffinityRuleSpec:
			breaks = contains(rule.Vm, vm.Self) && srv.othersOn(rule.Vm, vm, target) > 0
		case *types.ClusterAffinityRuleSpec:
			breaks = contains(rule.Vm, vm.Self) && srv.othersOn(rule.Vm, vm, target) < len(rule.Vm)-1
		}
		if breaks {
			warnings = append(warnings, *localized(&types.RuleViolation{Host: &target.Self, Rule: base},
				"The virtual machine would violate the rule "+info.Name+"."))
		}
	}
	return errors, warnings
}

func (srv *server) othersOn(members []types.ManagedObjectReference, vm *virtualMachine, h *host) int {
	n := 0
	for _, ref := range members {
		if other := srv.vms[ref.Value]; other != nil && other != vm && other.host() == h {
			n++
		}
	}
	return n
}

func vmGroup(config *types.ClusterConfigInfoEx, name string) []types.ManagedObjectReference {
	for _, group := range config.Group {
		if g, ok := group.(*types.ClusterVmGroup); ok && g.Name == name {
			return g.Vm
		}
	}
	return nil
}

func hostGroup(config *types.ClusterConfigInfoEx, name string) []types.ManagedObjectReference {
	for _, group := range config.Group {
		if g, ok := group.(*types.ClusterHostGroup); ok && g.Name == name {
			return g.Host
		}
	}
	return nil
}
