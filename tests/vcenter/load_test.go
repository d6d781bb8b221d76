// SPDX-License-Identifier: MIT

package main

import (
	"math"
	"reflect"
	"testing"
	"time"
)

func testLoads(of map[string]map[string][]float64) *loads {
	l := &loads{of: make(map[string]map[seriesKey]*series)}
	for id, metrics := range of {
		l.of[id] = make(map[seriesKey]*series)
		for metric, values := range metrics {
			l.of[id][seriesKey{metric, ""}] = &series{interval: 20 * time.Second, values: values}
		}
	}
	return l
}

func (l *loads) values(id, metric string) []float64 { return l.of[id][seriesKey{metric, ""}].values }

func expect(t *testing.T, what string, got []float64, want ...float64) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v, expected %v", what, got, want)
	}
}

func TestMigrationConsumesWhatWasReclaimed(t *testing.T) {
	l := testLoads(map[string]map[string][]float64{
		"vm": {
			"memory_consumed_kib": {100, 100}, "memory_ballooned_kib": {30, 40}, "memory_swapped_kib": {0, 50},
			"memory_overhead_kib": {5, 5}, "cpu_usage_mhz": {7, 9},
		},
		"from": {"memory_consumed_kib": {1000, 1000}, "memory_ballooned_kib": {30, 20}, "cpu_usage_mhz": {10, 5}},
		"to":   {"memory_consumed_kib": {10, 20}, "cpu_usage_mhz": {1, 1}},
	})
	l.migrate("vm", "from", "to", 160)
	expect(t, "consumed", l.values("vm", "memory_consumed_kib"), 130, 160)
	expect(t, "ballooned", l.values("vm", "memory_ballooned_kib"), 0, 0)
	expect(t, "source's memory", l.values("from", "memory_consumed_kib"), 895, 895)
	expect(t, "source's balloon", l.values("from", "memory_ballooned_kib"), 0, 0)
	expect(t, "source's CPU never below 0", l.values("from", "cpu_usage_mhz"), 3, 0)
	expect(t, "target's memory", l.values("to", "memory_consumed_kib"), 145, 185)
	expect(t, "target's CPU", l.values("to", "cpu_usage_mhz"), 8, 10)
}

func TestUnalignedSeriesMoveByTheirMean(t *testing.T) {
	l := testLoads(map[string]map[string][]float64{
		"vm": {"cpu_usage_mhz": {10, 20, 30}}, "from": {"cpu_usage_mhz": {100, 100}}, "to": {"cpu_usage_mhz": {0, 0}},
	})
	l.migrate("vm", "from", "to", 1)
	expect(t, "source", l.values("from", "cpu_usage_mhz"), 80, 80)
	expect(t, "target", l.values("to", "cpu_usage_mhz"), 20, 20)
}

func TestGrowthIsConsumedWholeByVMAndHost(t *testing.T) {
	l := testLoads(map[string]map[string][]float64{
		"vm":   {"memory_consumed_kib": {100}, "memory_active_kib": {50}},
		"host": {"memory_consumed_kib": {1000}, "memory_active_kib": {500}},
	})
	l.grow("vm", "host", 24)
	expect(t, "VM's", l.values("vm", "memory_consumed_kib"), 124)
	expect(t, "host's", l.values("host", "memory_consumed_kib"), 1024)
	expect(t, "active", append(l.values("vm", "memory_active_kib"), l.values("host", "memory_active_kib")...), 50, 500)
}

func TestPartsOfADiskCounterSumToTheWhole(t *testing.T) {
	for value := 0.0; value < 100; value++ {
		sum := 0.0
		for instance := 0; instance < 3; instance++ {
			sum += share(value, "read", instance, 3) + share(value, "write", instance, 3)
		}
		if sum != value {
			t.Errorf("the parts of %v sum to %v", value, sum)
		}
	}
	if !math.IsNaN(share(math.NaN(), "write", 0, 2)) {
		t.Error("the part of a missing value is not missing")
	}
}
