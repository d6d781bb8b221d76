# SPDX-License-Identifier: MIT
# What analyze finds after apply is what the plan said would be: hot hosts, and the use of every host touched.
. "$TOP/tests/pipeline/lib/applying.sh"
find "$before" -type f -exec sha256sum {} + | sort >original
exits 0 "$BIN/apply" plan.csv "$before" -o after
says "Apply complete: $steps steps done"
find "$before" -type f -exec sha256sum {} + | sort | diff original - || fail 'the target itself was changed'
(cd after && sha256sum --quiet -c SHA256SUMS)
"$BIN/analyze" -q after -o after.csv
python3 - <<'END'
import csv, re, sys

def table(path):
    rows = [r for r in csv.reader(open(path, newline="")) if not r[0].startswith("#")]
    return [dict(zip(rows[0], r)) for r in rows[1:]]

promised = {}
for row in table("plan.csv"):
    if row["kind"] == "step":
        for name, cpu, memory in re.findall(r"(\S+): CPU \S+ to (\S+) %, memory \S+ to (\S+) %", row["effect"]):
            promised[name] = {"cpu": float(cpu), "host_memory": float(memory)}
wrong, compared, hot = [], 0, {}
for row in table("after.csv"):
    if row["entity"] != "host":
        continue
    if row["state"] == "hot":
        hot.setdefault(row["cluster_id"], set()).add(row["id"])
    expected = promised.get(row["name"], {}).get(row["resource"])
    if expected is None:
        continue
    compared += 1
    if abs(expected - float(row["usage_pct"])) > 0.06:
        wrong.append((row["name"], row["resource"], expected, row["usage_pct"]))
for row in csv.reader(open("plan.csv", newline="")):
    if row[0] == "#cluster":
        after = dict(f.split("=", 1) for f in row[3:] if f)["hot_hosts"].split("/")[1]
        if len(hot.get(row[1], ())) != int(after):
            wrong.append((row[1], "hot hosts", after, len(hot.get(row[1], ()))))
print("compared", compared, "wrong", wrong)
sys.exit(compared < 10 or bool(wrong))
END
