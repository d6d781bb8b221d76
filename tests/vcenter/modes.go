// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// evcModes are the rows of evc_modes.csv, each with features that nobody needs.
func evcModes(rows []row) []types.EVCMode {
	var modes []types.EVCMode
	for _, r := range rows {
		mode := types.EVCMode{
			ElementDescription: types.ElementDescription{
				Description: types.Description{Label: r.text("name"), Summary: r.text("name")}, Key: r.text("id"),
			},
			Vendor: r.text("vendor"), Track: r.list("tracks"), VendorTier: int32(r.number("tier")),
		}
		for i := int64(0); i < 8*r.number("tier"); i++ {
			name := fmt.Sprintf("cpuid.feature%d", i)
			mode.FeatureCapability = append(mode.FeatureCapability,
				types.HostFeatureCapability{Key: name, FeatureName: name, Value: "1"})
		}
		modes = append(modes, mode)
	}
	return modes
}

// environmentBrowser tells which virtual hardware the hosts of a cluster run.
type environmentBrowser struct {
	mo.EnvironmentBrowser
	cluster *cluster
}

func newEnvironmentBrowser(inv *inventory, c *cluster) *types.ManagedObjectReference {
	b := &environmentBrowser{cluster: c}
	b.Self = reference("EnvironmentBrowser", inv.newID("envbrowser"))
	simulator.Map.Put(b)
	return &b.Self
}

// The oldest virtual hardware that ESXi still runs.
const oldestHardware = 4

// QueryConfigOptionDescriptor lists all versions, each with the hosts that run it.
func (b *environmentBrowser) QueryConfigOptionDescriptor(*types.QueryConfigOptionDescriptor) soap.HasFault {
	hosts := make(map[int][]types.ManagedObjectReference)
	for _, h := range b.cluster.hosts {
		newest, err := strconv.Atoi(strings.TrimPrefix(h.maxHardware, "vmx-"))
		for version := oldestHardware; err == nil && version <= newest; version++ {
			hosts[version] = append(hosts[version], h.Self)
		}
	}
	body := &methods.QueryConfigOptionDescriptorBody{Res: &types.QueryConfigOptionDescriptorResponse{}}
	for version, able := range hosts {
		key := fmt.Sprintf("vmx-%02d", version)
		body.Res.Returnval = append(body.Res.Returnval, types.VirtualMachineConfigOptionDescriptor{
			Key: key, Description: key, Host: able, CreateSupported: types.NewBool(version > 6), RunSupported: types.NewBool(true),
			DefaultConfigOption: types.NewBool(false), UpgradeSupported: types.NewBool(version > 6),
		})
	}
	sort.Slice(body.Res.Returnval, func(i, j int) bool { return body.Res.Returnval[i].Key < body.Res.Returnval[j].Key })
	return body
}
