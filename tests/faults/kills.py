#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills apply before and after every write and flush of its journal, half way through the write, and before and after
every request that it sends and at every answer; goes on with the same journal; and looks that nothing shows of it.

    kills.py [--seed N] [--pairs N] [--walk WORD]...     all points of all walks, or of those with WORD in their names
    kills.py [--seed N] --sample N                       so many of them, as evenly over the walks as can be
    kills.py --case 'vcenter 8 1 kill@12 kill@45'        one of them, as a bad end is named: where, --parallel,
                                                         milliseconds a task, and how each run is disturbed

What must hold is in aftermath.py: after a kill the journal announces all that was done, and tells of no end that is none;
in the end the vCenter, or the copy of a snapshot, stands as after an undisturbed run, each task took effect once, the
journal verifies, each of its steps has one end, and undo lists them all.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import os
import queue
import random
import sys
import tempfile
import time

from aftermath import Reference, after_kill, after_terminate, at_end, read_journal
from places import FORGET, PLACES, Case, make_inputs

EVENTS = ("run_started", "resolved", "succeeded", "checked", "intent", "submitted", "run_ended")
SLOW_MS, SLOWER_MS = 30, 300
ALIKE = 4


class Harness:
    def __init__(self, top, workers):
        self.inputs = top + "/inputs"
        os.makedirs(self.inputs)
        make_inputs(self.inputs)
        self.free = {name: queue.SimpleQueue() for name in PLACES}
        self.places = []
        for name, place in PLACES.items():
            for worker in range(workers):
                self.places.append(place(self.inputs, f"{top}/{name}{worker}"))
                self.free[name].put(self.places[-1])
        self.references = {}

    def reference(self, case):
        """By a run alone: what it passes, in order, depends on how many steps run at once and how long they take."""
        key = case.undisturbed()
        if key not in self.references:
            place = self.free[case.target].get()
            self.references[key] = Reference(place, case)
            self.free[case.target].put(place)
        return self.references[key]

    def trace(self, *undisturbed):
        return self.reference(Case(*undisturbed)).trace

    def trace_after(self, case):
        """What the run passes that follows those of the case."""
        place = self.free[case.target].get()
        place.begin(case)
        for run in case.runs:
            place.apply(case, run)
        trace = place.apply(case, "")[2]
        self.free[case.target].put(place)
        return trace

    def attempt(self, case):
        """How the disturbed runs ended, and all that is wrong."""
        reference, place = self.references[case.undisturbed()], self.free[case.target].get()
        try:
            return self.disturb(case, place, reference)
        finally:
            self.free[case.target].put(place)

    def disturb(self, case, place, reference):
        ends, wrong = [], []
        place.begin(case)
        for run in case.runs:
            rows = len(read_journal(place))
            code, said, trace = place.apply(case, run)
            ends.append(trace[-1] if code == -9 and trace else str(code))
            if code == -9:
                wrong += after_kill(place)
            elif "term@" in run:
                wrong += after_terminate(place, code, rows)
            elif code != 0:
                wrong.append(f"a run that was not killed ends with {code}: {said}")
            place.then(run)
        code, said, _ = place.apply(case, "")
        wrong += at_end(place, reference, code, said)
        return ends, wrong, read_journal(place)

    def close(self):
        for place in self.places:
            place.close()


# ---- the walks: each gives its cases ----

def each_point(target, parallel, task_ms, then=""):
    def cases(harness, _):
        return [Case(target, parallel, task_ms, f"kill@{at}{then}")
                for at in range(1, len(harness.trace(target, parallel, task_ms)) + 1)]
    return cases


def while_settling(point):
    """The first kill leaves steps open, of which tasks run; the second comes while the next run settles them."""
    def cases(harness, _):
        first = Case("vcenter", 8, SLOWER_MS, f"kill@{point}")
        harness.reference(first)
        trace = harness.trace_after(first)
        trace = trace[:trace.index("write checked before")]
        last = max(i for i, name in enumerate(trace) if name.startswith(("flush resolved", "flush succeeded")))
        seen, chosen = collections.Counter(), []
        for at, name in enumerate(trace[:last + 4], 1):  # as long as a task runs the same requests come again and again
            seen[name] += 1
            if seen[name] <= ALIKE:
                chosen.append(Case("vcenter", 8, SLOWER_MS, f"kill@{point}", f"kill@{at}"))
        return chosen
    return cases


def kinds(target, task_ms):
    """A kill at each kind of journal event, and in the next run one at each kind."""
    def cases(harness, _):
        trace, found = harness.trace(target, 8, task_ms), []
        for first in ("event", *EVENTS):  # the header's row is called "event"
            for place in ("before", "half", "after"):
                pattern = f"write {first}* {place}"
                count = len(fnmatch.filter(trace, pattern))
                found += [Case(target, 8, task_ms, f"kill@{pattern}#{(count + 1) // 2}", f"kill@write {second}* {where}#1")
                          for second in EVENTS for where in ("before", "after") if count]
        return found
    return cases


def pairs(target, parallels, task_times):
    """Any point, and any of what is left of the run after it."""
    def cases(harness, options):
        rng, found = random.Random(f"{options.seed} {target}"), []
        for _ in range(options.pairs):
            parallel, task_ms = rng.choice(parallels), rng.choice(task_times)
            trace = harness.trace(target, parallel, task_ms, "--no-recheck-load")
            first = rng.randint(1, len(trace))
            left = trace.index("write checked before") + max(0, len(trace) - first)
            found.append(Case(target, parallel, task_ms, "--no-recheck-load", f"kill@{first}",
                              f"kill@{rng.randint(1, left)}"))
        return found
    return cases


def terminated(target, task_ms, then_killed):
    """SIGTERM at each journal row, alone or with a kill a little later."""
    def cases(harness, options):
        rng = random.Random(options.seed)
        at = [i for i, name in enumerate(harness.trace(target, 8, task_ms), 1)
              if name.startswith("write") and name.endswith("before")]
        return [Case(target, 8, task_ms, f"term@{i}" + (f"+kill@{i + rng.randint(1, 60)}" if then_killed else ""))
                for i in at]
    return cases


WALKS = {
    "directory: each point": each_point("directory", 8, 0),
    "directory: kinds by kinds": kinds("directory", 0),
    "directory: pairs": pairs("directory", (1, 8), (0,)),
    "directory: SIGTERM": terminated("directory", 0, False),
    "directory: SIGTERM, then SIGKILL": terminated("directory", 0, True),
    "vcenter: each point, steps side by side": each_point("vcenter", 8, SLOW_MS),
    "vcenter: each point, then its tasks are forgotten": each_point("vcenter", 8, SLOWER_MS, FORGET),
    "vcenter: settling, some submitted": while_settling("write submitted add_* after#3"),
    "vcenter: settling, a migration was sent": while_settling("send RelocateVM_Task after#4"),
    "vcenter: settling, a reconfiguration was sent": while_settling("send ReconfigVM_Task after#5"),
    "vcenter: settling, a host was to enter": while_settling("send EnterMaintenanceMode_Task after#1"),
    "vcenter: settling, a host was to leave": while_settling("send ExitMaintenanceMode_Task after#1"),
    "vcenter: SIGTERM": terminated("vcenter", SLOW_MS, False),
    "vcenter: SIGTERM, then SIGKILL": terminated("vcenter", SLOW_MS, True),
    "vcenter: kinds by kinds": kinds("vcenter", SLOW_MS),
    "vcenter: pairs": pairs("vcenter", (2, 8), (1, SLOW_MS, 150)),
    "vcenter: each point, step by step": each_point("vcenter", 1, 1),
}


def report(case, ends, wrong):
    print(f"BAD {case}   (ended: {'; '.join(ends)})")
    for line in wrong:
        print("    " + line.strip())
    sys.stdout.flush()


def summarise(name, results, seconds):
    ends = collections.Counter(end.split()[0] for _, ends, _ in results for end in ends)
    bad = sum(bool(wrong) for _, _, wrong in results)
    print(f"{name}: {len(results)} cases in {seconds:.0f} s, {len(results) / max(seconds, 0.1):.1f} a second; bad ends {bad}; "
          f"killed at or ended with: {', '.join(f'{end} {n}' for end, n in ends.most_common())}", flush=True)
    return bad


def walk(harness, name, cases, workers):
    """How many of the cases end badly."""
    begun, results = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for case, (ends, wrong, _) in zip(cases, pool.map(harness.attempt, cases)):
            results.append((case, ends, wrong))
            if wrong:
                report(case, ends, wrong)
            if len(results) % 250 == 0 and len(results) < len(cases):
                print(f"{name}: {len(results)} of {len(cases)} after {time.monotonic() - begun:.0f} s", flush=True)
    return summarise(name, results, time.monotonic() - begun)


def sample(all_cases, n, rng):
    """So many cases, as many of each walk as there are."""
    waiting = [rng.sample(cases, len(cases)) for cases in all_cases]
    chosen = []
    while len(chosen) < n and any(waiting):
        chosen += [cases.pop() for cases in waiting if cases]
    return chosen[:n]


def try_one(harness, text):
    case = Case.read(text)
    harness.reference(case)
    ends, wrong, rows = harness.attempt(case)
    for row in rows:
        print(" ".join(row[name] for name in ("seq", "run", "step", "event", "action", "object_id", "task", "detail")))
    report(case, ends, wrong) if wrong else print(f"good: {'; '.join(ends)}")
    return len(wrong)


def run(harness, options):
    if options.case:
        return try_one(harness, options.case)
    chosen = [name for name in WALKS if not options.walk or any(word in name for word in options.walk)]
    if options.sample:
        every = [WALKS[name](harness, options) for name in chosen]
        return walk(harness, f"a sample of {sum(map(len, every))}",
                    sample(every, options.sample, random.Random(options.seed)), options.workers)
    return sum(walk(harness, name, WALKS[name](harness, options), options.workers) for name in chosen)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=2000, help="so many random pairs of points, of each place")
    parser.add_argument("--walk", action="append", help="only those with this in their names")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--case")
    parser.add_argument("--workers", type=int, default=8, help="so many runs side by side, most of which wait")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vmanger-kills-") as top:
        harness = Harness(top, 1 if options.case else options.workers)
        try:
            bad = run(harness, options)
        finally:
            harness.close()
    print(f"{bad} bad ends" if not options.case else "")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
