// SPDX-License-Identifier: MIT

package main

import (
	"strings"

	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/types"
)

// A tie is a device that keeps a running VM on its host, found by words of the
// cell "pinned"; the first that fits counts.
type tie struct {
	words  string
	device func(types.VirtualDevice) types.BaseVirtualDevice
}

var ties = []tie{
	{"USB", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualUSBUSBBackingInfo{}
		return &types.VirtualUSB{VirtualDevice: d, Connected: true}
	}},
	{"SR-IOV", func(d types.VirtualDevice) types.BaseVirtualDevice {
		return &types.VirtualSriovEthernetCard{VirtualEthernetCard: types.VirtualEthernetCard{VirtualDevice: d}}
	}},
	{"persistent memory", func(d types.VirtualDevice) types.BaseVirtualDevice {
		return &types.VirtualNVDIMM{VirtualDevice: d, CapacityInMB: 1024}
	}},
	{"CD-ROM drive of a client", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualCdromRemotePassthroughBackingInfo{}
		return &types.VirtualCdrom{VirtualDevice: d}
	}},
	{"CD-ROM", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualCdromAtapiBackingInfo{}
		return &types.VirtualCdrom{VirtualDevice: d}
	}},
	{"floppy drive of a client", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualFloppyRemoteDeviceBackingInfo{}
		return &types.VirtualFloppy{VirtualDevice: d}
	}},
	{"floppy", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualFloppyDeviceBackingInfo{}
		return &types.VirtualFloppy{VirtualDevice: d}
	}},
	{"serial port on a pipe", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualSerialPortPipeBackingInfo{}
		return &types.VirtualSerialPort{VirtualDevice: d}
	}},
	{"serial port", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualSerialPortDeviceBackingInfo{}
		return &types.VirtualSerialPort{VirtualDevice: d}
	}},
	{"parallel port", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualParallelPortDeviceBackingInfo{}
		return &types.VirtualParallelPort{VirtualDevice: d}
	}},
	{"SCSI device", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualSCSIPassthroughDeviceBackingInfo{}
		return &types.VirtualSCSIPassthrough{VirtualDevice: d}
	}},
	{"", func(d types.VirtualDevice) types.BaseVirtualDevice {
		d.Backing = &types.VirtualPCIPassthroughDeviceBackingInfo{}
		return &types.VirtualPCIPassthrough{VirtualDevice: d}
	}},
}

// The key of the first device that is not among those of every VM.
const firstTie = 13000

// equip gives a VM the devices that every VM has, and those of its columns.
func equip(config *types.VirtualMachineConfigInfo, r row) {
	connected := &types.VirtualDeviceConnectInfo{StartConnected: true, Connected: true}
	image := types.VirtualDevice{Key: 3000, ControllerKey: 200, Connectable: &types.VirtualDeviceConnectInfo{}}
	image.Backing = &types.VirtualCdromRemotePassthroughBackingInfo{} // of a client that is not there
	image.DeviceInfo = &types.Description{Label: "CD/DVD drive 1", Summary: "Remote device"}
	config.Hardware.Device = append(append(config.Hardware.Device, esx.VirtualDevice...),
		scsiController(r.text("scsi_bus_sharing")), disk(r), networkCard(connected), &types.VirtualCdrom{VirtualDevice: image})
	for i, profile := range r.list("vgpu_profiles") {
		device := types.VirtualDevice{Key: firstTie + 100 + int32(i), Backing: &types.VirtualPCIPassthroughVmiopBackingInfo{Vgpu: profile}}
		device.DeviceInfo = &types.Description{Label: "PCI device " + profile, Summary: "NVIDIA GRID vGPU " + profile}
		config.Hardware.Device = append(config.Hardware.Device, &types.VirtualPCIPassthrough{VirtualDevice: device})
	}
	for i, reason := range reasons(r) {
		device := types.VirtualDevice{
			Key: firstTie + int32(i), DeviceInfo: &types.Description{Label: reason, Summary: reason}, Connectable: connected,
		}
		pin(config, reason, device)
	}
}

func reasons(r row) []string {
	var all []string
	for _, reason := range strings.Split(r.text("pinned"), ";") {
		if reason = strings.TrimSpace(reason); reason != "" {
			all = append(all, reason)
		}
	}
	return all
}

// pin gives the configuration one thing that keeps a running VM on its host.
func pin(config *types.VirtualMachineConfigInfo, reason string, device types.VirtualDevice) {
	switch {
	case strings.Contains(reason, "latency"):
		config.LatencySensitivity = &types.LatencySensitivity{Level: types.LatencySensitivitySensitivityLevelHigh}
	case strings.Contains(reason, "affinity"):
		config.CpuAffinity = &types.VirtualMachineAffinityInfo{AffinitySet: []int32{0}}
	case strings.Contains(reason, "SGX"):
		config.SgxInfo = &types.VirtualMachineSgxInfo{EpcSize: 64}
	case strings.Contains(reason, "SEV"), strings.Contains(reason, "SCSI bus"): // by a property; by a column of its own
	default:
		for _, t := range ties {
			if strings.Contains(reason, t.words) {
				config.Hardware.Device = append(config.Hardware.Device, t.device(device))
				return
			}
		}
	}
}

func scsiController(sharing string) types.BaseVirtualDevice {
	c := &types.ParaVirtualSCSIController{}
	c.Key, c.BusNumber, c.ScsiCtlrUnitNumber = 1000, 0, 7
	c.DeviceInfo = &types.Description{Label: "SCSI controller 0", Summary: "VMware paravirtual SCSI"}
	c.SharedBus = types.VirtualSCSISharingNoSharing
	switch sharing {
	case "virtual":
		c.SharedBus = types.VirtualSCSISharingVirtualSharing
	case "physical":
		c.SharedBus = types.VirtualSCSISharingPhysicalSharing
	}
	return c
}

func disk(r row) types.BaseVirtualDevice {
	d := &types.VirtualDisk{CapacityInKB: 64 << 20, CapacityInBytes: 64 << 30}
	d.Key, d.ControllerKey = 2000, 1000
	d.DeviceInfo = &types.Description{Label: "Hard disk 1", Summary: "67,108,864 KB"}
	backing := &types.VirtualDiskFlatVer2BackingInfo{DiskMode: "persistent", ThinProvisioned: types.NewBool(true), Uuid: r.text("instance_uuid")}
	backing.FileName = "[store] " + r.text("id") + "/" + r.text("id") + ".vmdk"
	d.Backing = backing
	return d
}

func networkCard(connected *types.VirtualDeviceConnectInfo) types.BaseVirtualDevice {
	card := &types.VirtualVmxnet3{}
	card.Key, card.ControllerKey = 4000, 100
	card.DeviceInfo = &types.Description{Label: "Network adapter 1", Summary: "VM Network"}
	card.Backing = &types.VirtualEthernetCardNetworkBackingInfo{
		VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: "VM Network"},
	}
	card.Connectable = connected
	card.AddressType, card.MacAddress = "assigned", "00:50:56:00:00:01"
	return card
}
