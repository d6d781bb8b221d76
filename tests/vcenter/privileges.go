// SPDX-License-Identifier: MIT

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// authorizationManager tells the account's privileges: all that are not
// denied by the control.
type authorizationManager struct {
	simulator.AuthorizationManager
	srv   *server
	known map[string]bool
}

func newAuthorizationManager(srv *server, self types.ManagedObjectReference) *authorizationManager {
	m := &authorizationManager{
		AuthorizationManager: *simulator.Map.Get(self).(*simulator.AuthorizationManager),
		srv:                  srv,
		known:                make(map[string]bool),
	}
	for _, role := range esx.RoleList {
		for _, privilege := range role.Privilege {
			m.known[privilege] = true
		}
	}
	return m
}

// HasPrivilegeOnEntities answers for the caller's own session only.
func (m *authorizationManager) HasPrivilegeOnEntities(ctx *simulator.Context, req *types.HasPrivilegeOnEntities) soap.HasFault {
	if req.SessionId != ctx.Session.Key {
		return &methods.HasPrivilegeOnEntitiesBody{Fault_: invalidArgument("sessionId")}
	}
	body := &methods.HasPrivilegeOnEntitiesBody{Res: &types.HasPrivilegeOnEntitiesResponse{}}
	for _, entity := range req.Entity {
		if simulator.Map.Get(entity) == nil {
			return &methods.HasPrivilegeOnEntitiesBody{Fault_: notFound(entity)}
		}
		result := types.EntityPrivilege{Entity: entity}
		for _, privilege := range req.PrivId {
			if !m.known[privilege] {
				return &methods.HasPrivilegeOnEntitiesBody{Fault_: invalidArgument("privId")}
			}
			result.PrivAvailability = append(result.PrivAvailability, types.PrivilegeAvailability{
				PrivId: privilege, IsGranted: !m.srv.control.denied(privilege, entity.Value),
			})
		}
		body.Res.Returnval = append(body.Res.Returnval, result)
	}
	return body
}
