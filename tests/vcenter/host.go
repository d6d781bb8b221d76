// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type host struct {
	mo.HostSystem
	unlocked
	srv      *server
	cluster  *cluster
	entering *task // into maintenance mode
	// maxHardware is the newest virtual hardware that it runs, as "vmx-21".
	maxHardware string
}

func (inv *inventory) addHost(r row) error {
	c := inv.srv.clusters[r.text("cluster_id")]
	if c == nil {
		return fmt.Errorf("cluster_id: %q: a cluster expected", r.text("cluster_id"))
	}
	h := &host{srv: inv.srv, cluster: c, maxHardware: r.text("max_hardware_version")}
	c.hosts = append(c.hosts, h)
	h.Self = reference("HostSystem", r.text("id"))
	h.Name = encodeName(r.text("name"))
	h.Parent = &c.compute.Self
	h.Datastore = references("Datastore", r.list("datastores"))
	for _, id := range r.list("networks") {
		h.Network = append(h.Network, networkReference(id))
	}
	h.Runtime = hostRuntime(r)
	h.Hardware = hostHardware(r)
	h.Capability = &types.HostCapability{
		VmotionSupported: true, StandbySupported: r.yes("standby_supported"), MaintenanceModeSupported: true,
	}
	h.Config = hostConfig(h.Self, r)
	h.Summary = types.HostListSummary{
		Host:    &h.Self,
		Runtime: &h.Runtime,
		Config: types.HostConfigSummary{
			Name: h.Name, Port: 443, VmotionEnabled: r.yes("vmotion"), Product: &h.Config.Product,
		},
		OverallStatus:     types.ManagedEntityStatusGreen,
		CurrentEVCModeKey: r.text("evc_mode"),
		MaxEVCModeKey:     r.text("max_evc_mode"),
	}
	if hw := h.Hardware; hw != nil {
		h.Summary.Hardware = &types.HostHardwareSummary{
			Vendor: "Simulated", Model: "Host", Uuid: hw.SystemInfo.Uuid, MemorySize: hw.MemorySize,
			CpuModel: r.text("cpu_model"), CpuMhz: int32(r.number("core_mhz")), NumCpuPkgs: hw.CpuInfo.NumCpuPackages,
			NumCpuCores: hw.CpuInfo.NumCpuCores, NumCpuThreads: hw.CpuInfo.NumCpuThreads,
			NumNics: int32(len(h.Config.Network.Pnic)),
		}
	}
	c.compute.Host = append(c.compute.Host, h.Self)
	inv.srv.hosts[h.Self.Value] = h
	simulator.Map.Put(h)
	h.refreshQuickStats()
	if r.text("mode") == "entering" {
		inv.srv.tasks.pretendEnteringMaintenance(h)
	}
	return nil
}

func hostRuntime(r row) types.HostRuntimeInfo {
	info := types.HostRuntimeInfo{
		ConnectionState:   types.HostSystemConnectionStateConnected,
		PowerState:        types.HostSystemPowerStatePoweredOn,
		StandbyMode:       "none",
		InMaintenanceMode: r.text("mode") == "maintenance",
		InQuarantineMode:  types.NewBool(r.text("mode") == "quarantine"),
	}
	switch r.text("connection") {
	case "not_responding":
		info.ConnectionState = types.HostSystemConnectionStateNotResponding
	case "disconnected":
		info.ConnectionState = types.HostSystemConnectionStateDisconnected
	}
	switch r.text("power") {
	case "standby":
		info.PowerState = types.HostSystemPowerStateStandBy
		info.StandbyMode = "in"
	case "off":
		info.PowerState = types.HostSystemPowerStatePoweredOff
	case "unknown":
		info.PowerState = types.HostSystemPowerStateUnknown
	}
	return info
}

// hostHardware is nil for a host whose hardware is not known.
func hostHardware(r row) *types.HostHardwareInfo {
	if !r.known("memory_kib") {
		return nil
	}
	packages := r.number("numa_nodes")
	if packages == 0 {
		packages = 1
	}
	return &types.HostHardwareInfo{
		SystemInfo: types.HostSystemInfo{Vendor: "Simulated", Model: "Host", Uuid: r.text("uuid")},
		CpuInfo: types.HostCpuInfo{
			NumCpuPackages: int16(packages),
			NumCpuCores:    int16(r.number("cpu_cores")),
			NumCpuThreads:  int16(r.number("cpu_threads")),
			Hz:             r.number("core_mhz") * 1000 * 1000,
		},
		MemorySize: r.number("memory_kib") * 1024,
		NumaInfo:   &types.HostNumaInfo{Type: "NUMA", NumNodes: int32(r.number("numa_nodes"))},
	}
}

// hostProduct takes the release, the last word, from the product's name.
func hostProduct(product string) types.AboutInfo {
	about := types.AboutInfo{Name: product, FullName: product + " (simulated)", ApiType: "HostAgent"}
	if i := strings.LastIndexByte(product, ' '); i > 0 {
		about.Name, about.Version = product[:i], product[i+1:]
	}
	return about
}

func hostConfig(self types.ManagedObjectReference, r row) *types.HostConfigInfo {
	management := types.HostVirtualNic{
		Device: "vmk0", Key: "key-vim.host.VirtualNic-vmk0", Portgroup: "Management Network",
		Spec: types.HostVirtualNicSpec{Ip: &types.HostIpConfig{IpAddress: r.text("address"), SubnetMask: "255.255.255.0"}},
	}
	vmotion := types.HostVirtualNic{
		Device: "vmk1", Key: "key-vim.host.VirtualNic-vmk1", Portgroup: "vMotion",
		Spec: types.HostVirtualNicSpec{Ip: &types.HostIpConfig{IpAddress: "198.51.100.1", SubnetMask: "255.255.255.0"}},
	}
	config := &types.HostConfigInfo{
		Host:    self,
		Product: hostProduct(r.text("product")),
		Network: &types.HostNetworkInfo{
			Pnic: physicalNics(r.number("net_capacity_kibps")),
			Vnic: []types.HostVirtualNic{management, vmotion},
		},
		Vmotion:                &types.HostVMotionInfo{},
		SharedPassthruGpuTypes: r.list("vgpu_profiles"),
	}
	if name := r.text("vsan_fault_domain"); name != "" {
		config.VsanHostConfig = &types.VsanHostConfigInfo{FaultDomainInfo: &types.VsanHostFaultDomainInfo{Name: name}}
	}
	vmotionNet := types.VirtualNicManagerNetConfig{
		NicType: "vmotion", MultiSelectAllowed: true, CandidateVnic: []types.HostVirtualNic{management, vmotion},
	}
	if r.yes("vmotion") {
		vmotionNet.SelectedVnic = []string{"vmotion." + vmotion.Key}
		config.Vmotion.IpConfig = vmotion.Spec.Ip
	}
	config.VirtualNicManagerInfo = &types.HostVirtualNicManagerInfo{
		NetConfig: []types.VirtualNicManagerNetConfig{
			{
				NicType: "management", MultiSelectAllowed: true,
				CandidateVnic: []types.HostVirtualNic{management, vmotion},
				SelectedVnic:  []string{"management." + management.Key},
			},
			vmotionNet,
		},
	}
	return config
}

// linkSpeeds are those of real cards, in Mbit/s.
var linkSpeeds = []int32{1000, 10000, 25000, 40000, 50000, 100000}

// kibps is a link's speed in whole KiB/s.
func kibps(megabits int32) int64 { return int64(megabits) * 1000 * 1000 / 8 / 1024 }

// physicalNics gives equal cards of a real speed whose capacities sum to the
// host's, else one that comes nearest, and one more that has no link.
func physicalNics(capacityKiBps int64) []types.PhysicalNic {
	var nics []types.PhysicalNic
	add := func(link *types.PhysicalNicLinkInfo) {
		n := len(nics)
		nics = append(nics, types.PhysicalNic{
			Key: fmt.Sprintf("key-vim.host.PhysicalNic-vmnic%d", n), Device: fmt.Sprintf("vmnic%d", n),
			Pci: fmt.Sprintf("0000:%02x:00.0", n), Mac: fmt.Sprintf("02:00:00:00:00:%02x", n), LinkSpeed: link,
		})
	}
	number, speed := 1, int32((capacityKiBps*8*1024+999999)/1000/1000)
	for _, real := range linkSpeeds {
		if n := capacityKiBps / kibps(real); n >= 1 && n <= 8 && n*kibps(real) == capacityKiBps {
			number, speed = int(n), real
		}
	}
	for i := 0; i < number && capacityKiBps > 0; i++ {
		add(&types.PhysicalNicLinkInfo{SpeedMb: speed, Duplex: true})
	}
	add(nil)
	return nics
}

// refreshQuickStats makes quickStats follow the measured load.
func (h *host) refreshQuickStats() {
	id := h.Self.Value
	cpu := h.srv.loads.quick(id, "cpu_usage_mhz", 1)
	memory := h.srv.loads.quick(id, "memory_consumed_kib", 1024)
	h.srv.update(func() {
		h.Summary.QuickStats.OverallCpuUsage = cpu
		h.Summary.QuickStats.OverallMemoryUsage = memory
	})
}
