// SPDX-License-Identifier: MIT

package main

import (
	"html"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// control is what tests have ordered, and what they may ask about: rules on
// calls, sessions that expired, denied privileges and properties, the log.
type control struct {
	mu         sync.Mutex
	rules      []*rule
	sessions   map[string]sessionState
	privileges map[string]map[string]bool // by privilege: entities, "" for all
	properties []deniedProperty
	unknown    bool
	log        []request
	counts     map[string]int
	vsanModes  map[string]int           // asked for with maintenance mode
	effects    map[string]int           // of tasks: what they changed, and what was refused
	holds      map[string]time.Duration // by method: of the call that comes next
	inFlight   int
	starting   int // of those in flight, calls that would start a task
	mostFlight int
	wire       wireCounts
}

// A rule does something to chosen calls of a method.
type rule struct {
	method  string // "" for any
	on      string // the object called; "" for any
	nth     int    // from the nth call on, counted from the rule's order
	times   int    // so many calls; 0 for ever
	do      string
	seconds float64
	fault   string
	status  int
	to      string
	bytes   int
	task    string // that a fault is about; "" for none
	seen    int
}

// about is what a fault says of its object.
func (r *rule) about() string {
	if r.task == "" {
		return ""
	}
	return `<obj type="Task">` + html.EscapeString(r.task) + `</obj>`
}

type sessionState int

const (
	sessionLive    sessionState = iota
	sessionEnded                // logged out, expired or lost: NotAuthenticated
	sessionMissing              // properties are answered by 200 and everything in missingSet
)

type deniedProperty struct{ kind, path, fault, entity string }

// A request is one line of the log. Nothing secret is in it.
type request struct {
	Number      int     `json:"number"`
	Method      string  `json:"method"`
	This        string  `json:"this"`
	OperationID string  `json:"operation_id"`
	Session     int     `json:"session"`
	Status      int     `json:"status"`
	Fault       string  `json:"fault,omitempty"`
	Rule        string  `json:"rule,omitempty"`
	Bytes       int     `json:"bytes"`
	Gzip        bool    `json:"gzip"`
	Seconds     float64 `json:"seconds"`
}

// wireCounts count what reached the server below HTTP.
type wireCounts struct {
	Connections  int   `json:"connections"`
	RequestBytes int64 `json:"request_bytes"`
}

func newControl() *control {
	c := &control{}
	c.reset()
	return c
}

// reset forgets every order and the log, but no session.
func (c *control) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules, c.properties, c.unknown, c.log = nil, nil, false, nil
	c.privileges = make(map[string]map[string]bool)
	c.counts, c.vsanModes, c.effects = make(map[string]int), make(map[string]int), make(map[string]int)
	c.holds = make(map[string]time.Duration)
	c.mostFlight = c.inFlight
	c.wire = wireCounts{}
	if c.sessions == nil {
		c.sessions = make(map[string]sessionState)
	}
}

// match finds the rule that applies to a call, and counts the call.
func (c *control) match(method, on string) *rule {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[method]++
	var found *rule
	for _, r := range c.rules {
		if r.method != "" && r.method != method || r.on != "" && r.on != on {
			continue
		}
		r.seen++
		if found == nil && r.seen >= r.nth && (r.times == 0 || r.seen < r.nth+r.times) {
			found = r
		}
	}
	return found
}

func (c *control) countVsanMode(mode string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if mode != "" {
		c.vsanModes[mode]++
	}
}

// countEffect counts what a task did, or that a call was refused.
func (c *control) countEffect(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.effects[what]++
}

// orderHold has the call of the method that is performed next held first.
func (c *control) orderHold(method string, seconds float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds[method] = time.Duration(seconds * float64(time.Second))
}

// hold waits as long as was ordered, whether the client still does or not: its
// session was looked at before, and the call is carried out after all.
func (c *control) hold(method string) {
	c.mu.Lock()
	held := c.holds[method]
	delete(c.holds, method)
	c.mu.Unlock()
	time.Sleep(held)
}

func (c *control) addRule(r *rule) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules = append(c.rules, r)
}

// setSessions puts every live session into a state.
func (c *control) setSessions(state sessionState) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for key, now := range c.sessions {
		if now == sessionLive {
			c.sessions[key] = state
			n++
		}
	}
	return n
}

func (c *control) setSession(key string, state sessionState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[key] = state
}

func (c *control) session(key string) sessionState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[key]
}

func (c *control) expiredToMissing(key string) bool { return c.session(key) == sessionMissing }

func (c *control) ended(key string) bool { return c.session(key) != sessionLive }

func (c *control) openSessions() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, state := range c.sessions {
		if state == sessionLive {
			n++
		}
	}
	return n
}

// sessionNumber tells sessions apart in the log without naming their keys.
func sessionNumber(keys map[string]int, key string) int {
	if key == "" {
		return 0
	}
	if keys[key] == 0 {
		keys[key] = len(keys) + 1
	}
	return keys[key]
}

func (c *control) denyPrivilege(privilege, entity string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.privileges[privilege] == nil {
		c.privileges[privilege] = make(map[string]bool)
	}
	c.privileges[privilege][entity] = true
}

func (c *control) denied(privilege, entity string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.privileges[privilege][""] || c.privileges[privilege][entity]
}

func (c *control) denyProperty(d deniedProperty) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.properties = append(c.properties, d)
}

// denyProperties moves what is denied from an answer to its missingSet.
func (c *control) denyProperties(object *types.ObjectContent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.properties) == 0 {
		return
	}
	kept := object.PropSet[:0:0]
	for _, p := range object.PropSet {
		fault := c.denial(object.Obj, p.Name)
		if fault == nil {
			kept = append(kept, p)
			continue
		}
		object.MissingSet = append(object.MissingSet, types.MissingProperty{
			Path: p.Name, Fault: *localized(fault, describe(fault)),
		})
	}
	object.PropSet = kept
}

func (c *control) denial(of types.ManagedObjectReference, path string) types.BaseMethodFault {
	for _, d := range c.properties {
		below := path == d.path || strings.HasPrefix(path, d.path+".")
		if (d.kind != "" && d.kind != of.Type) || (d.entity != "" && d.entity != of.Value) || !below {
			continue
		}
		switch d.fault {
		case "", "NoPermission":
			return &types.NoPermission{Object: of, PrivilegeId: "System.Read"}
		case "ManagedObjectNotFound":
			return &types.ManagedObjectNotFound{Obj: of}
		}
		if fault, err := namedFault(d.fault); err == nil {
			return fault
		}
	}
	return nil
}

func (c *control) begin() (started time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight++
	if c.inFlight > c.mostFlight {
		c.mostFlight = c.inFlight
	}
	return time.Now()
}

// start counts the calls that would start a task, at their begin and end.
func (c *control) start(method string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.HasSuffix(method, "_Task") {
		c.starting += n
	}
}

func (c *control) changing() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.starting
}

func (c *control) end(r request, started time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
	r.Number = len(c.log) + 1
	r.Seconds = time.Since(started).Seconds()
	c.log = append(c.log, r)
}

func (c *control) addUnknown() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unknown
}

func (c *control) received(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wire.RequestBytes += int64(n)
}

func (c *control) connected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wire.Connections++
}
