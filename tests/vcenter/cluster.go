// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// A cluster is a ClusterComputeResource, or the ComputeResource of a
// standalone host: compute is the part that both have.
type cluster struct {
	id         string
	datacenter *datacenter
	compute    *mo.ComputeResource
	config     *types.ClusterConfigInfoEx // nil for a standalone host
	evcMode    string
	hosts      []*host
}

type clusterResource struct {
	mo.ClusterComputeResource
	unlocked
}

type standaloneResource struct {
	mo.ComputeResource
	unlocked
}

// vCenter names the compute resource of a standalone host so.
const standalonePrefix = "domain-s"

func (inv *inventory) addCluster(r row) error {
	name := r.text("name")
	path := strings.TrimSuffix("/"+strings.TrimPrefix(r.text("path"), "/"), "/"+name)
	dcName, folders := splitPath(path, "host", defaultDatacenter)
	dc := inv.datacenter(dcName)
	parent := inv.folder(dc, "host", folders)

	c := &cluster{id: r.text("id"), datacenter: dc, evcMode: r.text("evc_mode")}
	var object mo.Reference
	if strings.HasPrefix(c.id, standalonePrefix) {
		alone := &standaloneResource{}
		object, c.compute = alone, &alone.ComputeResource
		c.compute.Self = reference("ComputeResource", c.id)
		summary := computeSummary(r)
		c.compute.Summary = &summary
		c.compute.ConfigurationEx = &types.ComputeResourceConfigInfo{VmSwapPlacement: "vmDirectory"}
	} else {
		many := &clusterResource{}
		object, c.compute = many, &many.ComputeResource
		config, err := clusterConfig(r)
		if err != nil {
			return err
		}
		c.config = config
		c.compute.Self = reference("ClusterComputeResource", c.id)
		c.compute.ConfigurationEx = config
		c.compute.Summary = &types.ClusterComputeResourceSummary{
			ComputeResourceSummary: computeSummary(r),
			CurrentEVCModeKey:      c.evcMode,
			VcsHealthStatus:        r.text("vcls_health"),
		}
	}
	c.compute.EnvironmentBrowser = newEnvironmentBrowser(inv, c)
	c.compute.Name = encodeName(name)
	c.compute.Parent = &parent.Self
	parent.ChildEntity = append(parent.ChildEntity, c.compute.Self)
	inv.srv.clusters[c.id] = c
	simulator.Map.Put(object)
	return nil
}

// notKnown stands for an amount that no table has, where the library cannot leave one out.
const notKnown = -1

func computeSummary(r row) types.ComputeResourceSummary {
	summary := types.ComputeResourceSummary{
		OverallStatus: types.ManagedEntityStatusGreen, EffectiveCpu: notKnown, EffectiveMemory: notKnown,
	}
	if r.known("cpu_reservable_mhz") {
		summary.EffectiveCpu = int32(r.number("cpu_reservable_mhz"))
	}
	if r.known("memory_reservable_mib") {
		summary.EffectiveMemory = r.number("memory_reservable_mib")
	}
	return summary
}

func clusterConfig(r row) (*types.ClusterConfigInfoEx, error) {
	config := &types.ClusterConfigInfoEx{
		ComputeResourceConfigInfo: types.ComputeResourceConfigInfo{VmSwapPlacement: "vmDirectory"},
		DrsConfig: types.ClusterDrsConfigInfo{
			Enabled: types.NewBool(false), EnableVmBehaviorOverrides: types.NewBool(true),
			DefaultVmBehavior: types.DrsBehaviorFullyAutomated, VmotionRate: 3,
		},
		DpmConfigInfo: &types.ClusterDpmConfigInfo{Enabled: types.NewBool(false), DefaultDpmBehavior: types.DpmBehaviorManual},
	}
	if level := r.text("drs"); level != "" && level != "off" {
		config.DrsConfig.Enabled = types.NewBool(true)
		config.DrsConfig.DefaultVmBehavior = drsBehavior(level)
	}
	if level := r.text("dpm"); level != "" && level != "off" {
		config.DpmConfigInfo.Enabled = types.NewBool(true)
		config.DpmConfigInfo.DefaultDpmBehavior = dpmBehavior(level)
	}
	if vsan := r.flag("vsan"); vsan != nil {
		config.VsanConfigInfo = &types.VsanClusterConfigInfo{Enabled: vsan}
	}
	policy, err := admissionPolicy(r)
	if err != nil {
		return nil, err
	}
	config.DasConfig = types.ClusterDasConfigInfo{
		Enabled:                 types.NewBool(r.yes("ha")),
		AdmissionControlEnabled: types.NewBool(policy != nil),
		AdmissionControlPolicy:  policy,
		VmMonitoring:            "vmMonitoringDisabled",
		HostMonitoring:          "enabled",
	}
	return config, nil
}

func drsBehavior(level string) types.DrsBehavior {
	switch level {
	case "manual":
		return types.DrsBehaviorManual
	case "partial":
		return types.DrsBehaviorPartiallyAutomated
	case "unstated": // on, and nothing said of how far
		return ""
	}
	return types.DrsBehaviorFullyAutomated
}

// dpmBehavior: DPM has no partial automation.
func dpmBehavior(level string) types.DpmBehavior {
	if level == "full" {
		return types.DpmBehaviorAutomated
	}
	return types.DpmBehaviorManual
}

// admissionPolicy is nil where admission control is off.
func admissionPolicy(r row) (types.BaseClusterDasAdmissionControlPolicy, error) {
	failures := int32(r.number("ha_failures"))
	switch policy := r.text("ha_policy"); policy {
	case "", "off":
		return nil, nil
	case "slots":
		return &types.ClusterFailoverLevelAdmissionControlPolicy{FailoverLevel: failures}, nil
	case "percent":
		return &types.ClusterFailoverResourcesAdmissionControlPolicy{
			CpuFailoverResourcesPercent:    int32(r.number("ha_reserve_cpu_pct")),
			MemoryFailoverResourcesPercent: int32(r.number("ha_reserve_memory_pct")),
			FailoverLevel:                  failures,
			AutoComputePercentages:         types.NewBool(failures > 0),
		}, nil
	case "hosts":
		return &types.ClusterFailoverHostAdmissionControlPolicy{
			FailoverHosts: references("HostSystem", r.list("ha_failover_hosts")),
			FailoverLevel: failures,
		}, nil
	default:
		return nil, fmt.Errorf("ha_policy: %q: off, percent, slots or hosts expected", policy)
	}
}

func references(kind string, ids []string) []types.ManagedObjectReference {
	var refs []types.ManagedObjectReference
	for _, id := range ids {
		refs = append(refs, reference(kind, id))
	}
	return refs
}

// addRule adds a rule to its cluster, with the groups that it needs.
func (inv *inventory) addRule(r row) error {
	c := inv.srv.clusters[r.text("cluster_id")]
	if c == nil || c.config == nil {
		return fmt.Errorf("cluster_id: %q: a cluster expected", r.text("cluster_id"))
	}
	info := types.ClusterRuleInfo{
		Key:          int32(len(c.config.Rule) + 1),
		Name:         r.text("name"),
		Enabled:      types.NewBool(r.yes("enabled")),
		Mandatory:    types.NewBool(r.yes("mandatory")),
		UserCreated:  types.NewBool(true),
		InCompliance: types.NewBool(true),
		Status:       types.ManagedEntityStatusGreen,
		RuleUuid:     r.text("id"),
	}
	// A rule's key is unique within its cluster only: an id may be CLUSTER:KEY.
	if key, err := strconv.ParseInt(strings.TrimPrefix(r.text("id"), c.id+":"), 10, 32); err == nil {
		info.Key = int32(key)
		info.RuleUuid = fmt.Sprintf("52000000-0000-0000-0000-%012d", key)
	}
	vms := references("VirtualMachine", r.list("vm_ids"))
	switch kind := r.text("type"); kind {
	case "vm_affinity":
		c.config.Rule = append(c.config.Rule, &types.ClusterAffinityRuleSpec{ClusterRuleInfo: info, Vm: vms})
	case "vm_anti_affinity":
		c.config.Rule = append(c.config.Rule, &types.ClusterAntiAffinityRuleSpec{ClusterRuleInfo: info, Vm: vms})
	case "vm_host_affinity", "vm_host_anti_affinity":
		vmGroup := info.Name + " VMs " + r.text("id")
		hostGroup := info.Name + " hosts " + r.text("id")
		c.config.Group = append(c.config.Group,
			&types.ClusterVmGroup{ClusterGroupInfo: types.ClusterGroupInfo{Name: vmGroup}, Vm: vms},
			&types.ClusterHostGroup{
				ClusterGroupInfo: types.ClusterGroupInfo{Name: hostGroup},
				Host:             references("HostSystem", r.list("host_ids")),
			})
		rule := &types.ClusterVmHostRuleInfo{ClusterRuleInfo: info, VmGroupName: vmGroup}
		if kind == "vm_host_affinity" {
			rule.AffineHostGroupName = hostGroup
		} else {
			rule.AntiAffineHostGroupName = hostGroup
		}
		c.config.Rule = append(c.config.Rule, rule)
	default:
		return fmt.Errorf("type: %q: a type of rule expected", kind)
	}
	return nil
}
