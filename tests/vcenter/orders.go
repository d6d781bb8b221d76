// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/vmware/govmomi/simulator"
)

// newControlHandler is the tests' way to give orders: POST /ORDER?key=value,
// and GET /log, /stats. README.md lists them.
func newControlHandler(srv *server, api *listener) http.Handler {
	mux := http.NewServeMux()
	orders := map[string]func(url.Values) (interface{}, error){
		"rule":       srv.orderRule,
		"expire":     srv.orderExpire,
		"deny":       srv.orderDeny,
		"clock":      srv.orderClock,
		"set":        srv.orderSet,
		"remove":     srv.orderRemove,
		"statistics": srv.orderStatistics,
		"forget":     func(q url.Values) (interface{}, error) { return srv.tasks.forget(q.Get("which") == "all"), nil },
		"restart":    func(q url.Values) (interface{}, error) { return nil, srv.orderRestart(q, api) },
		"reset":      func(url.Values) (interface{}, error) { srv.control.reset(); return nil, nil },
		"unknown": func(q url.Values) (interface{}, error) {
			srv.control.mu.Lock()
			defer srv.control.mu.Unlock()
			srv.control.unknown = q.Get("on") != "no"
			return nil, nil
		},
	}
	for name, order := range orders {
		order := order
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				http.Error(w, "POST expected", http.StatusMethodNotAllowed)
				return
			}
			result, err := order(r.URL.Query())
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			_ = json.NewEncoder(w).Encode(result)
		})
	}
	mux.HandleFunc("/log", srv.serveLog)
	mux.HandleFunc("/stats", srv.serveStats)
	return mux
}

func (srv *server) serveLog(w http.ResponseWriter, _ *http.Request) {
	srv.control.mu.Lock()
	defer srv.control.mu.Unlock()
	encoder := json.NewEncoder(w)
	for _, r := range srv.control.log {
		_ = encoder.Encode(r)
	}
}

// serveStats tells counts: of calls by method, and below and above them.
func (srv *server) serveStats(w http.ResponseWriter, _ *http.Request) {
	open := srv.control.openSessions()
	srv.tasks.mu.Lock()
	most := srv.tasks.most
	srv.tasks.mu.Unlock()
	srv.control.mu.Lock()
	defer srv.control.mu.Unlock()
	_ = json.NewEncoder(w).Encode(struct {
		wireCounts
		Calls              map[string]int `json:"calls"`
		OpenSessions       int            `json:"open_sessions"`
		MostInFlight       int            `json:"most_in_flight"`
		MostMovesOnOneHost int            `json:"most_moves_on_one_host"`
		VsanModes          map[string]int `json:"vsan_modes"`
		Effects            map[string]int `json:"effects"`
	}{srv.control.wire, srv.control.counts, open, srv.control.mostFlight, most, srv.control.vsanModes,
		srv.control.effects})
}

func number(q url.Values, key string, otherwise float64) (float64, error) {
	if q.Get(key) == "" {
		return otherwise, nil
	}
	value, err := strconv.ParseFloat(q.Get(key), 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %q: a number expected", key, q.Get(key))
	}
	return value, nil
}

var ruleActions = map[string]bool{
	"delay": true, "fault": true, "status": true, "html": true, "cut": true, "half": true, "trickle": true,
	"redirect": true, "drop": true, "expire": true, "expire-missing": true, "hold": true, "late": true,
}

func (srv *server) orderRule(q url.Values) (interface{}, error) {
	r := &rule{method: q.Get("method"), on: q.Get("on"), do: q.Get("do"), fault: q.Get("fault"), to: q.Get("to"),
		task: q.Get("task")}
	if !ruleActions[r.do] {
		return nil, fmt.Errorf("do: %q is no action", r.do)
	}
	if r.do == "fault" {
		if _, err := namedFault(r.fault); err != nil {
			return nil, err
		}
	}
	for _, field := range []struct {
		key       string
		otherwise float64
		put       func(float64)
	}{
		{"nth", 1, func(v float64) { r.nth = int(v) }},
		{"times", 1, func(v float64) { r.times = int(v) }},
		{"seconds", 1, func(v float64) { r.seconds = v }},
		{"status", 503, func(v float64) { r.status = int(v) }},
		{"bytes", -1, func(v float64) { r.bytes = int(v) }},
	} {
		value, err := number(q, field.key, field.otherwise)
		if err != nil {
			return nil, err
		}
		field.put(value)
	}
	srv.control.addRule(r)
	return nil, nil
}

func (srv *server) orderExpire(q url.Values) (interface{}, error) {
	state := sessionEnded
	if q.Get("mode") == "missing" {
		state = sessionMissing
	}
	n := srv.control.setSessions(state)
	srv.changes.wake()
	return n, nil
}

func (srv *server) orderDeny(q url.Values) (interface{}, error) {
	switch {
	case q.Get("privilege") != "":
		srv.control.denyPrivilege(q.Get("privilege"), q.Get("id"))
	case q.Get("property") != "":
		if q.Get("fault") != "" {
			if _, err := namedFault(q.Get("fault")); err != nil {
				return nil, err
			}
		}
		srv.control.denyProperty(deniedProperty{
			kind: q.Get("type"), path: q.Get("property"), fault: q.Get("fault"), entity: q.Get("id"),
		})
	default:
		return nil, fmt.Errorf("a privilege or a property expected")
	}
	return nil, nil
}

func (srv *server) orderClock(q url.Values) (interface{}, error) {
	seconds, err := number(q, "advance", 0)
	srv.clock.advance(time.Duration(seconds * float64(time.Second)))
	return srv.clock.now(), err
}

// orderRestart closes the API for a while: its sessions end, its inventory
// stays, and its tasks, unless those that have ended or all are forgotten. Its
// certificate may be another one afterwards.
func (srv *server) orderRestart(q url.Values, api *listener) error {
	seconds, err := number(q, "seconds", 0)
	if err != nil {
		return err
	}
	api.close()
	if q.Get("certificate") == "new" {
		if err := api.replace(); err != nil {
			return err
		}
	}
	srv.control.setSessions(sessionEnded)
	srv.changes.wake()
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	if which := q.Get("forget"); which != "" {
		srv.tasks.forget(which == "all")
	}
	return api.open()
}

// orderRemove makes a VM vanish.
func (srv *server) orderRemove(q url.Values) (interface{}, error) {
	srv.world.Lock()
	defer srv.world.Unlock()
	vm := srv.vms[q.Get("id")]
	if vm == nil {
		return nil, fmt.Errorf("id: %q: a VM expected", q.Get("id"))
	}
	if h := vm.host(); h != nil {
		srv.update(func() { h.Vm = without(h.Vm, vm.Self) })
		srv.loads.drop(vm.Self.Value, h.Self.Value)
		h.refreshQuickStats()
	}
	if pool := srv.pools[vm.ResourcePool.Value]; pool != nil {
		srv.update(func() { pool.Vm = without(pool.Vm, vm.Self) })
	}
	if f, ok := simulator.Map.Get(*vm.Parent).(*folder); ok {
		srv.update(func() { f.ChildEntity = without(f.ChildEntity, vm.Self) })
	}
	delete(srv.vms, vm.Self.Value)
	simulator.Map.Remove(vm.Self)
	srv.changes.wake()
	return nil, nil
}
