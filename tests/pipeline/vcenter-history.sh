# SPDX-License-Identifier: MIT
# collect --history adds what the vCenter kept of the time before, and analyze of that snapshot alone goes by it.
. "$TOP/tests/pipeline/lib/vcenter.sh"

# What another client is told of a VM's counters every 300 s of that day: a line each, counter and values.
cat >values.py <<'END'
import re, ssl, sys, urllib.request
url, vm, counters = sys.argv[1], sys.argv[2], sys.argv[3:]
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl._create_unverified_context()),
    urllib.request.HTTPCookieProcessor())


def call(inside):
    body = ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>' + inside + '</e:Body></e:Envelope>')
    request = urllib.request.Request(url, body.encode(), {"SOAPAction": "urn:vim25/7.0", "Content-Type": "text/xml"})
    return opener.open(request).read().decode()


call('<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>'
     '<userName>administrator@vsphere.local</userName><password>secret</password></Login>')
known = call('<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
             '<propSet><type>PerformanceManager</type><pathSet>perfCounter</pathSet></propSet><objectSet>'
             '<obj type="PerformanceManager">PerfMgr</obj></objectSet></specSet><options/></RetrievePropertiesEx>')
keys = {}
for info in known.split("<PerfCounterInfo")[1:]:
    name, group = (re.search(f"<{part}[ >].*?<key>(.*?)</key>", info, re.S)[1] for part in ("nameInfo", "groupInfo"))
    keys[f"{group}.{name}.{re.search('<rollupType>(.*?)<', info)[1]}"] = re.search(r"<key>(\d+)</key>", info)[1]
for counter in counters:
    answer = call('<QueryPerf xmlns="urn:vim25"><_this type="PerformanceManager">PerfMgr</_this><querySpec>'
                  f'<entity type="VirtualMachine">{vm}</entity><startTime>2026-11-19T20:45:00Z</startTime>'
                  f'<endTime>2026-11-20T20:10:00Z</endTime><metricId><counterId>{keys[counter]}</counterId>'
                  '<instance></instance></metricId><intervalId>300</intervalId><format>normal</format></querySpec></QueryPerf>')
    print(counter, *re.findall(r"<value>(-?\d+)</value>", answer))
call('<Logout xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this></Logout>')
END
cat >compare.py <<'END'
import csv, sys
values = {w[0]: [float(v) for v in w[1:]] for w in (line.split() for line in open("values"))}
size, core, key = float(sys.argv[2]) * 1024, float(sys.argv[3]), sys.argv[4]
rows = {r[2]: r for r in csv.reader(open(sys.argv[1])) if r[0] == "vm" and r[1] == key}
cpu = values["cpu.usagemhz.average"]
wanted = {"cpu": cpu, "cpu_demand": [u + r / 300000 * core for u, r in zip(cpu, values["cpu.ready.summation"])],
          "memory": [u / 10000 * size for u in values["mem.usage.average"]],
          "held": [c + b for c, b in zip(values["mem.consumed.average"], values["mem.vmmemctl.average"])]}
for quantity, expected in wanted.items():
    recent = [float(x) for x in rows[quantity][3].split()]
    if recent[0::3] != [300 * i for i in range(11, -1, -1)] or recent[1::3] != [300] * 12:
        print(quantity, "windows", recent)
    if len(expected) != 281 or any(abs(a - b) > 0.001 for a, b in zip(recent[2::3], expected[-12:])):
        print(quantity, "found", recent[2::3], "expected", expected[-12:])
    first, *weights = [float(x) for x in rows[quantity][4].split()]
    width = 25 if "cpu" in quantity else 9765.625
    end = width * (1.05 ** (first + len(weights)) - 1) / 0.05
    if not max(expected) <= end <= max(expected) * 1.06 + width:
        print(quantity, "the highest bucket ends at", end, "the greatest was", max(expected))
    if len(rows[quantity][6].split()) != 96:
        print(quantity, "hours", rows[quantity][6])
END
# cell FILE ID COLUMN of the snapshot that is served
cell() {
    awk -F, -v id="$2" -v column="$3" 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i} $1 == id {print $at[column]}' "$snapshot/$1"
}
vm='vm-1022'
uuid=$(cell vms.csv $vm instance_uuid)
week="$PWD/week"

vcenter_start
collects 0 'a week' --history 7d
grep -q "^History of 19[0-9] VMs, by the server's statistics: every 300 s since 2026-11-19T20:45:00Z, every 1800 s since 2026-11-13T22:15:00Z\.$" heard ||
    complain 'a week' "said: $(grep History heard)"
for words in 'Peaks and percentiles are of intervals of at most 300 s' 'mem.usage of a VM' 'hosts have no history'; do
    grep -q "$words" heard || complain 'a week' "not said: $words"
done
(cd out/s && sha256sum --quiet -c SHA256SUMS)
python3 values.py "$url" $vm cpu.usagemhz.average cpu.ready.summation mem.usage.average mem.consumed.average mem.vmmemctl.average >values
python3 compare.py out/s/rollup.csv "$(cell vms.csv $vm memory_mib)" "$(cell hosts.csv "$(cell vms.csv $vm host_id)" core_mhz)" "$uuid" >amiss
test ! -s amiss || complain 'a week' "$(head -n 3 amiss)"
mv out/s "$week"

# the limit on a query, levels, lost answers, shorter times
collects 0 'a day' --history 24h
mv out/s day
order 'statistics?limit=3'
collects 0 'three counters at a time' --history 24h
cmp -s day/rollup.csv out/s/rollup.csv || complain 'three counters at a time' 'another history'
order 'statistics?limit=0'
collects 3 'no counter at a time' --history 24h
says 'no counter at a time' "^collect: warning: the server's statistics are left out: RestrictedByAdministrator: .*maxQueryMetrics"
order 'statistics?limit=64' 'statistics?level=2'
collects 0 'a higher level' --history 24h
! grep -q 'mem.usage' heard || complain 'a higher level' 'mem.usage is told of'
cut -d, -f1-3 day/rollup.csv >of.day
cut -d, -f1-3 out/s/rollup.csv | cmp -s - of.day || complain 'a higher level' 'other VMs'
order 'statistics?level=1' 'rule?method=QueryPerf&do=cut&nth=8' 'rule?method=QueryPerf&do=drop&nth=12'
collects 0 'answers lost on their way' --history 24h
cmp -s day/rollup.csv out/s/rollup.csv || complain 'answers lost on their way' 'another history'
collects 0 'an hour and a half' --history 90m
grep -q 'every 300 s since 2026-11-20T18:45:00Z\.$' heard || complain 'an hour and a half' "said: $(grep History heard)"

# one that has not been there for long, or only just
order 'statistics?id=vm-1022&since=2h'
collects 0 'a young VM' --history 24h
test "$(grep "^vm,$uuid,cpu," out/s/rollup.csv | cut -d, -f7 | wc -w)" -le 12 || complain 'a young VM' 'has old hours'
order 'statistics?id=vm-1022&since=0h'
collects 0 'a VM of now' --history 24h
! grep -q "^vm,$uuid," out/s/rollup.csv || complain 'a VM of now' 'has a history'
vcenter_stop

# what is refused leaves the snapshot
vcenter_start
order 'rule?method=QueryPerf&do=fault&fault=NotSupported&nth=6'
collects 3 'one query refused' --history 24h
says 'one query refused' '^collect: warning: [0-9]+ VMs have no history, as the server refuses their statistics: NotSupported'
test -s out/s/rollup.csv || complain 'one query refused' 'no history of the others'
order 'rule?method=QueryPerf&do=fault&fault=NotSupported&nth=6&times=0'
collects 3 'all refused' --history 24h
says 'all refused' "^collect: warning: the server's statistics are left out: NotSupported"
test ! -e out/s/rollup.csv || complain 'all refused' 'a history'
order 'rule?method=QueryPerf&do=html&nth=6&times=0'
collects 3 'a server that answers nonsense' --history 24h
says 'a server that answers nonsense' "^collect: warning: the server's statistics are left out: "
test ! -e out/s/rollup.csv || complain 'a server that answers nonsense' 'a history'
! grep -q rollup out/s/SHA256SUMS || complain 'a server that answers nonsense' 'a sum of a history'
order 'statistics?enabled=no'
collects 3 'no statistics' --history 24h
says 'no statistics' '^collect: warning: the server has no statistics of the time before the snapshot'
order 'statistics?interval=1800&enabled=yes'
collects 0 'half hours alone' --history 24h
grep -q 'No interval is of at most 300 s' heard || complain 'half hours alone' "said: $(cat heard)"
order 'statistics?enabled=yes'

# an archive begins with it and goes on; what a killed run left goes
mkdir -p archive/.next
cp "$week/rollup.csv" archive/.next
for step in --history=7d --quiet; do
    GOVC_PASSWORD=secret "$BIN/collect" "$url" -u "$account" --cacert cert.pem $step --archive archive >heard 2>said ||
        complain 'an archive' "$step"
    order 'clock?advance=300'
done
mean=$(awk -F, -v vm="$vm" '$1 == vm && $2 == "cpu_usage_mhz" { n = split($NF, values, " ")
    for (i in values) sum += values[i]; print sum / n }' archive/latest/samples.csv)
grep "^vm,$uuid,cpu," archive/rollup.csv | cut -d, -f4 | cut -d' ' -f34- |
    awk -v mean="$mean" 'NF != 3 || $1 != 0 || $2 != 300 || ($3 - mean) ^ 2 > 0.01 { exit 1 }' ||
    complain 'an archive' "has not the last window, of $mean: $(grep "^vm,$uuid,cpu," archive/rollup.csv | cut -d, -f4)"
test "$(grep "^vm,$uuid,cpu," archive/rollup.csv | cut -d, -f7 | wc -w)" = 96 || complain 'an archive' 'has not all hours'
vcenter_stop

# one snapshot alone is evaluated by it
greatest=$(head -n 1 values | tr ' ' '\n' | sed 1d | sort -n | tail -n 1)
for estimator in ewma p95 peak seasonal; do
    printf '[analyze]\nestimator=%s\n' "$estimator" >policy.ini
    succeeds "$estimator" analyze -q --policy policy.ini "$week" -o with.csv
    succeeds "$estimator" analyze -q --policy policy.ini "$snapshot" -o without.csv
    grep -q '^#rollup,3f6f9c1e-5d0a-4b7e-9a52-7c1d0e8b4f23,2026-11-20T20:10:00Z$' with.csv || complain "$estimator" 'does not name the history'
    for of in with without; do
        grep "^vm,$vm,.*,cpu,MHz" $of.csv | cut -d, -f12 >"$estimator.$of"
    done
    ! cmp -s "$estimator.with" "$estimator.without" || complain "$estimator" 'is the same without'
done
awk -v most="$greatest" '$1 < most || $1 > 1.06 * most + 25 {exit 1}' peak.with || complain peak "found $(cat peak.with): the greatest was $greatest"
awk -v most="$greatest" '$1 >= most {exit 1}' seasonal.with || complain seasonal "found $(cat seasonal.with): the greatest was $greatest"
printf '[analyze]\nhot_after=3/3\nurgent_pct=95\n' >policy.ini
"$BIN/analyze" --policy policy.ini "$week" -o with.csv >with
"$BIN/analyze" --policy policy.ini "$snapshot" -o without.csv >without
grep -q 'host-30) .* above 80 %' with || complain 'heat that lasts' 'is not hot'
! grep -q 'host-30) .* above 80 %' without || complain 'heat that lasts' 'is hot without a history'

# it stays with its snapshot
succeeds 'checked and written anew' collect -q "$week" -o anew
cmp -s "$week/SHA256SUMS" anew/SHA256SUMS || complain 'checked and written anew' 'other sums'
succeeds 'assessed' analyze -q "$week" -o assessment.csv
"$BIN/plan" -q "$week" assessment.csv -o plan.csv || complain 'planned' "exit code $?"
"$BIN/apply" -q plan.csv "$week" -o after || complain 'tried' "exit code $?"
cmp -s "$week/rollup.csv" after/rollup.csv || complain 'tried' 'the history is another'
succeeds 'after' analyze -q --policy policy.ini after -o after.csv
cp -r "$week" spoilt
sed -i 's/ 300 / 301 /' spoilt/rollup.csv
rm -rf out && mkdir out
refuses 'a history changed' 'spoilt/rollup\.csv: found SHA-256 ' analyze spoilt -o out/a.csv
rm spoilt/SHA256SUMS
sed -i 's/^#taken_at,2026/#taken_at,2027/' spoilt/rollup.csv
refuses 'a history from the future' 'spoilt/rollup\.csv: goes beyond the snapshot: ' collect spoilt -o out/x
cp archive/rollup.csv spoilt
refuses "an archive's" "spoilt/rollup\.csv: is an archive's: " collect spoilt -o out/x
finish
