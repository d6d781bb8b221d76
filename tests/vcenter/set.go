// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// orderSet changes a host, a VM or a cluster as an administrator would behind
// the client's back: each key of the query but id is one change.
func (srv *server) orderSet(q url.Values) (interface{}, error) {
	srv.world.Lock()
	defer srv.world.Unlock()
	id := q.Get("id")
	for key := range q {
		if key == "id" {
			continue
		}
		var err error
		switch {
		case srv.vms[id] != nil:
			err = srv.setVM(srv.vms[id], key, q.Get(key))
		case srv.hosts[id] != nil:
			err = srv.setHost(srv.hosts[id], key, q.Get(key))
		case id != "" && srv.datastore(id) != nil:
			err = srv.setDatastore(srv.datastore(id), key, q.Get(key))
		case srv.clusters[id] != nil && srv.clusters[id].config != nil && key == "drs":
			srv.setDRS(srv.clusters[id], q.Get(key))
		default:
			err = fmt.Errorf("%s of %q cannot be set", key, id)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// datastore is nil for what is none.
func (srv *server) datastore(id string) *datastore {
	ds, _ := simulator.Map.Get(reference("Datastore", id)).(*datastore)
	return ds
}

// setDatastore takes a datastore away from everywhere, or from one host.
func (srv *server) setDatastore(ds *datastore, key, value string) error {
	srv.update(func() {
		switch key {
		case "accessible":
			ds.Summary.Accessible = value == "yes"
		case "maintenance":
			ds.Summary.MaintenanceMode = value
		case "lost_by":
			mounts := append([]types.DatastoreHostMount(nil), ds.Host...)
			for i := range mounts {
				mounts[i].MountInfo.Accessible = types.NewBool(mounts[i].Key.Value != value)
			}
			ds.Host = mounts
		}
	})
	if key != "accessible" && key != "maintenance" && key != "lost_by" {
		return fmt.Errorf("%s of a datastore cannot be set", key)
	}
	return nil
}

func (srv *server) setDRS(c *cluster, level string) {
	config := *c.config
	config.DrsConfig.Enabled = types.NewBool(level != "off")
	if level != "off" {
		config.DrsConfig.DefaultVmBehavior = drsBehavior(level)
	}
	srv.update(func() {
		c.config = &config
		c.compute.ConfigurationEx = &config
	})
}

func (srv *server) setHost(h *host, key, value string) error {
	runtime := h.Runtime
	switch key {
	case "connection":
		runtime.ConnectionState = types.HostSystemConnectionState(value)
	case "power":
		runtime.PowerState = types.HostSystemPowerState(value)
	case "maintenance":
		h.setMaintenance(value == "yes")
		return nil
	case "quarantine":
		runtime.InQuarantineMode = types.NewBool(value == "yes")
	case "entering":
		srv.setEntering(h, value == "yes")
	default:
		return fmt.Errorf("%s of a host cannot be set", key)
	}
	h.setRuntime(runtime)
	return nil
}

func (h *host) setMaintenance(on bool) {
	runtime := h.Runtime
	runtime.InMaintenanceMode = on
	h.setRuntime(runtime)
}

func (h *host) setRuntime(runtime types.HostRuntimeInfo) {
	h.srv.update(func() {
		h.Runtime = runtime
		h.Summary.Runtime = &runtime
	})
}

// setEntering starts or ends the task that tells a host entering maintenance.
func (srv *server) setEntering(h *host, entering bool) {
	switch {
	case entering && h.entering == nil:
		srv.tasks.pretendEnteringMaintenance(h)
	case !entering && h.entering != nil:
		t := h.entering
		srv.update(func() { t.Info.State = types.TaskInfoStateSuccess })
		h.entering = nil
	}
}

func (srv *server) setVM(vm *virtualMachine, key, value string) error {
	config := *vm.Config
	runtime := vm.Runtime
	name := vm.Name
	switch key {
	case "power":
		runtime.PowerState = types.VirtualMachinePowerState(value)
	case "connection":
		runtime.ConnectionState = types.VirtualMachineConnectionState(value)
	case "name":
		name = encodeName(value)
	case "memory_mib", "memory_hot_add_step_mib", "memory_hot_add_limit_mib", "memory_reservation_mib":
		size, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return err
		}
		setSize(&config, key, size)
	case "memory_hot_add":
		config.MemoryHotAddEnabled = types.NewBool(value == "yes")
	case "cpu_hot_add":
		config.CpuHotAddEnabled = types.NewBool(value == "yes")
	case "instance_uuid":
		config.InstanceUuid = value
	case "edited": // nothing but a new changeVersion
	default:
		return fmt.Errorf("%s of a VM cannot be set", key)
	}
	config.Name = name
	resources := *vm.ResourceConfig
	resources.MemoryAllocation = *config.MemoryAllocation
	srv.update(func() {
		vm.ResourceConfig = &resources
		vm.Name, vm.Config, vm.Runtime = name, &config, runtime
		vm.edited()
		vm.summarise()
	})
	if h := vm.host(); h != nil && !vm.on() {
		srv.loads.drop(vm.Self.Value, h.Self.Value)
		h.refreshQuickStats()
		vm.refreshQuickStats()
	}
	return nil
}

func setSize(config *types.VirtualMachineConfigInfo, key string, mib int64) {
	switch key {
	case "memory_mib":
		config.Hardware.MemoryMB = int32(mib)
	case "memory_hot_add_limit_mib":
		config.HotPlugMemoryLimit = mib
	case "memory_hot_add_step_mib":
		config.HotPlugMemoryIncrementSize = mib
	case "memory_reservation_mib":
		memory := *config.MemoryAllocation
		memory.Reservation = types.NewInt64(mib)
		config.MemoryAllocation = &memory
	}
}
