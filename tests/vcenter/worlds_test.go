// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

func showWorld(t *testing.T, w *worlds) (world shownWorld) {
	t.Helper()
	answer := httptest.NewRecorder()
	w.serveOrders(answer, httptest.NewRequest(http.MethodGet, "/world", nil))
	if err := json.Unmarshal(answer.Body.Bytes(), &world); err != nil {
		t.Fatal(err)
	}
	return world
}

func TestARestoredWorldIsAsTheFirst(t *testing.T) {
	s, err := readSnapshot("../../samples/snapshot")
	if err != nil {
		t.Fatal(err)
	}
	w := &worlds{snapshot: s, settings: settings{version: version{api: "7.0.3.0"}, maxPage: 1000}}
	w.api = &listener{}
	if err := w.begin(); err != nil {
		t.Fatal(err)
	}
	first := showWorld(t, w)
	srv := w.present()
	vm := srv.vms["vm-1005"]
	srv.tasks.start(operation{
		entity: vm, method: "ReconfigVM_Task", check: func() types.BaseMethodFault { return nil }, ended: func() {},
		finish: func() (types.AnyType, types.BaseMethodFault) {
			vm.resize(&types.VirtualMachineConfigSpec{MemoryMB: 4096 + int64(vm.Config.Hardware.MemoryMB)})
			return nil, nil
		},
	})
	changed := showWorld(t, w)
	if changed.VMs["vm-1005"].Memory != first.VMs["vm-1005"].Memory+4096 || changed.Effects["vm-1005 ReconfigVM_Task"] != 1 {
		t.Errorf("one task gives %v, %v", changed.VMs["vm-1005"], changed.Effects)
	}
	answer := httptest.NewRecorder()
	w.serveOrders(answer, httptest.NewRequest(http.MethodPost, "/restore?task_time=40ms", nil))
	if answer.Code != http.StatusOK || !reflect.DeepEqual(showWorld(t, w), first) {
		t.Errorf("restored with %d, the world is another", answer.Code)
	}
	if w.present().tasks.duration != 40*time.Millisecond {
		t.Errorf("tasks take %s", w.present().tasks.duration)
	}
}
