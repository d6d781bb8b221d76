// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// taskSettings say how tasks run.
type taskSettings struct {
	duration    time.Duration // of a relocation or reconfiguration
	perHost     int           // relocations side by side on one host; others queue
	faultInCall bool          // faults of a check are thrown by the call, not by the task
}

// taskRunner runs tasks as long as the settings say, with progress.
type taskRunner struct {
	srv *server
	taskSettings

	mu         sync.Mutex
	slots      *sync.Cond
	running    map[string]int // relocations by host
	most       int            // most relocations seen side by side on one host
	counter    int
	finished   []*task
	unfinished map[string]*task // by id
	effects    map[string]int   // tasks that took effect, by "object method"
}

// task is one Task of the API.
type task struct {
	mo.Task
	unlocked
	runner *taskRunner
	cancel chan struct{}
	once   sync.Once
}

// An operation is what a task does: finish takes effect at its end, whole or
// not at all.
type operation struct {
	entity   mo.Entity
	method   string // as called
	id       string // the description's, such as VirtualMachine.relocate
	user     string
	duration time.Duration
	hosts    []*host                      // that it loads while it runs
	check    func() types.BaseMethodFault // before it runs
	ready    func() bool                  // nil, or what it waits for before its end
	timeout  time.Duration                // of that; 0: none
	finish   func() (types.AnyType, types.BaseMethodFault)
	ended    func() // always, at last
}

func newTaskRunner(srv *server, set taskSettings) *taskRunner {
	r := &taskRunner{
		srv: srv, taskSettings: set, counter: 1000,
		running: make(map[string]int), unfinished: make(map[string]*task), effects: make(map[string]int),
	}
	r.slots = sync.NewCond(&r.mu)
	return r
}

// start begins an operation.
func (r *taskRunner) start(op operation) types.ManagedObjectReference {
	t := r.newTask(op)
	r.mu.Lock()
	r.unfinished[t.Self.Value] = t
	r.mu.Unlock()
	go r.run(t, op)
	return t.Self
}

func (r *taskRunner) newTask(op operation) *task {
	r.mu.Lock()
	r.counter++
	id := fmt.Sprintf("task-%d", r.counter)
	r.mu.Unlock()
	entity := op.entity.Reference()
	t := &task{runner: r, cancel: make(chan struct{})}
	t.Self = reference("Task", id)
	t.Info = types.TaskInfo{
		Key: id, Task: t.Self, Name: op.method, DescriptionId: op.id, Entity: &entity,
		EntityName: op.entity.Entity().Name, State: types.TaskInfoStateQueued, Cancelable: true,
		Reason: &types.TaskReasonUser{UserName: op.user}, QueueTime: r.srv.clock.now(),
	}
	simulator.Map.Put(t)
	r.srv.update(func() {
		recent := op.entity.Entity()
		recent.RecentTask = append(recent.RecentTask[:len(recent.RecentTask):len(recent.RecentTask)], t.Self)
	})
	return t
}

func (r *taskRunner) run(t *task, op operation) {
	result, fault := r.perform(t, op)
	if fault == nil {
		r.mu.Lock()
		r.effects[op.entity.Reference().Value+" "+op.method]++
		r.mu.Unlock()
	}
	now := r.srv.clock.now()
	r.srv.update(func() {
		t.Info.CompleteTime = &now
		t.Info.Cancelable = false
		if fault != nil {
			t.Info.State = types.TaskInfoStateError
			t.Info.Error = localized(fault, describe(fault))
		} else {
			t.Info.State = types.TaskInfoStateSuccess
			t.Info.Progress = 0
			t.Info.Result = result
		}
	})
	op.ended()
	r.mu.Lock()
	r.finished = append(r.finished, t)
	delete(r.unfinished, t.Self.Value)
	r.mu.Unlock()
}

func (r *taskRunner) perform(t *task, op operation) (types.AnyType, types.BaseMethodFault) {
	if fault := op.check(); fault != nil {
		return nil, fault
	}
	if !r.takeSlots(t, op.hosts) {
		return nil, &types.RequestCanceled{}
	}
	defer r.freeSlots(op.hosts)
	now := r.srv.clock.now()
	r.srv.update(func() {
		t.Info.State = types.TaskInfoStateRunning
		t.Info.StartTime = &now
	})
	const steps = 10
	for i := 1; i <= steps; i++ {
		select {
		case <-t.cancel:
			return nil, &types.RequestCanceled{}
		case <-time.After(op.duration / steps):
		}
		r.srv.update(func() { t.Info.Progress = int32(i * 100 / steps) })
	}
	if fault := r.await(t, op); fault != nil {
		return nil, fault
	}
	return op.finish()
}

// await looks again at every change whether the operation is ready.
func (r *taskRunner) await(t *task, op operation) types.BaseMethodFault {
	if op.ready == nil {
		return nil
	}
	var late <-chan time.Time
	if op.timeout > 0 {
		late = time.After(op.timeout)
	}
	for {
		changed := r.srv.changes.wait()
		if op.ready() {
			return nil
		}
		select {
		case <-t.cancel:
			return &types.RequestCanceled{}
		case <-late:
			return &types.Timedout{}
		case <-changed:
		}
	}
}

// underWay is how many tasks have not ended.
func (r *taskRunner) underWay() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unfinished)
}

func (r *taskRunner) countEffects() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := make(map[string]int, len(r.effects))
	for key, n := range r.effects {
		counts[key] = n
	}
	return counts
}

// takeSlots waits until each of the hosts has room for one more relocation;
// false if the task is cancelled first.
func (r *taskRunner) takeSlots(t *task, hosts []*host) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		select {
		case <-t.cancel:
			return false
		default:
		}
		free := true
		for _, h := range hosts {
			free = free && r.running[h.Self.Value] < r.perHost
		}
		if free {
			break
		}
		r.slots.Wait()
	}
	for _, h := range hosts {
		r.running[h.Self.Value]++
		if n := r.running[h.Self.Value]; n > r.most {
			r.most = n
		}
	}
	return true
}

func (r *taskRunner) freeSlots(hosts []*host) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range hosts {
		r.running[h.Self.Value]--
	}
	r.slots.Broadcast()
}

// forget makes the finished tasks vanish, as vCenter does after a while, or
// all: what runs takes effect all the same.
func (r *taskRunner) forget(all bool) int {
	r.mu.Lock()
	gone := r.finished
	r.finished = nil
	if all {
		for _, t := range r.unfinished {
			gone = append(gone, t)
		}
	}
	r.mu.Unlock()
	for _, t := range gone {
		simulator.Map.Remove(t.Self)
	}
	r.srv.changes.wake()
	return len(gone)
}

// CancelTask ends a task that is queued or running; at its end it is too late.
func (t *task) CancelTask(*types.CancelTask) soap.HasFault {
	late := false
	t.runner.srv.update(func() {
		late = !t.Info.Cancelable
		t.Info.Cancelled = !late
	})
	if late {
		return &methods.CancelTaskBody{Fault_: simulator.Fault("", &types.InvalidState{})}
	}
	t.once.Do(func() { close(t.cancel) })
	t.runner.mu.Lock()
	defer t.runner.mu.Unlock()
	t.runner.slots.Broadcast()
	return &methods.CancelTaskBody{Res: &types.CancelTaskResponse{}}
}

// pretendEnteringMaintenance shows the task that a host entering maintenance
// mode has: that is all by which the API tells such a host.
func (r *taskRunner) pretendEnteringMaintenance(h *host) {
	t := r.newTask(operation{
		entity: h, method: "EnterMaintenanceMode_Task", id: "HostSystem.enterMaintenanceMode", user: "root",
	})
	now := r.srv.clock.now()
	t.Info.State = types.TaskInfoStateRunning
	t.Info.StartTime = &now
	t.Info.Progress = 2
	h.entering = t
}

// describe is a fault's text as a person would see it.
func describe(fault types.BaseMethodFault) string {
	var words strings.Builder
	for i, c := range faultName(fault) {
		if i > 0 && c >= 'A' && c <= 'Z' {
			words.WriteByte(' ')
		}
		words.WriteRune(c)
	}
	return words.String() + "."
}
