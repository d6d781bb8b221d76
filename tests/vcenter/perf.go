// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// performanceManager answers QueryPerf with the snapshot's own series, in the
// format that is asked for.
type performanceManager struct {
	mo.PerformanceManager
	unlocked
	srv      *server
	counters map[int32]string
	keys     map[string]int32 // the same the other way round
}

// Counter keys differ from one vCenter to the next: ours are the library's
// moved by this, so that a client that knows keys by heart fails.
const counterOffset = 5000

func newPerformanceManager(srv *server, self types.ManagedObjectReference) *performanceManager {
	p := &performanceManager{srv: srv, counters: make(map[int32]string), keys: make(map[string]int32)}
	p.Self = self
	p.HistoricalInterval = srv.statistics.intervals // one array: what is set shows
	for _, counter := range vpx.PerfCounter {
		counter.Key += counterOffset
		p.PerfCounter = append(p.PerfCounter, counter)
		name := counter.GroupInfo.GetElementDescription().Key + "." +
			counter.NameInfo.GetElementDescription().Key + "." + string(counter.RollupType)
		p.counters[counter.Key] = name
		p.keys[name] = counter.Key
	}
	return p
}

// A measure says which counter shows a metric of one type of entity. Of a
// metric that two counters share each shows a part, the rest is the other's;
// the parts are split over instances.
type measure struct {
	metric  string
	counter string
	split   string // "", "read" or "write"
}

var commonMeasures = []measure{
	{"cpu_usage_mhz", "cpu.usagemhz.average", ""},
	{"cpu_demand_mhz", "cpu.demand.average", ""},
	{"cpu_ready_ms", "cpu.ready.summation", ""},
	{"memory_active_kib", "mem.active.average", ""},
	{"memory_consumed_kib", "mem.consumed.average", ""},
	{"memory_ballooned_kib", "mem.vmmemctl.average", ""},
	{"memory_compressed_kib", "mem.compressed.average", ""},
	{"memory_overhead_kib", "mem.overhead.average", ""},
	{"memory_swapped_in_kibps", "mem.swapinRate.average", ""},
	{"net_kibps", "net.usage.average", ""},
}

// measures lists what a type of entity is measured by.
func measures(kind string) []measure {
	switch kind {
	case "VirtualMachine":
		return append([]measure{
			{"memory_swapped_kib", "mem.swapped.average", ""},
			{"disk_kibps", "virtualDisk.read.average", "read"},
			{"disk_kibps", "virtualDisk.write.average", "write"},
		}, commonMeasures...)
	case "HostSystem":
		return append([]measure{
			{"memory_swapped_kib", "mem.swapused.average", ""},
			{"disk_kibps", "datastore.read.average", "read"},
			{"disk_kibps", "datastore.write.average", "write"},
		}, commonMeasures...)
	}
	return nil
}

// instances names the parts over which a metric of an entity is measured.
func (p *performanceManager) instances(entity types.ManagedObjectReference) []string {
	if entity.Type == "VirtualMachine" {
		return []string{"scsi0:0", "scsi0:1"}
	}
	var names []string
	if h := p.srv.hosts[entity.Value]; h != nil {
		for _, ds := range h.Datastore {
			names = append(names, ds.Value)
		}
	}
	if names == nil {
		names = []string{"datastore"}
	}
	return names
}

// share is one instance's part of a whole value; the parts sum to it.
func share(value float64, split string, instance, instances int) float64 {
	reads := math.Floor(value * 0.6)
	part := reads
	if split == "write" {
		part = value - reads
	}
	each := math.Floor(part / float64(instances))
	if instance == 0 {
		return part - each*float64(instances-1)
	}
	return each
}

// A shown series is one that a client sees: a counter and an instance.
type shown struct {
	id types.PerfMetricId
	series
}

// shown lists all that an entity shows at a sampling interval.
func (p *performanceManager) shown(entity types.ManagedObjectReference, interval time.Duration) []shown {
	var all []shown
	of := p.srv.loads.of[entity.Value]
	for _, m := range measures(entity.Type) {
		for key, s := range of {
			if key.metric != m.metric || s.interval != interval || (s.origin != "realtime" && s.origin != "rollup") {
				continue
			}
			id := types.PerfMetricId{CounterId: p.keys[m.counter], Instance: key.instance}
			if m.split == "" {
				all = append(all, shown{id, *s})
				continue
			}
			names := p.instances(entity)
			if key.instance != "" {
				names = []string{key.instance}
			}
			for i, name := range names {
				part := s.copy()
				for j, v := range part.values {
					part.values[j] = share(v, m.split, i, len(names))
				}
				id.Instance = name
				all = append(all, shown{id, *part})
			}
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].id.CounterId != all[j].id.CounterId {
			return all[i].id.CounterId < all[j].id.CounterId
		}
		return all[i].id.Instance < all[j].id.Instance
	})
	return all
}

// QueryPerfCounter tells counters by their keys.
func (p *performanceManager) QueryPerfCounter(req *types.QueryPerfCounter) soap.HasFault {
	body := &methods.QueryPerfCounterBody{Res: &types.QueryPerfCounterResponse{}}
	for _, id := range req.CounterId {
		found := false
		for _, counter := range p.PerfCounter {
			if counter.Key == id {
				body.Res.Returnval = append(body.Res.Returnval, counter)
				found = true
			}
		}
		if !found {
			return &methods.QueryPerfCounterBody{Fault_: invalidArgument("counterId")}
		}
	}
	return body
}

// QueryPerfProviderSummary tells whether an entity has real-time samples.
func (p *performanceManager) QueryPerfProviderSummary(req *types.QueryPerfProviderSummary) soap.HasFault {
	if simulator.Map.Get(req.Entity) == nil {
		return &methods.QueryPerfProviderSummaryBody{Fault_: notFound(req.Entity)}
	}
	live := measures(req.Entity.Type) != nil
	summary := types.PerfProviderSummary{Entity: req.Entity, CurrentSupported: live, SummarySupported: true}
	if live {
		summary.RefreshRate = 20
	}
	return &methods.QueryPerfProviderSummaryBody{Res: &types.QueryPerfProviderSummaryResponse{Returnval: summary}}
}

// QueryAvailablePerfMetric lists the counters and instances that an entity has.
func (p *performanceManager) QueryAvailablePerfMetric(req *types.QueryAvailablePerfMetric) soap.HasFault {
	if simulator.Map.Get(req.Entity) == nil {
		return &methods.QueryAvailablePerfMetricBody{Fault_: notFound(req.Entity)}
	}
	p.srv.loads.RLock()
	defer p.srv.loads.RUnlock()
	if interval := p.srv.statistics.interval(req.IntervalId); interval != nil {
		return p.available(req, interval)
	}
	body := &methods.QueryAvailablePerfMetricBody{Res: &types.QueryAvailablePerfMetricResponse{}}
	for _, s := range p.shown(req.Entity, sampling(req.IntervalId)) {
		body.Res.Returnval = append(body.Res.Returnval, s.id)
	}
	return body
}

// sampling is the interval that an id of the API means.
func sampling(intervalID int32) time.Duration {
	if intervalID == 0 {
		intervalID = 20
	}
	return time.Duration(intervalID) * time.Second
}

// QueryPerf answers each query, leaving out entities without a sample.
func (p *performanceManager) QueryPerf(req *types.QueryPerf) soap.HasFault {
	p.srv.loads.RLock()
	defer p.srv.loads.RUnlock()
	if fault := p.refuse(req); fault != nil {
		return &methods.QueryPerfBody{Fault_: fault}
	}
	body := &methods.QueryPerfBody{Res: &types.QueryPerfResponse{}}
	for i := range req.QuerySpec {
		query := &req.QuerySpec[i]
		if simulator.Map.Get(query.Entity) == nil {
			return &methods.QueryPerfBody{Fault_: notFound(query.Entity)}
		}
		for _, metric := range query.MetricId {
			if p.counters[metric.CounterId] == "" {
				return &methods.QueryPerfBody{Fault_: invalidArgument("querySpec.metricId")}
			}
		}
		if result := p.answer(query); result != nil {
			body.Res.Returnval = append(body.Res.Returnval, result)
		}
	}
	return body
}

func (p *performanceManager) answer(query *types.PerfQuerySpec) types.BasePerfEntityMetricBase {
	if interval := p.srv.statistics.interval(query.IntervalId); interval != nil {
		return p.statistics(query, interval)
	}
	var wanted []shown
	for _, s := range p.shown(query.Entity, sampling(query.IntervalId)) {
		if asked(query.MetricId, s.id) {
			wanted = append(wanted, s)
		}
	}
	times := p.times(wanted, query)
	if len(times) == 0 {
		return nil
	}
	all := make([]answered, len(wanted))
	ends := make([]time.Time, len(times))
	for j, at := range times {
		ends[j] = at.Add(p.srv.clock.elapsed())
		for i := range wanted {
			all[i].id = wanted[i].id
			all[i].values = append(all[i].values, wanted[i].sample(at))
		}
	}
	if query.Format == string(types.PerfFormatCsv) {
		return csvAnswer(query.Entity, all, ends, wanted[0].interval)
	}
	return normalAnswer(query.Entity, all, ends, wanted[0].interval)
}

// asked: an empty instance asks for the aggregate, an asterisk for all.
func asked(metrics []types.PerfMetricId, id types.PerfMetricId) bool {
	for _, m := range metrics {
		if m.CounterId == id.CounterId && (m.Instance == id.Instance || m.Instance == "*") {
			return true
		}
	}
	return len(metrics) == 0
}

// A sample's time is the end of its interval. times lists those, oldest first,
// at which any of the series has a value: the gap that all share is left out.
func (p *performanceManager) times(wanted []shown, query *types.PerfQuerySpec) []time.Time {
	has := make(map[time.Time]bool)
	elapsed := p.srv.clock.elapsed()
	for _, s := range wanted {
		for i := -s.history(); i < len(s.values); i++ {
			at := s.at(i)
			late := query.EndTime != nil && at.Add(elapsed).After(*query.EndTime)
			early := query.StartTime != nil && !at.Add(elapsed).After(*query.StartTime)
			if (i < 0 || !math.IsNaN(s.values[i])) && !late && !early {
				has[at] = true
			}
		}
	}
	times := make([]time.Time, 0, len(has))
	for at := range has {
		times = append(times, at)
	}
	sort.Slice(times, func(i, j int) bool { return times[i].Before(times[j]) })
	if max := int(query.MaxSample); max > 0 && len(times) > max {
		times = times[len(times)-max:]
	}
	return times
}

// A host keeps an hour of real-time samples.
const keptTime = time.Hour

// history is how many samples there are before the snapshot's: those of an
// hour, unless the first is missing, as for a VM that was started then. Their
// values are the first's.
func (s *series) history() int {
	if s.origin != "realtime" || len(s.values) == 0 || math.IsNaN(s.values[0]) {
		return 0
	}
	if n := int(keptTime/s.interval) - len(s.values); n > 0 {
		return n
	}
	return 0
}

// at is the end of the interval of the i-th sample.
func (s *series) at(i int) time.Time { return s.start.Add(time.Duration(i+1) * s.interval) }

// sample is -1, which vSphere writes for a missing value, where there is none.
func (s *series) sample(at time.Time) int64 {
	i := int(at.Sub(s.start)/s.interval) - 1
	if i < 0 && i >= -s.history() {
		i = 0
		at = s.at(i)
	}
	if i < 0 || i >= len(s.values) || !s.at(i).Equal(at) || math.IsNaN(s.values[i]) {
		return -1
	}
	return int64(math.Round(s.values[i]))
}

// answered is one counter's part of an answer.
type answered struct {
	id     types.PerfMetricId
	values []int64
}

func csvAnswer(entity types.ManagedObjectReference, all []answered, times []time.Time,
	interval time.Duration) types.BasePerfEntityMetricBase {
	result := &types.PerfEntityMetricCSV{}
	result.Entity = entity
	info := make([]string, 0, 2*len(times))
	for _, at := range times {
		info = append(info, seconds(interval), at.Format(time.RFC3339))
	}
	result.SampleInfoCSV = strings.Join(info, ",")
	values := make([]string, len(times))
	for i := range all {
		for j, value := range all[i].values {
			values[j] = strconv.FormatInt(value, 10)
		}
		result.Value = append(result.Value, types.PerfMetricSeriesCSV{
			PerfMetricSeries: types.PerfMetricSeries{Id: all[i].id}, Value: strings.Join(values, ","),
		})
	}
	return result
}

// PerfMetricIntSeries is the library's but for one tag, by which the library
// leaves out each value that is 0. Its name is the type's in the response.
type PerfMetricIntSeries struct {
	types.PerfMetricSeries

	Value []int64 `xml:"value"`
}

func normalAnswer(entity types.ManagedObjectReference, all []answered, times []time.Time,
	interval time.Duration) types.BasePerfEntityMetricBase {
	result := &types.PerfEntityMetric{}
	result.Entity = entity
	for _, at := range times {
		result.SampleInfo = append(result.SampleInfo, types.PerfSampleInfo{
			Timestamp: at, Interval: int32(interval / time.Second),
		})
	}
	for i := range all {
		result.Value = append(result.Value, &PerfMetricIntSeries{
			PerfMetricSeries: types.PerfMetricSeries{Id: all[i].id}, Value: all[i].values,
		})
	}
	return result
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d", int64(d/time.Second)) }
