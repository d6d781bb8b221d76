// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// inventory builds the managed objects that a snapshot's tables describe.
type inventory struct {
	srv         *server
	root        types.ManagedObjectReference
	counter     int
	datacenters map[string]*datacenter
	folders     map[string]*folder
	datastores  map[string]*datastore
	networks    map[string]*mo.Network
}

type datacenter struct{ mo.Datacenter }

type folder struct {
	mo.Folder
	unlocked
}

type datastore struct{ mo.Datastore }

type network struct{ mo.Network }

type portgroup struct {
	mo.DistributedVirtualPortgroup
}

func newInventory(srv *server, root types.ManagedObjectReference) *inventory {
	return &inventory{
		srv:         srv,
		root:        root,
		datacenters: make(map[string]*datacenter),
		folders:     make(map[string]*folder),
		datastores:  make(map[string]*datastore),
		networks:    make(map[string]*mo.Network),
	}
}

func (inv *inventory) build(extra bool) error {
	s := inv.srv.snapshot
	for _, step := range []struct {
		rows []row
		add  func(row) error
	}{
		{s.clusters, inv.addCluster}, {sortedPools(s.pools), inv.addPool}, {s.hosts, inv.addHost},
		{s.vms, inv.addVM}, {s.rules, inv.addRule},
	} {
		for _, r := range step.rows {
			if err := step.add(r); err != nil {
				return fmt.Errorf("%s:%d: %w", r.table.file, r.line, err)
			}
		}
	}
	if extra {
		inv.addExtras()
	}
	inv.attachStorageAndNetworks()
	return nil
}

func reference(kind, id string) types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: kind, Value: id}
}

// newID makes an identifier for an object that no table names.
func (inv *inventory) newID(prefix string) string {
	inv.counter++
	return fmt.Sprintf("%s-%d", prefix, 900000+inv.counter)
}

// encodeName writes a name as vCenter does in the inventory.
func encodeName(name string) string {
	return strings.NewReplacer("%", "%25", "/", "%2f", `\`, "%5c").Replace(name)
}

// splitPath takes a path apart: its datacenter and the folders below it. The
// hidden folder of a datacenter ("host", "vm") is not shown to people.
func splitPath(path, hidden, defaultDatacenter string) (string, []string) {
	parts := strings.FieldsFunc(path, func(c rune) bool { return c == '/' })
	name := defaultDatacenter
	if len(parts) > 0 {
		name, parts = parts[0], parts[1:]
	}
	if len(parts) > 0 && parts[0] == hidden {
		parts = parts[1:]
	}
	return name, parts
}

const defaultDatacenter = "Datacenter"

func (inv *inventory) datacenter(name string) *datacenter {
	if dc := inv.datacenters[name]; dc != nil {
		return dc
	}
	dc := &datacenter{}
	dc.Self = reference("Datacenter", inv.newID("datacenter"))
	dc.Name = encodeName(name)
	dc.Parent = &inv.root
	top := func(prefix, name string, childType ...string) types.ManagedObjectReference {
		f := &folder{}
		f.Self = reference("Folder", inv.newID(prefix))
		f.Name = name
		f.Parent = &dc.Self
		f.ChildType = childType
		inv.folders[dc.Self.Value+"/"+name] = f
		simulator.Map.Put(f)
		return f.Self
	}
	dc.VmFolder = top("group-v", "vm", "Folder", "VirtualMachine", "VirtualApp")
	dc.HostFolder = top("group-h", "host", "Folder", "ComputeResource")
	dc.DatastoreFolder = top("group-s", "datastore", "Folder", "Datastore", "StoragePod")
	dc.NetworkFolder = top("group-n", "network", "Folder", "Network", "DistributedVirtualSwitch")
	inv.datacenters[name] = dc
	root := simulator.Map.Get(inv.root).(*simulator.Folder)
	root.ChildEntity = append(root.ChildEntity, dc.Self)
	simulator.Map.Put(dc)
	return dc
}

// folder finds or makes the folder at path below a datacenter's own.
func (inv *inventory) folder(dc *datacenter, hidden string, path []string) *folder {
	key := dc.Self.Value + "/" + hidden
	at := inv.folders[key]
	for _, name := range path {
		key += "/" + name
		next := inv.folders[key]
		if next == nil {
			next = &folder{}
			next.Self = reference("Folder", inv.newID("group"))
			next.Name = encodeName(name)
			next.Parent = &at.Self
			next.ChildType = at.ChildType
			at.ChildEntity = append(at.ChildEntity, next.Self)
			inv.folders[key] = next
			simulator.Map.Put(next)
		}
		at = next
	}
	return at
}

// attachStorageAndNetworks makes the datastores and networks that hosts and
// VMs name, each in the datacenter of the host or VM that named it first.
func (inv *inventory) attachStorageAndNetworks() {
	for _, id := range sortedIDs(inv.srv.hosts) {
		h := inv.srv.hosts[id]
		dc := inv.datacenterOf(h.cluster)
		for _, ref := range h.Datastore {
			ds := inv.datastore(dc, ref)
			ds.Host = append(ds.Host, types.DatastoreHostMount{
				Key: h.Self,
				MountInfo: types.HostMountInfo{
					Path: "/vmfs/volumes/" + ref.Value, AccessMode: "readWrite",
					Mounted: types.NewBool(true), Accessible: types.NewBool(true),
				},
			})
			ds.Summary.MultipleHostAccess = types.NewBool(len(ds.Host) > 1)
		}
		for _, ref := range h.Network {
			n := inv.network(dc, ref)
			n.Host = append(n.Host, h.Self)
		}
	}
	for _, id := range sortedIDs(inv.srv.vms) {
		vm := inv.srv.vms[id]
		dc := inv.datacenterOf(vm.cluster)
		for _, ref := range vm.Datastore {
			ds := inv.datastore(dc, ref)
			ds.Vm = append(ds.Vm, vm.Self)
		}
		for _, ref := range vm.Network {
			n := inv.network(dc, ref)
			n.Vm = append(n.Vm, vm.Self)
		}
	}
}

func (inv *inventory) datacenterOf(c *cluster) *datacenter {
	if c == nil {
		return inv.datacenter(defaultDatacenter)
	}
	return c.datacenter
}

func (inv *inventory) datastore(dc *datacenter, ref types.ManagedObjectReference) *datastore {
	if ds := inv.datastores[ref.Value]; ds != nil {
		return ds
	}
	ds := &datastore{}
	ds.Self = ref
	ds.Name = "store " + ref.Value
	url := "ds:///vmfs/volumes/" + ref.Value + "/"
	ds.Summary = types.DatastoreSummary{
		Datastore: &ds.Self, Name: ds.Name, Url: url, Capacity: 1 << 44, FreeSpace: 1 << 43,
		Accessible: true, MultipleHostAccess: types.NewBool(false), Type: "VMFS", MaintenanceMode: "normal",
	}
	ds.Info = &types.VmfsDatastoreInfo{DatastoreInfo: types.DatastoreInfo{Name: ds.Name, Url: url, FreeSpace: 1 << 43}}
	parent := inv.folder(dc, "datastore", nil)
	ds.Parent = &parent.Self
	parent.ChildEntity = append(parent.ChildEntity, ds.Self)
	dc.Datastore = append(dc.Datastore, ds.Self)
	inv.datastores[ref.Value] = ds
	simulator.Map.Put(ds)
	return ds
}

func networkReference(id string) types.ManagedObjectReference {
	if strings.HasPrefix(id, "dvportgroup-") {
		return reference("DistributedVirtualPortgroup", id)
	}
	return reference("Network", id)
}

func (inv *inventory) network(dc *datacenter, ref types.ManagedObjectReference) *mo.Network {
	if n := inv.networks[ref.Value]; n != nil {
		return n
	}
	var object mo.Reference
	var n *mo.Network
	if ref.Type == "Network" {
		plain := &network{}
		object, n = plain, &plain.Network
	} else {
		group := &portgroup{}
		group.Key = ref.Value
		group.Config.Key = ref.Value
		group.Config.Name = "network " + ref.Value
		object, n = group, &group.Network
	}
	n.Self = ref
	n.Name = "network " + ref.Value
	n.ManagedEntity.Name = n.Name
	n.Summary = &types.NetworkSummary{Network: &n.Self, Name: n.Name, Accessible: true}
	parent := inv.folder(dc, "network", nil)
	n.Parent = &parent.Self
	parent.ChildEntity = append(parent.ChildEntity, ref)
	dc.Network = append(dc.Network, ref)
	inv.networks[ref.Value] = n
	simulator.Map.Put(object)
	return n
}

func sortedIDs[V any](objects map[string]V) []string {
	ids := make([]string, 0, len(objects))
	for id := range objects {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}
