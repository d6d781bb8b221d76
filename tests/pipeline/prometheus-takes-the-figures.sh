# SPDX-License-Identifier: MIT
# Prometheus' own promtool finds nothing amiss in figures and alert rules, the alerts fire when they should, and a real
# node exporter serves the figures as they were written, hostile names and all.
tools=$BUILD/prometheus
if ! test -x "$tools/promtool" || ! test -x "$tools/prometheus-node-exporter"; then
    mkdir -p "$tools"
    (cd "$TMP" && apt-get download prometheus prometheus-node-exporter) >"$TMP/said" 2>&1 || {
        echo "prometheus and prometheus-node-exporter cannot be had from Debian: $(tail -n 1 "$TMP/said")"
        exit 77
    }
    for package in "$TMP"/prometheus*.deb; do dpkg -x "$package" "$TMP/unpacked"; done
    mv "$TMP/unpacked/usr/bin/promtool" "$TMP/unpacked/usr/bin/prometheus-node-exporter" "$tools"
fi
export PATH="$tools:$PATH"
. "$TOP/tests/pipeline/lib/refusal.sh"

# vm names are in no figure; those of hosts and clusters are
small_snapshot in
sed -i 's/esx1/"es\\x ""1"", é\n\\\\n😀"/; s/esx2/%s$(reboot)`{}`=/' in/hosts.csv
sed -i "s/Alpha/\"''a, {b=\"\"c\"\"}\\\\\\\\\"/" in/clusters.csv
succeeds 'a snapshot' collect in -o snapshot
succeeds 'an assessment' analyze -q "$TOP/samples/snapshot" snapshot -o both.csv --prometheus textfile.prom
mkdir textfile
mv textfile.prom textfile/vmanger-analyze.prom
succeeds 'an assessment' analyze -q "$TOP/samples/snapshot" -o company.csv
succeeds 'a plan' plan -q "$TOP/samples/snapshot" company.csv -o plan.csv --prometheus textfile/vmanger-plan.prom
for file in textfile/*.prom; do
    promtool check metrics <"$file" >said 2>&1 || complain "$file" 'promtool finds something amiss'
    test ! -s said || complain "$file" 'promtool says something'
done

cp "$TOP/samples/vmanger.rules.yml" .
promtool check rules vmanger.rules.yml >said 2>&1 || complain 'the alert rules' 'promtool finds something amiss'
cat >alerts.yml <<'YML'
rule_files: [vmanger.rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'vmanger_host_state{host="esx1",cluster="A",state="hot"}', values: '1x120'}
      - {series: 'vmanger_host_state{host="esx2",cluster="A",state="hot"}', values: '0x120'}
      - {series: 'vmanger_snapshot_taken_timestamp_seconds{source_id="s"}', values: '0x120'}
      - {series: 'vmanger_cluster_memory_buffer_bytes{cluster="A"}', values: '4x120'}
      - {series: 'vmanger_cluster_memory_capacity_bytes{cluster="A"}', values: '100x120'}
    alert_rule_test:
      - {eval_time: 20m, alertname: VmangerHostHot, exp_alerts: []}
      - {eval_time: 20m, alertname: VmangerSnapshotOld, exp_alerts: []}
      - eval_time: 40m
        alertname: VmangerHostHot
        exp_alerts:
          - exp_labels: {host: esx1, cluster: A, state: hot, severity: warning}
            exp_annotations: {summary: "esx1 in A stays hot"}
      - eval_time: 40m
        alertname: VmangerSnapshotOld
        exp_alerts:
          - exp_labels: {source_id: s, severity: warning}
            exp_annotations: {summary: "vmanger has not measured source s for 40m 0s"}
      - eval_time: 90m
        alertname: VmangerBufferLow
        exp_alerts:
          - exp_labels: {cluster: A, severity: warning}
            exp_annotations: {summary: "A has 4% of its memory left to give"}
YML
promtool test rules alerts.yml >said 2>&1 || complain 'the alert rules' 'they do not fire as they should'

prometheus-node-exporter --collector.disable-defaults --collector.textfile --collector.textfile.directory=textfile \
    --web.disable-exporter-metrics --web.listen-address=127.0.0.1:0 >exporter.log 2>&1 &
exporter=$!
trap 'kill $exporter' EXIT
tries=0
until address=$(sed -n 's/.*msg="Listening on" address=\([0-9.:]*\).*/\1/p' exporter.log) && test -n "$address"; do
    tries=$((tries + 1))
    test $tries -lt 100 && kill -0 $exporter || {
        cat exporter.log
        exit 1
    }
    sleep 0.1
done
curl -sf "http://$address/metrics" >scraped
grep -q '^node_textfile_scrape_error 0$' scraped || complain 'the node exporter' 'it could not read the figures'
# It sorts labels, and writes numbers in its own way.
python3 - <<'PY' || complain 'the node exporter' 'it serves other figures'
import re, sys
def read(*paths):
    samples = {}
    for path in paths:
        for line in open(path, encoding="utf-8", newline="\n"):
            if line.startswith("vmanger_"):
                name, labels, value = re.fullmatch(r'([a-z_]+)\{(.*)\} (\S+)\n', line).groups()
                samples[name, tuple(sorted(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels)))] = float(value)
    return samples
written, served = read("textfile/vmanger-analyze.prom", "textfile/vmanger-plan.prom"), read("scraped")
print(len(written), "written,", len(served), "served")
sys.exit(written != served or len(written) < 300)
PY
finish
