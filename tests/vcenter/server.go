// SPDX-License-Identifier: MIT

package main

import (
	"net/url"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// A server is the simulated vCenter: the library's registry and dispatch, and
// our own managed objects in it.
type server struct {
	snapshot   *snapshot
	loads      *loads
	statistics *statistics // guarded by loads
	clock      *clock
	control    *control
	tasks      *taskRunner
	changes    *broadcast
	service    *simulator.Service
	version    version

	// world is held over decisions: whether a VM may move, grow or start.
	// fields guards what objects show, for the moments of reading and writing;
	// it is taken after world.
	world    sync.Mutex
	fields   sync.RWMutex
	clusters map[string]*cluster
	pools    map[string]*resourcePool
	hosts    map[string]*host
	vms      map[string]*virtualMachine
}

// settings are the command line's.
type settings struct {
	username, password string
	version            version
	running            bool
	extra              bool
	maxPage            int
	tasks              taskSettings
}

func newServer(s *snapshot, set settings) (*server, error) {
	loads, err := newLoads(s)
	if err != nil {
		return nil, err
	}
	srv := &server{
		snapshot:   s,
		loads:      loads,
		statistics: newStatistics(),
		clock:      newClock(s.taken, set.running),
		control:    newControl(),
		changes:    newBroadcast(),
		version:    set.version,
		clusters:   make(map[string]*cluster),
		pools:      make(map[string]*resourcePool),
		hosts:      make(map[string]*host),
		vms:        make(map[string]*virtualMachine),
	}
	srv.tasks = newTaskRunner(srv, set.tasks)

	content := vpx.ServiceContent
	instance := simulator.NewServiceInstance(content, vpx.RootFolder)
	instance.Content.About = set.version.about(s)
	instance.Capability.SupportedEVCMode = evcModes(s.evcModes)
	srv.addManagers(content, set.maxPage)
	if set.version.esxi {
		instance.Content.CustomFieldsManager, instance.Content.VmProvisioningChecker = nil, nil
	}
	srv.service = simulator.New(instance)
	srv.service.Listen = &url.URL{User: url.UserPassword(set.username, set.password)}
	srv.service.RegisterSDK(simulator.Map)
	return srv, newInventory(srv, content.RootFolder).build(set.extra)
}

func (srv *server) addManagers(content types.ServiceContent, maxPage int) {
	registry := simulator.Map
	watch := &watcher{srv: srv}
	watch.Self = types.ManagedObjectReference{Type: "ListView", Value: "watcher"}
	registry.AddHandler(watch)
	registry.Put(newTimeTeller(srv))
	registry.Put(newPerformanceManager(srv, *content.PerfManager))
	registry.Put(newPropertyCollector(srv, content.PropertyCollector, maxPage))
	registry.Put(newProvisioningChecker(srv, *content.VmProvisioningChecker))
	registry.Put(newAuthorizationManager(srv, *content.AuthorizationManager))
	fields := registry.CustomFieldsManager()
	fields.Field = append(fields.Field, types.CustomFieldDef{
		Key: ignoreField, Name: "vmanger", Type: "string", ManagedObjectType: "VirtualMachine",
	})
}

// update changes what objects show, and wakes who waits for updates.
func (srv *server) update(change func()) {
	srv.fields.Lock()
	change()
	srv.fields.Unlock()
	srv.changes.wake()
}

// unlocked opts an object out of the library's lock, which is held over whole
// calls: fields and world are held instead.
type unlocked struct{}

// Lock does nothing.
func (unlocked) Lock() {}

// Unlock does nothing.
func (unlocked) Unlock() {}

// watcher wakes who waits for updates when the library changes an object.
type watcher struct {
	mo.ListView
	srv *server
}

func (w *watcher) PutObject(mo.Reference)                            { w.srv.changes.wake() }
func (w *watcher) UpdateObject(mo.Reference, []types.PropertyChange) { w.srv.changes.wake() }
func (w *watcher) RemoveObject(types.ManagedObjectReference)         { w.srv.changes.wake() }

// timeTeller answers CurrentTime with the server's clock. The library insists
// on its own ServiceInstance, so that the front sends this one call here.
type timeTeller struct {
	mo.ServiceInstance
	srv *server
}

const timeTellerID = "SimulatedClock"

func newTimeTeller(srv *server) *timeTeller {
	t := &timeTeller{srv: srv}
	t.Self = types.ManagedObjectReference{Type: "ServiceInstance", Value: timeTellerID}
	return t
}

// CurrentTime is the method of ServiceInstance.
func (t *timeTeller) CurrentTime(*types.CurrentTime) soap.HasFault {
	return &methods.CurrentTimeBody{Res: &types.CurrentTimeResponse{Returnval: t.srv.clock.now()}}
}

// broadcast wakes all that wait for a change.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

func newBroadcast() *broadcast { return &broadcast{ch: make(chan struct{})} }

func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ch
}

func (b *broadcast) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.ch)
	b.ch = make(chan struct{})
}
