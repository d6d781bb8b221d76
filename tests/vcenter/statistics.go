// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"net/url"
	"sort"
	"strconv"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// statistics is what the server keeps of the time before the snapshot: values
// of five minutes, each made from the mean of what the snapshot measured, and
// longer intervals made of those.
type statistics struct {
	intervals []types.PerfInterval
	limit     int                      // counters of all entities of one query
	since     map[string]time.Duration // entities that have not been there for longer
}

const finest = 5 * time.Minute

func newStatistics() *statistics {
	s := &statistics{limit: 64, since: make(map[string]time.Duration)}
	for i, each := range []struct {
		name           string
		period, length int32
	}{{"Past day", 300, 86400}, {"Past week", 1800, 604800}, {"Past month", 7200, 2592000}, {"Past year", 86400, 31536000}} {
		s.intervals = append(s.intervals, types.PerfInterval{
			Key: int32(i + 1), SamplingPeriod: each.period, Name: each.name, Length: each.length, Level: 1, Enabled: true,
		})
	}
	return s
}

// orderStatistics sets how much is kept, for all intervals or one, and for how
// long an entity has been there.
func (srv *server) orderStatistics(q url.Values) (interface{}, error) {
	srv.loads.Lock()
	defer srv.loads.Unlock()
	s := srv.statistics
	if id := q.Get("id"); id != "" {
		since, err := time.ParseDuration(q.Get("since"))
		s.since[id] = since
		return nil, err
	}
	for i := range s.intervals {
		each := &s.intervals[i]
		if of := q.Get("interval"); of != "" && of != strconv.Itoa(int(each.SamplingPeriod)) {
			continue
		}
		level, err := number(q, "level", float64(each.Level))
		if err != nil {
			return nil, err
		}
		each.Level, each.Enabled = int32(level), q.Get("enabled") != "no"
	}
	limit, err := number(q, "limit", float64(s.limit))
	s.limit = int(limit)
	return nil, err
}

func (s *statistics) interval(id int32) *types.PerfInterval {
	for i := range s.intervals {
		if s.intervals[i].SamplingPeriod == id && s.intervals[i].Enabled {
			return &s.intervals[i]
		}
	}
	return nil
}

// refuse is the fault of a request that asks for too much, or for an interval
// that there is not.
func (p *performanceManager) refuse(req *types.QueryPerf) *soap.Fault {
	n := 0
	for i := range req.QuerySpec {
		spec := &req.QuerySpec[i]
		if spec.IntervalId == 0 || spec.IntervalId == 20 {
			continue
		}
		if p.srv.statistics.interval(spec.IntervalId) == nil {
			return invalidArgument("querySpec.interval")
		}
		n += len(spec.MetricId)
	}
	if n > p.srv.statistics.limit {
		return simulator.Fault("This operation is restricted by the administrator - 'vpxd.stats.maxQueryMetrics'. "+
			"Contact your system administrator.", &types.RestrictedByAdministrator{Details: "vpxd.stats.maxQueryMetrics"})
	}
	return nil
}

// noise is a number from -1 to 1, the same for the same words.
func noise(words ...interface{}) float64 {
	h := fnv.New32a()
	fmt.Fprint(h, words...)
	return float64(h.Sum32())/float64(math.MaxUint32)*2 - 1
}

// How far what is measured swings over a day, and from one value to the next.
var swings = map[string]struct{ daily, noise float64 }{
	"cpu_usage_mhz": {0.5, 0.2}, "cpu_demand_mhz": {0.5, 0.2}, "cpu_ready_ms": {0.5, 0.2},
	"memory_active_kib": {0.2, 0.05},
}

// past is the value of the five minutes that end then.
func past(id, metric string, mean float64, end time.Time) float64 {
	swing := swings[metric]
	day := float64(end.Unix()%86400)/86400 + noise(id)/2
	return math.Round(mean * (1 + swing.daily*math.Cos(2*math.Pi*day) + swing.noise*noise(id, metric, end.Unix())))
}

// A kept series is the past of one counter of an entity.
type kept struct {
	id       types.PerfMetricId
	metric   string
	mean     float64 // over five minutes
	sums     bool    // a counter that is summed, not averaged
	size     float64 // of the memory that it is told in shares of; 0: it is not
	greatest float64
}

func (k *kept) value(entity string, end time.Time, interval time.Duration) int64 {
	sum, n := 0.0, int(interval/finest)
	for i := 0; i < n; i++ {
		sum += math.Min(k.greatest, past(entity, k.metric, k.mean, end.Add(-time.Duration(i)*finest)))
	}
	if !k.sums {
		sum /= float64(n)
	}
	if k.size > 0 {
		sum = sum / k.size * 10000
	}
	return int64(math.Round(sum))
}

// kept lists what an interval keeps of an entity: the aggregates of the
// counters of its level.
func (p *performanceManager) kept(entity types.ManagedObjectReference, level int32) []kept {
	var all []kept
	list := measures(entity.Type)
	if entity.Type == "VirtualMachine" {
		list = append(list, measure{"memory_active_kib", "mem.usage.average", ""})
	}
	for _, m := range list {
		series := p.srv.loads.of[entity.Value][seriesKey{m.metric, ""}]
		counter := p.counter(p.keys[m.counter])
		if series == nil || m.split != "" || counter == nil || counter.Level > level || math.IsNaN(series.mean()) {
			continue
		}
		k := kept{id: types.PerfMetricId{CounterId: counter.Key}, metric: m.metric, mean: series.mean(), greatest: math.Inf(1)}
		if counter.RollupType == types.PerfSummaryTypeSummation {
			k.sums = true
			k.mean *= float64(finest) / float64(series.interval)
		}
		if vm := p.srv.vms[entity.Value]; vm != nil && m.metric == "memory_active_kib" {
			k.greatest = float64(vm.Config.Hardware.MemoryMB) * 1024
			if m.counter == "mem.usage.average" {
				k.size = k.greatest
			}
		}
		all = append(all, k)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].id.CounterId < all[j].id.CounterId })
	return all
}

func (p *performanceManager) counter(key int32) *types.PerfCounterInfo {
	for i := range p.PerfCounter {
		if p.PerfCounter[i].Key == key {
			return &p.PerfCounter[i]
		}
	}
	return nil
}

// began is the first moment of which something is kept: one that was started
// within the window that was measured has no past.
func (p *performanceManager) began(entity string) time.Time {
	now := p.srv.clock.now()
	if since, ok := p.srv.statistics.since[entity]; ok {
		return now.Add(-since)
	}
	for _, s := range p.srv.loads.of[entity] {
		if len(s.values) > 0 && math.IsNaN(s.values[0]) {
			return now
		}
	}
	return time.Time{}
}

// statistics answers for a historical interval. Where the time that is asked
// for begins before what is kept at it, all of the answer is of the first
// longer one that keeps so much.
func (p *performanceManager) statistics(query *types.PerfQuerySpec, interval *types.PerfInterval) types.BasePerfEntityMetricBase {
	now := p.srv.clock.now()
	from, to := now.Add(-time.Duration(interval.Length)*time.Second), now
	if query.EndTime != nil && query.EndTime.Before(to) {
		to = *query.EndTime
	}
	if query.StartTime != nil {
		for i := range p.srv.statistics.intervals {
			longer := &p.srv.statistics.intervals[i]
			if query.StartTime.Before(from) && longer.Enabled && longer.SamplingPeriod > interval.SamplingPeriod {
				interval, from = longer, now.Add(-time.Duration(longer.Length)*time.Second)
			}
		}
		if query.StartTime.After(from) {
			from = *query.StartTime
		}
	}
	if began := p.began(query.Entity.Value); began.After(from) {
		from = began
	}
	var wanted []kept
	for _, k := range p.kept(query.Entity, interval.Level) {
		if asked(query.MetricId, k.id) {
			wanted = append(wanted, k)
		}
	}
	return p.format(query, wanted, ends(from, to, int64(interval.SamplingPeriod)), time.Duration(interval.SamplingPeriod)*time.Second)
}

// ends lists, after from and up to to, the ends of intervals, which lie on
// the clock's own multiples.
func ends(from, to time.Time, step int64) []time.Time {
	var all []time.Time
	for at := (from.Unix()/step + 1) * step; at <= to.Unix(); at += step {
		all = append(all, time.Unix(at, 0).UTC())
	}
	return all
}

func (p *performanceManager) format(query *types.PerfQuerySpec, wanted []kept, times []time.Time,
	interval time.Duration) types.BasePerfEntityMetricBase {
	if len(wanted) == 0 || len(times) == 0 {
		return nil
	}
	all := make([]answered, len(wanted))
	for i := range wanted {
		all[i].id = wanted[i].id
		for _, at := range times {
			all[i].values = append(all[i].values, wanted[i].value(query.Entity.Value, at, interval))
		}
	}
	if query.Format == string(types.PerfFormatCsv) {
		return csvAnswer(query.Entity, all, times, interval)
	}
	return normalAnswer(query.Entity, all, times, interval)
}

// available lists what is kept of an entity at an interval.
func (p *performanceManager) available(req *types.QueryAvailablePerfMetric, interval *types.PerfInterval) soap.HasFault {
	body := &methods.QueryAvailablePerfMetricBody{Res: &types.QueryAvailablePerfMetricResponse{}}
	for _, k := range p.kept(req.Entity, interval.Level) {
		body.Res.Returnval = append(body.Res.Returnval, k.id)
	}
	return body
}
