// SPDX-License-Identifier: MIT

package main

import "github.com/vmware/govmomi/vim25/types"

// addExtras adds what collect leaves out to the first cluster: a template, an
// orphaned and an inaccessible VM; a dependency rule, and one whose only member
// is gone.
func (inv *inventory) addExtras() {
	for _, id := range sortedIDs(inv.srv.clusters) {
		c := inv.srv.clusters[id]
		if c.config == nil || len(c.compute.Host) == 0 {
			continue
		}
		for _, kind := range []string{"template", "orphaned", "inaccessible"} {
			inv.addExtra(c, kind)
		}
		c.config.Rule = append(c.config.Rule,
			&types.ClusterDependencyRuleInfo{
				ClusterRuleInfo: extraRule(90001, "extra dependency"), VmGroup: "extra group", DependsOnVmGroup: "extra group",
			},
			&types.ClusterAntiAffinityRuleSpec{
				ClusterRuleInfo: extraRule(90002, "extra dangling"), Vm: references("VirtualMachine", []string{"vm-gone"}),
			})
		c.config.Group = append(c.config.Group,
			&types.ClusterVmGroup{ClusterGroupInfo: types.ClusterGroupInfo{Name: "extra group"}})
		return
	}
}

func extraRule(key int32, name string) types.ClusterRuleInfo {
	return types.ClusterRuleInfo{
		Key: key, Name: name, Enabled: types.NewBool(true), Mandatory: types.NewBool(false),
		Status: types.ManagedEntityStatusGreen, RuleUuid: name,
	}
}

func (inv *inventory) addExtra(c *cluster, kind string) {
	vm := &virtualMachine{srv: inv.srv, cluster: c}
	vm.Self = reference("VirtualMachine", inv.newID("vm"))
	vm.Name = "extra " + kind
	vm.Runtime.PowerState = types.VirtualMachinePowerStatePoweredOff
	vm.Runtime.ConnectionState = types.VirtualMachineConnectionStateConnected
	vm.Guest = &types.GuestInfo{}
	if kind == "template" {
		vm.Config = &types.VirtualMachineConfigInfo{
			Name: vm.Name, Template: true, Version: "vmx-13", InstanceUuid: "5000aaaa-0000-0000-0000-000000000001",
			Modified: inv.srv.snapshot.taken, Hardware: types.VirtualHardware{NumCPU: 1, MemoryMB: 1024},
		}
		vm.summarise()
	} else {
		// vCenter has no config of a VM whose files it cannot reach.
		vm.Runtime.ConnectionState = types.VirtualMachineConnectionState(kind)
		vm.Summary.Vm = &vm.Self
		vm.Summary.Runtime = vm.Runtime
		vm.Summary.Config.Name = vm.Name
		vm.Summary.OverallStatus = types.ManagedEntityStatusGray
	}
	inv.placeVM(vm, "", "", c.compute.Host[0].Value)
	if kind == "template" {
		// A template is in no pool.
		pool := inv.rootPool(c)
		pool.Vm = pool.Vm[:len(pool.Vm)-1]
		vm.ResourcePool = nil
	}
}
