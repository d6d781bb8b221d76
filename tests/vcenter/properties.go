// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// propertyCollector pages what the library's collector finds, and is strict
// where the library is lenient.
type propertyCollector struct {
	simulator.PropertyCollector
	srv     *server
	maxPage int

	// The library makes an empty one for each session; the fields below are
	// the session's own, those above only the singleton's.
	mu      sync.Mutex
	pages   map[string][]types.ObjectContent
	tokens  int
	version int
	sent    map[types.ManagedObjectReference]sentObjects
	unsent  []types.PropertyFilterUpdate
}

func newPropertyCollector(srv *server, self types.ManagedObjectReference, maxPage int) *propertyCollector {
	pc := &propertyCollector{srv: srv, maxPage: maxPage}
	pc.Self = self
	return pc
}

// singleton is the collector that knows the server.
func (pc *propertyCollector) singleton() *propertyCollector {
	if pc.srv != nil {
		return pc
	}
	ref := types.ManagedObjectReference{Type: "PropertyCollector", Value: "propertyCollector"}
	return simulator.Map.Get(ref).(*propertyCollector)
}

// RetrievePropertiesEx answers the first page.
func (pc *propertyCollector) RetrievePropertiesEx(ctx *simulator.Context, req *types.RetrievePropertiesEx) soap.HasFault {
	objects, fault := pc.retrieve(ctx, req.SpecSet)
	if fault != nil {
		return &methods.RetrievePropertiesExBody{Fault_: fault}
	}
	body := &methods.RetrievePropertiesExBody{Res: &types.RetrievePropertiesExResponse{}}
	if len(objects) > 0 {
		body.Res.Returnval = pc.page(objects, req.Options.MaxObjects)
	}
	return body
}

// ContinueRetrievePropertiesEx answers the next page; a token serves once.
func (pc *propertyCollector) ContinueRetrievePropertiesEx(req *types.ContinueRetrievePropertiesEx) soap.HasFault {
	pc.mu.Lock()
	objects, ok := pc.pages[req.Token]
	delete(pc.pages, req.Token)
	pc.mu.Unlock()
	if !ok {
		return &methods.ContinueRetrievePropertiesExBody{Fault_: invalidArgument("token")}
	}
	return &methods.ContinueRetrievePropertiesExBody{
		Res: &types.ContinueRetrievePropertiesExResponse{Returnval: *pc.page(objects, 0)},
	}
}

// CancelRetrievePropertiesEx forgets the pages not yet asked for.
func (pc *propertyCollector) CancelRetrievePropertiesEx(req *types.CancelRetrievePropertiesEx) soap.HasFault {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	if _, ok := pc.pages[req.Token]; !ok {
		return &methods.CancelRetrievePropertiesExBody{Fault_: invalidArgument("token")}
	}
	delete(pc.pages, req.Token)
	return &methods.CancelRetrievePropertiesExBody{Res: &types.CancelRetrievePropertiesExResponse{}}
}

// RetrieveProperties is the old form, without pages.
func (pc *propertyCollector) RetrieveProperties(ctx *simulator.Context, req *types.RetrieveProperties) soap.HasFault {
	objects, fault := pc.retrieve(ctx, req.SpecSet)
	if fault != nil {
		return &methods.RetrievePropertiesBody{Fault_: fault}
	}
	return &methods.RetrievePropertiesBody{Res: &types.RetrievePropertiesResponse{Returnval: objects}}
}

// CreatePropertyCollector makes one more for the session.
func (pc *propertyCollector) CreatePropertyCollector(ctx *simulator.Context, _ *types.CreatePropertyCollector) soap.HasFault {
	made := &propertyCollector{}
	made.Self.Type = "PropertyCollector"
	return &methods.CreatePropertyCollectorBody{
		Res: &types.CreatePropertyCollectorResponse{Returnval: ctx.Session.Put(made).Reference()},
	}
}

// page cuts off what fits, and keeps the rest under a token.
func (pc *propertyCollector) page(objects []types.ObjectContent, asked int32) *types.RetrieveResult {
	size := pc.singleton().maxPage
	if asked > 0 && int(asked) < size {
		size = int(asked)
	}
	if len(objects) <= size {
		return &types.RetrieveResult{Objects: objects}
	}
	pc.mu.Lock()
	defer pc.mu.Unlock()
	if pc.pages == nil {
		pc.pages = make(map[string][]types.ObjectContent)
	}
	pc.tokens++
	token := fmt.Sprintf("%d", pc.tokens)
	pc.pages[token] = objects[size:]
	return &types.RetrieveResult{Token: token, Objects: objects[:size:size]}
}

// retrieve collects by the library, then makes the answer what vCenter's is.
func (pc *propertyCollector) retrieve(ctx *simulator.Context, specs []types.PropertyFilterSpec) ([]types.ObjectContent, *soap.Fault) {
	keyed := takeKeyedPaths(specs)
	sev := takeSevPath(specs)
	srv := pc.singleton().srv
	srv.fields.RLock()
	found := pc.PropertyCollector.RetrievePropertiesEx(ctx, &types.RetrievePropertiesEx{SpecSet: specs})
	srv.fields.RUnlock()
	if fault := found.Fault(); fault != nil {
		return nil, fault
	}
	objects := found.(*methods.RetrievePropertiesExBody).Res.Returnval.Objects
	control := srv.control
	expired := ctx.Session != nil && control.expiredToMissing(ctx.Session.Key)
	for i := range objects {
		if fault := unknownProperty(&objects[i]); fault != nil {
			return nil, fault
		}
		keyed.add(&objects[i])
		if vm := srv.vms[objects[i].Obj.Value]; sev && vm != nil {
			objects[i].PropSet = append(objects[i].PropSet, types.DynamicProperty{Name: sevPath, Val: vm.sev})
		}
		dropUnset(&objects[i])
		if expired {
			denyAll(&objects[i])
		} else {
			control.denyProperties(&objects[i])
		}
	}
	return objects, nil
}

// unknownProperty: a path that a type does not have fails the whole call.
func unknownProperty(object *types.ObjectContent) *soap.Fault {
	for _, missing := range object.MissingSet {
		if fault, ok := missing.Fault.Fault.(*types.InvalidProperty); ok {
			return simulator.Fault("A property path was not correct: "+fault.Name, fault)
		}
	}
	return nil
}

// The library cannot tell an optional number that is not set from 0.
var unsetWhenZero = map[string]bool{
	"config.hotPlugMemoryIncrementSize": true, "config.hardware.numCoresPerSocket": true,
}

func dropUnset(object *types.ObjectContent) {
	kept := object.PropSet[:0]
	for _, p := range object.PropSet {
		zero := p.Val == int64(0) || p.Val == int32(0)
		if p.Val != int64(notKnown) && (!zero || !unsetWhenZero[p.Name]) {
			kept = append(kept, p)
		}
	}
	object.PropSet = kept
}

// denyAll is how an answer looks when the session has expired on the way.
func denyAll(object *types.ObjectContent) {
	for _, p := range object.PropSet {
		fault := &types.NotAuthenticated{NoPermission: types.NoPermission{Object: object.Obj, PrivilegeId: "System.View"}}
		object.MissingSet = append(object.MissingSet, types.MissingProperty{
			Path: p.Name, Fault: *localized(fault, "The session is not authenticated."),
		})
	}
	object.PropSet = nil
}

// The library's version of the API is older than this property.
const sevPath = "config.sevEnabled"

func takeSevPath(specs []types.PropertyFilterSpec) bool {
	found := false
	for i := range specs {
		for j := range specs[i].PropSet {
			spec := &specs[i].PropSet[j]
			kept := spec.PathSet[:0:0]
			for _, path := range spec.PathSet {
				if path == sevPath {
					found = true
				} else {
					kept = append(kept, path)
				}
			}
			spec.PathSet = kept
		}
	}
	return found
}

// keyedPaths are properties like config.extraConfig["HDCS.agent"], which the
// library does not know: the whole array is collected and the element taken.
type keyedPaths struct {
	paths []string
	whole bool // the array itself was asked for, too
}

const extraConfigPath = "config.extraConfig"

func takeKeyedPaths(specs []types.PropertyFilterSpec) keyedPaths {
	var keyed keyedPaths
	for i := range specs {
		for j := range specs[i].PropSet {
			spec := &specs[i].PropSet[j]
			var kept []string
			for _, path := range spec.PathSet {
				if strings.HasPrefix(path, extraConfigPath+`["`) {
					keyed.paths = append(keyed.paths, path)
					continue
				}
				keyed.whole = keyed.whole || path == extraConfigPath
				kept = append(kept, path)
			}
			if len(kept) < len(spec.PathSet) {
				spec.PathSet = append(kept, extraConfigPath)
			}
		}
	}
	return keyed
}

func (k keyedPaths) add(object *types.ObjectContent) {
	if len(k.paths) == 0 {
		return
	}
	kept := object.PropSet[:0:0]
	for _, p := range object.PropSet {
		if p.Name == extraConfigPath {
			options := p.Val.(*types.ArrayOfOptionValue).OptionValue
			kept = append(kept, k.elements(options)...)
			if !k.whole {
				continue
			}
		}
		kept = append(kept, p)
	}
	object.PropSet = kept
}

func (k keyedPaths) elements(options []types.BaseOptionValue) []types.DynamicProperty {
	var found []types.DynamicProperty
	for _, path := range k.paths {
		for _, option := range options {
			value := option.GetOptionValue()
			element := extraConfigPath + `["` + value.Key + `"]`
			switch path {
			case element:
				found = append(found, types.DynamicProperty{Name: path, Val: value})
			case element + ".value":
				found = append(found, types.DynamicProperty{Name: path, Val: value.Value})
			}
		}
	}
	return found
}
