#!/bin/sh
# SPDX-License-Identifier: MIT
# The simulated vCenter, seen by pyvmomi: what it serves equals the snapshot,
# and what it does is what vCenter would do.
#
#   tests/vcenter/test.sh [SNAPSHOT]     (default: samples/snapshot)
set -eu

cd "$(dirname "$0")/../.."
build=${BUILD:-build}
snapshot=${1:-samples/snapshot}
work=$(mktemp -d)
server=

stop() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	server=
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# start SNAPSHOT OPTION...: sets url and control.
start() {
	stop
	rm -f "$work/ports"
	served=$1
	shift
	"$build/tests/vcenter" --snapshot "$served" --port-file "$work/ports" "$@" >"$work/out" 2>&1 &
	server=$!
	tries=0
	until [ -f "$work/ports" ]; do
		tries=$((tries + 1))
		if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
			cat "$work/out" >&2
			exit 1
		fi
		sleep 0.1
	done
	url=$(sed -n 1p "$work/ports")
	control=$(sed -n 2p "$work/ports")
}

compare() {
	/usr/bin/python3 tests/vcenter/compare.py "$@"
}

fail() {
	echo "test.sh: $*" >&2
	exit 1
}

make -s "BUILD=$build" "$build/tests/vcenter"

echo "== served equals the snapshot"
start "$snapshot" --per-host 2
compare "$url" "$snapshot"

echo "== a cell that differs is found"
cp -R "$snapshot" "$work/changed"
/usr/bin/python3 - "$work/changed/vms.csv" <<'PYTHON'
import csv, sys
with open(sys.argv[1], newline="", encoding="utf-8") as table:
    rows = list(csv.DictReader(table))
rows[0]["memory_mib"] = str(int(rows[0]["memory_mib"]) + 4)
with open(sys.argv[1], "w", newline="", encoding="utf-8") as table:
    out = csv.DictWriter(table, rows[0].keys())
    out.writeheader()
    out.writerows(rows)
PYTHON
if compare "$url" "$work/changed" >"$work/differences"; then
	fail "a changed size was not found"
fi
grep -q "memory_mib" "$work/differences" || fail "the changed size was not named"

echo "== what vCenter does"
/usr/bin/python3 tests/vcenter/scenario.py "$url" "$control"

echo "== what a client meets on the wire"
start "$snapshot" --api-version 8.0.1.0 --cert-out "$work/certificate"
/usr/bin/python3 tests/vcenter/wire.py "$url" "$control" "$work/certificate" 8.0.1.0

echo "== faults from the call instead of the task"
start "$snapshot" --per-host 2 --fault-in-call
/usr/bin/python3 tests/vcenter/scenario.py "$url" "$control" --fault-in-call

for version in 6.5 8.0.2.0; do
	echo "== API $version, pages of 7, with what collect leaves out"
	start "$snapshot" --api-version "$version" --max-page 7 --extra
	compare --extra --api-version "$version" "$url" "$snapshot"
done
