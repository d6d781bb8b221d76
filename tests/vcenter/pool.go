// SPDX-License-Identifier: MIT

package main

import (
	"fmt"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type resourcePool struct {
	mo.ResourcePool
	unlocked
	cluster *cluster
}

// sortedPools puts parents before their children.
func sortedPools(rows []row) []row {
	byID := make(map[string]row, len(rows))
	for _, r := range rows {
		byID[r.text("id")] = r
	}
	placed := make(map[string]bool, len(rows))
	sorted := make([]row, 0, len(rows))
	var place func(r row)
	place = func(r row) {
		if placed[r.text("id")] {
			return
		}
		placed[r.text("id")] = true
		if parent, ok := byID[r.text("parent_id")]; ok {
			place(parent)
		}
		sorted = append(sorted, r)
	}
	for _, r := range rows {
		place(r)
	}
	return sorted
}

// What shares of the level normal are for a pool.
const normalPoolCPUShares, normalPoolMemoryShares = 4000, 163840

func (inv *inventory) addPool(r row) error {
	c := inv.srv.clusters[r.text("cluster_id")]
	if c == nil {
		return fmt.Errorf("cluster_id: %q: a cluster expected", r.text("cluster_id"))
	}
	config := types.ResourceConfigSpec{
		CpuAllocation:    allocation(r, "cpu", "mhz", normalPoolCPUShares),
		MemoryAllocation: allocation(r, "memory", "mib", normalPoolMemoryShares),
	}
	parent := inv.srv.pools[r.text("parent_id")]
	if parent == nil && c.compute.ResourcePool != nil {
		return fmt.Errorf("parent_id: %q: a pool expected, as the cluster has its root already", r.text("parent_id"))
	}
	p := inv.putPool(c, parent, r.text("id"), r.text("name"), config)
	p.Runtime.Cpu = usage(r, "cpu", "mhz", 1)
	p.Runtime.Memory = usage(r, "memory", "mib", 1<<20)
	return nil
}

// usage tells what is reserved, in MHz or bytes: scale is that of the column's unit.
func usage(r row, what, unit string, scale int64) types.ResourcePoolResourceUsage {
	used, left := what+"_reservation_used_"+unit, what+"_unreserved_"+unit
	u := types.ResourcePoolResourceUsage{ReservationUsed: notKnown, UnreservedForVm: notKnown}
	if r.known(used) {
		u.ReservationUsed = r.number(used) * scale
	}
	if r.known(left) {
		u.UnreservedForVm = r.number(left) * scale
	}
	return u
}

// rootPool is the cluster's; one is made where the tables name none.
func (inv *inventory) rootPool(c *cluster) *resourcePool {
	if c.compute.ResourcePool == nil {
		none := types.ResourceAllocationInfo{Reservation: types.NewInt64(0), Limit: types.NewInt64(-1)}
		inv.putPool(c, nil, inv.newID("resgroup"), "Resources",
			types.ResourceConfigSpec{CpuAllocation: none, MemoryAllocation: none})
	}
	return inv.srv.pools[c.compute.ResourcePool.Value]
}

func (inv *inventory) putPool(c *cluster, parent *resourcePool, id, name string, config types.ResourceConfigSpec) *resourcePool {
	p := &resourcePool{cluster: c}
	p.Self = reference("ResourcePool", id)
	p.Name = encodeName(name)
	p.Owner = c.compute.Self
	p.Config = config
	p.Config.Entity = &p.Self
	p.Runtime.OverallStatus = types.ManagedEntityStatusGreen
	p.Summary = &types.ResourcePoolSummary{Name: p.Name, Config: p.Config, Runtime: p.Runtime}
	if parent == nil {
		p.Parent = &c.compute.Self
		c.compute.ResourcePool = &p.Self
	} else {
		p.Parent = &parent.Self
		parent.ResourcePool.ResourcePool = append(parent.ResourcePool.ResourcePool, p.Self)
	}
	inv.srv.pools[id] = p
	simulator.Map.Put(p)
	return p
}
