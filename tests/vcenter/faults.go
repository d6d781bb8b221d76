// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func notFound(ref types.ManagedObjectReference) *soap.Fault {
	return simulator.Fault("The object '"+ref.String()+"' has already been deleted or has not been completely created",
		&types.ManagedObjectNotFound{Obj: ref})
}

func invalidArgument(property string) *soap.Fault {
	return simulator.Fault("A specified parameter was not correct: "+property,
		&types.InvalidArgument{InvalidProperty: property})
}

// localized is a fault as tasks and checks show it.
func localized(fault types.BaseMethodFault, message string) *types.LocalizedMethodFault {
	return &types.LocalizedMethodFault{Fault: fault, LocalizedMessage: message}
}

// namedFault makes an empty fault of a type that a test names.
func namedFault(name string) (types.BaseMethodFault, error) {
	kind, ok := types.TypeFunc()(name)
	if ok {
		if fault, ok := reflect.New(kind).Interface().(types.BaseMethodFault); ok {
			return fault, nil
		}
	}
	return nil, fmt.Errorf("%q is not a type of fault", name)
}

// faultName is the type's name as the API writes it.
func faultName(fault types.BaseMethodFault) string {
	return strings.TrimPrefix(reflect.TypeOf(fault).String(), "*types.")
}
