// SPDX-License-Identifier: MIT

package main

import (
	"reflect"
	"strconv"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// sentObjects is what a filter's client was told last.
type sentObjects map[types.ManagedObjectReference]map[string]types.AnyType

// How long changes gather before they are sent.
const gatherTime = 20 * time.Millisecond

// WaitForUpdatesEx compares what the filters show with what was sent last,
// and waits until something differs.
func (pc *propertyCollector) WaitForUpdatesEx(ctx *simulator.Context, req *types.WaitForUpdatesEx) soap.HasFault {
	maxUpdates := 0
	var deadline <-chan time.Time
	if options := req.Options; options != nil {
		maxUpdates = int(options.MaxObjectUpdates)
		if options.MaxWaitSeconds != nil {
			timer := time.NewTimer(time.Duration(*options.MaxWaitSeconds) * time.Second)
			defer timer.Stop()
			deadline = timer.C
		}
	}
	if fault := pc.acknowledge(req.Version); fault != nil {
		return &methods.WaitForUpdatesExBody{Fault_: fault}
	}
	srv := pc.singleton().srv
	for {
		changed := srv.changes.wait()
		set, fault := pc.next(ctx, maxUpdates)
		if fault != nil {
			return &methods.WaitForUpdatesExBody{Fault_: fault}
		}
		if set != nil {
			return &methods.WaitForUpdatesExBody{Res: &types.WaitForUpdatesExResponse{Returnval: set}}
		}
		select {
		case <-deadline:
			return &methods.WaitForUpdatesExBody{Res: &types.WaitForUpdatesExResponse{}}
		case <-changed:
			time.Sleep(gatherTime)
		}
		if srv.control.ended(ctx.Session.Key) {
			return &methods.WaitForUpdatesExBody{Fault_: simulator.Fault("", &types.NotAuthenticated{})}
		}
	}
}

// WaitForUpdates is the old form, which waits for ever.
func (pc *propertyCollector) WaitForUpdates(ctx *simulator.Context, req *types.WaitForUpdates) soap.HasFault {
	answer := pc.WaitForUpdatesEx(ctx, &types.WaitForUpdatesEx{This: req.This, Version: req.Version}).(*methods.WaitForUpdatesExBody)
	if answer.Fault_ != nil {
		return &methods.WaitForUpdatesBody{Fault_: answer.Fault_}
	}
	return &methods.WaitForUpdatesBody{Res: &types.WaitForUpdatesResponse{Returnval: *answer.Res.Returnval}}
}

// acknowledge takes the version that the client saw last: an empty one starts
// anew, any but the last sent is an error.
func (pc *propertyCollector) acknowledge(version string) *soap.Fault {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	switch version {
	case "":
		pc.sent = make(map[types.ManagedObjectReference]sentObjects)
		pc.unsent = nil
		return nil
	case strconv.Itoa(pc.version):
		return nil
	}
	return simulator.Fault("", &types.InvalidCollectorVersion{})
}

// next is the next set to send; nil if nothing has changed.
func (pc *propertyCollector) next(ctx *simulator.Context, maxUpdates int) (*types.UpdateSet, *soap.Fault) {
	pc.mu.Lock()
	pending := pc.unsent
	pc.unsent = nil
	pc.mu.Unlock()
	if len(pending) == 0 {
		for _, ref := range pc.Filter {
			filter, ok := ctx.Session.Get(ref).(*simulator.PropertyFilter)
			if !ok {
				continue
			}
			objects, fault := pc.retrieve(ctx, copySpecs(filter.Spec))
			if fault != nil {
				return nil, fault
			}
			if update := pc.compare(ref, objects); len(update.ObjectSet) > 0 {
				pending = append(pending, update)
			}
		}
	}
	if len(pending) == 0 {
		return nil, nil
	}
	pc.mu.Lock()
	defer pc.mu.Unlock()
	pc.version++
	set := &types.UpdateSet{Version: strconv.Itoa(pc.version), FilterSet: pending}
	if maxUpdates > 0 {
		set.FilterSet, pc.unsent = truncate(pending, maxUpdates)
		set.Truncated = types.NewBool(len(pc.unsent) > 0)
	}
	return set, nil
}

// copySpecs spares the filter's own paths, which retrieve rewrites.
func copySpecs(spec types.PropertyFilterSpec) []types.PropertyFilterSpec {
	spec.PropSet = append([]types.PropertySpec(nil), spec.PropSet...)
	return []types.PropertyFilterSpec{spec}
}

// truncate parts the first max objects from the rest.
func truncate(updates []types.PropertyFilterUpdate, max int) (first, rest []types.PropertyFilterUpdate) {
	for _, update := range updates {
		n := len(update.ObjectSet)
		if n > max {
			n = max
		}
		max -= n
		if n > 0 {
			first = append(first, types.PropertyFilterUpdate{Filter: update.Filter, ObjectSet: update.ObjectSet[:n]})
		}
		if n < len(update.ObjectSet) {
			rest = append(rest, types.PropertyFilterUpdate{Filter: update.Filter, ObjectSet: update.ObjectSet[n:]})
		}
	}
	return first, rest
}

// compare tells what a filter shows anew, changed and no longer.
func (pc *propertyCollector) compare(filter types.ManagedObjectReference, objects []types.ObjectContent) types.PropertyFilterUpdate {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	if pc.sent == nil {
		pc.sent = make(map[types.ManagedObjectReference]sentObjects)
	}
	before := pc.sent[filter]
	now := make(sentObjects, len(objects))
	pc.sent[filter] = now
	result := types.PropertyFilterUpdate{Filter: filter}
	for _, object := range objects {
		known, seen := before[object.Obj]
		update := types.ObjectUpdate{Obj: object.Obj, Kind: types.ObjectUpdateKindEnter, MissingSet: object.MissingSet}
		if seen {
			update.Kind = types.ObjectUpdateKindModify
			update.MissingSet = nil
		}
		properties := make(map[string]types.AnyType, len(object.PropSet))
		now[object.Obj] = properties
		for _, p := range object.PropSet {
			properties[p.Name] = p.Val
			if old, had := known[p.Name]; !had || !reflect.DeepEqual(old, p.Val) {
				update.ChangeSet = append(update.ChangeSet, types.PropertyChange{
					Name: p.Name, Op: types.PropertyChangeOpAssign, Val: p.Val,
				})
			}
		}
		if !seen || len(update.ChangeSet) > 0 {
			result.ObjectSet = append(result.ObjectSet, update)
		}
	}
	for ref := range before {
		if _, still := now[ref]; !still {
			result.ObjectSet = append(result.ObjectSet, types.ObjectUpdate{Obj: ref, Kind: types.ObjectUpdateKindLeave})
		}
	}
	return result
}
