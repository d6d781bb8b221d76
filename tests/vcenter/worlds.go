// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// worlds serves one world after another on the same addresses, each the
// snapshot's inventory as it was: for tests of many runs, which need not start
// a server for each. What was ordered, counted and logged, and all sessions,
// end with a world.
type worlds struct {
	snapshot *snapshot
	settings settings
	idle     time.Duration
	api      *listener

	mu            sync.RWMutex
	now           *server
	front, orders http.Handler
}

func (w *worlds) begin() error {
	srv, err := newServer(w.snapshot, w.settings)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now != nil { // what is late of a task that was must not be taken for one that is
		w.now.tasks.mu.Lock()
		srv.tasks.counter = w.now.tasks.counter
		w.now.tasks.mu.Unlock()
	}
	w.now, w.front = srv, newFront(srv, w.idle)
	mux := http.NewServeMux()
	mux.Handle("/", newControlHandler(srv, w.api))
	mux.HandleFunc("/world", srv.serveWorld)
	mux.HandleFunc("/restore", w.restore)
	w.orders = mux
	return nil
}

func (w *worlds) present() *server {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.now
}

func (w *worlds) control() *control { return w.present().control }

func (w *worlds) serveAPI(out http.ResponseWriter, r *http.Request) {
	w.mu.RLock()
	front := w.front
	w.mu.RUnlock()
	front.ServeHTTP(out, r)
}

func (w *worlds) serveOrders(out http.ResponseWriter, r *http.Request) {
	w.mu.RLock()
	orders := w.orders
	w.mu.RUnlock()
	orders.ServeHTTP(out, r)
}

// restore begins a new world once nothing is under way in the old one; its
// tasks take the time that they took, or that is given (task_time=40ms).
func (w *worlds) restore(out http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(out, "POST expected", http.StatusMethodNotAllowed)
		return
	}
	err := w.setTaskTime(r.URL.Query())
	if err == nil {
		err = w.present().rest()
	}
	if err == nil {
		err = w.begin()
	}
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(out).Encode(nil)
}

func (w *worlds) setTaskTime(q url.Values) (err error) {
	if q.Get("task_time") != "" {
		w.settings.tasks.duration, err = time.ParseDuration(q.Get("task_time"))
	}
	return err
}

// How long a world may take to come to rest.
const restTime = 30 * time.Second

// rest waits until no task runs, nor a call that would start one.
func (srv *server) rest() error {
	for late := time.Now().Add(restTime); srv.control.changing() > 0 || srv.tasks.underWay() > 0; {
		if time.Now().After(late) {
			return fmt.Errorf("tasks are still under way after %s", restTime)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// A world as tests compare it: what plans change, and how often a task took
// effect on each object.
type shownWorld struct {
	VMs     map[string]shownVM `json:"vms"`
	Hosts   map[string]bool    `json:"hosts_in_maintenance"`
	Effects map[string]int     `json:"effects"` // by "object method"
}

type shownVM struct {
	Host   string `json:"host"`
	Power  string `json:"power"`
	Memory int32  `json:"memory_mib"`
	VCPUs  int32  `json:"vcpus"`
}

// serveWorld shows the world at rest, or as it is (at=once).
func (srv *server) serveWorld(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("at") != "once" {
		if err := srv.rest(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	shown := shownWorld{
		VMs: make(map[string]shownVM), Hosts: make(map[string]bool), Effects: srv.tasks.countEffects(),
	}
	srv.world.Lock()
	defer srv.world.Unlock()
	for id, vm := range srv.vms {
		one := shownVM{Power: string(vm.Runtime.PowerState)}
		if vm.Runtime.Host != nil {
			one.Host = vm.Runtime.Host.Value
		}
		if vm.Config != nil {
			one.Memory, one.VCPUs = vm.Config.Hardware.MemoryMB, vm.Config.Hardware.NumCPU
		}
		shown.VMs[id] = one
	}
	for id, h := range srv.hosts {
		shown.Hosts[id] = h.Runtime.InMaintenanceMode
	}
	_ = json.NewEncoder(w).Encode(shown)
}
