// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A series is what was measured of one metric; NaN is a missing sample.
type series struct {
	origin   string
	start    time.Time
	interval time.Duration
	values   []float64
}

// seriesKey tells the series of one entity apart.
type seriesKey struct{ metric, instance string }

// loads is what hosts and VMs are measured to use. It changes as work moves.
type loads struct {
	sync.RWMutex
	of map[string]map[seriesKey]*series
}

func newLoads(s *snapshot) (*loads, error) {
	l := &loads{of: make(map[string]map[seriesKey]*series)}
	for _, r := range s.samples {
		one, err := newSeries(r)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", r.table.file, r.line, err)
		}
		id := r.text("entity_id")
		if l.of[id] == nil {
			l.of[id] = make(map[seriesKey]*series)
		}
		l.of[id][seriesKey{r.text("metric"), r.text("instance")}] = one
	}
	return l, nil
}

func newSeries(r row) (*series, error) {
	start, err := time.Parse(time.RFC3339, r.text("start"))
	if err != nil {
		return nil, err
	}
	s := &series{
		origin:   r.text("origin"),
		start:    start,
		interval: time.Duration(r.number("interval_s")) * time.Second,
	}
	for _, word := range strings.Fields(r.text("values")) {
		value := math.NaN()
		if word != "-" {
			if value, err = strconv.ParseFloat(word, 64); err != nil {
				return nil, err
			}
		}
		s.values = append(s.values, value)
	}
	return s, nil
}

// mean is NaN where nothing was measured.
func (s *series) mean() float64 {
	if s == nil {
		return math.NaN()
	}
	sum, n := 0.0, 0
	for _, v := range s.values {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}

func (s *series) copy() *series {
	c := *s
	c.values = append([]float64(nil), s.values...)
	return &c
}

// add puts sign times other onto s: sample by sample where both are aligned,
// else other's mean onto each sample. Use never falls below zero.
func (s *series) add(other *series, sign float64) {
	if s == nil || other == nil {
		return
	}
	mean := other.mean()
	if math.IsNaN(mean) {
		return
	}
	aligned := s.start.Equal(other.start) && s.interval == other.interval && len(s.values) == len(other.values)
	for i := range s.values {
		change := mean
		if aligned && !math.IsNaN(other.values[i]) {
			change = other.values[i]
		}
		s.values[i] = math.Max(0, s.values[i]+sign*change)
	}
}

// metric finds the aggregate series, or the sum over the instances.
func (l *loads) metric(id, metric string) *series {
	if s := l.of[id][seriesKey{metric, ""}]; s != nil {
		return s
	}
	var sum *series
	for key, s := range l.of[id] {
		if key.metric != metric {
			continue
		}
		if sum == nil {
			sum = s.copy()
		} else {
			sum.add(s, 1)
		}
	}
	return sum
}

// What of a VM counts towards its host, by the same name on both. The memory
// that a VM consumes and its overhead both lie in what its host consumes.
var sharedMetrics = []string{
	"cpu_usage_mhz", "cpu_demand_mhz", "cpu_ready_ms", "memory_active_kib", "memory_consumed_kib",
	"memory_ballooned_kib", "memory_swapped_kib", "memory_compressed_kib", "memory_overhead_kib",
	"memory_swapped_in_kibps", "disk_kibps", "net_kibps",
}

var reclaimedMetrics = []string{"memory_ballooned_kib", "memory_swapped_kib", "memory_compressed_kib"}

func (l *loads) shift(host, vm string, sign float64) {
	for _, metric := range sharedMetrics {
		l.onHost(host, metric, l.metric(vm, metric), sign)
	}
	l.onHost(host, "memory_consumed_kib", l.metric(vm, "memory_overhead_kib"), sign)
}

// onHost charges the aggregate, or the first of the instances where a host's
// use is measured by instance only.
func (l *loads) onHost(host, metric string, vm *series, sign float64) {
	if s := l.of[host][seriesKey{metric, ""}]; s != nil {
		s.add(vm, sign)
		return
	}
	first := ""
	for key := range l.of[host] {
		if key.metric == metric && (first == "" || key.instance < first) {
			first = key.instance
		}
	}
	if first != "" {
		l.of[host][seriesKey{metric, first}].add(vm, sign)
	}
}

// migrate moves a running VM's load: on its new host nothing of it is
// reclaimed, so that it consumes what was reclaimed as well.
func (l *loads) migrate(vm, from, to string, configuredKiB float64) {
	l.Lock()
	defer l.Unlock()
	l.shift(from, vm, -1)
	if consumed := l.of[vm][seriesKey{"memory_consumed_kib", ""}]; consumed != nil {
		for _, metric := range reclaimedMetrics {
			reclaimed := l.of[vm][seriesKey{metric, ""}]
			if reclaimed == nil {
				continue
			}
			consumed.add(reclaimed, 1)
			for i := range reclaimed.values {
				reclaimed.values[i] = 0
			}
		}
		for i := range consumed.values {
			consumed.values[i] = math.Min(consumed.values[i], configuredKiB)
		}
	}
	l.shift(to, vm, 1)
}

// grow makes a running VM and its host consume an addition of memory whole.
func (l *loads) grow(vm, host string, addedKiB float64) {
	l.Lock()
	defer l.Unlock()
	for _, id := range []string{vm, host} {
		if s := l.of[id][seriesKey{"memory_consumed_kib", ""}]; s != nil {
			for i := range s.values {
				s.values[i] += addedKiB
			}
		}
	}
}

// drop forgets what a VM used, on it and on its host: it was switched off.
func (l *loads) drop(vm, host string) {
	l.Lock()
	defer l.Unlock()
	l.shift(host, vm, -1)
	delete(l.of, vm)
}

// quick is the mean of a metric as quickStats show it, in units of scale;
// 0 where nothing was measured.
func (l *loads) quick(id, metric string, scale float64) int32 {
	l.RLock()
	defer l.RUnlock()
	mean := l.metric(id, metric).mean()
	if math.IsNaN(mean) {
		return 0
	}
	return int32(math.Round(mean / scale))
}
