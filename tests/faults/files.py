#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets every call that writes, flushes, renames, makes or opens a file fail in turn, in all four programs.

    files.py [--all]     all points, or one in twenty-four of them

After each, what must hold: the exit code says what stands (0 and 3: the result, whole; 1: what was there before, and
nothing else; 4, of apply alone: no result); nobody hangs or crashes; the next run, in which nothing fails, ends right,
also with the journal that this one left, in which each step succeeds once; and nothing half made is left then.
"""
import collections
import csv
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile

TOP, BUILD, BIN = (os.environ[name] for name in ("TOP", "BUILD", "BIN"))
SOURCE = TOP + "/samples/snapshot"
MODES = [("ENOSPC", ""), ("EIO", ""), ("EINTR", ""), ("short", ""), ("ENOSPC", "yes"), ("EIO", "yes"), ("short", "yes"),
         ("kill", "")]
TIMEOUT_S = 60


def execute(command, **fault):
    env = dict(os.environ, ASAN_OPTIONS="verify_asan_link_order=0", **fault)
    if fault:
        env["LD_PRELOAD"] = BUILD + "/tests/faults.so"
    try:
        done = subprocess.run([f"{BIN}/{command[0]}", *command[1:]], env=env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return "no end", ""
    return done.returncode, done.stderr.decode("utf-8", "replace")


def same(a, b):
    """Two files or two directories of files hold the same."""
    if os.path.isdir(a) != os.path.isdir(b) or not os.path.exists(a):
        return False
    if not os.path.isdir(a):
        return filecmp.cmp(a, b, False)
    names = sorted(os.listdir(a))
    return names == sorted(os.listdir(b)) and not any(filecmp.cmpfiles(a, b, names, False)[1:])


class Case:
    """One program and its result; `old` is what stands in the result's place before, or None."""

    def __init__(self, name, command, result, old=None, kept=()):
        self.name, self.command, self.result, self.old = name, command, result, old
        self.kept = set(kept)  # what else may be there at the end

    def set_up(self):
        for name in os.listdir("."):
            shutil.rmtree(name) if os.path.isdir(name) else os.unlink(name)
        if self.old is not None:
            with open(self.result, "w", encoding="utf-8") as file:
                file.write(self.old)

    def is_as_before(self):
        if self.old is None:
            return not os.path.lexists(self.result)
        with open(self.result, encoding="utf-8") as file:
            return file.read() == self.old

    def stands(self, reference):
        return same(self.result, reference)

    def again(self, reference):
        """The next run, and what is wrong after it."""
        if os.path.isdir(self.result):  # which would be refused: it is whole
            shutil.rmtree(self.result)
        code, said = execute(self.command)
        return None if code == 0 and self.stands(reference) else f"the next run ends with {code}: {said}"


class ArchiveCase(Case):
    """Of an archive the link is moved last, and then the history is brought up to date: 3 may mean that only the
    snapshot stands, and then its words say so."""

    history = "rollup.csv"

    def taken(self):
        there = os.listdir(self.result) if os.path.lexists(self.result) else []
        return [name for name in there if not name.startswith(".") and name != self.history]

    def stands(self, reference):
        return bool(self.taken()) and all(same(f"{self.result}/{name}", reference) for name in self.taken())

    def is_as_before(self):
        return not self.taken()

    def again(self, reference):
        code, said = execute(self.command)
        if code != 0 or not self.stands(reference) or len(os.listdir(self.result)) != 3:
            return f"the next run ends with {code}: {said}; there is {os.listdir(self.result)}"
        return None


class ApplyCase(Case):
    def again(self, reference):
        """Goes on with the journal, where there is one; where the result stands, under another name."""
        again = self.result + ("-again" if os.path.exists(self.result) else "")
        command = [again if word == self.result else word for word in self.command]
        command += ["--journal", self.result + ".journal.csv"]
        code, said = execute(command)
        if code != 0 or not same(again, reference):
            return f"the next run ends with {code}: {said}"
        code, said = execute(["apply", "-q", "--verify-journal", self.result + ".journal.csv"])
        with open(self.result + ".journal.csv", newline="", encoding="utf-8") as file:
            ended = collections.Counter(row["step"] for row in csv.DictReader(file) if row["event"] == "succeeded")
        shutil.rmtree(again)
        return None if code == 0 and set(ended.values()) == {1} else f"the journal: {code} {said} {ended}"


def judge(case, fault, stays, code, said, reference):
    """What is wrong after a run with a fault, or None."""
    if fault == "kill" and code == -9:
        if not case.stands(reference) and not case.is_as_before():
            return "killed, there is half a result"
    elif code in (0, 3):
        if not case.stands(reference):
            return "the result does not stand"
    elif code == 1 or (code == 4 and isinstance(case, ApplyCase)):
        if not case.is_as_before():
            return "the result is not as before"
        left = {name for _, names, _ in os.walk(".") for name in names if name.startswith(".")}
        left |= {name for _, _, names in os.walk(".") for name in names if name.startswith(".")}
        if left and not (fault == "EIO" and stays):  # then what is to be removed cannot be opened either
            return f"left behind: {left}"
    else:
        return "no such exit code"
    if code != 0 and fault != "kill" and not said:
        return "not a word"
    wrong = case.again(reference)
    left = set(os.listdir(".")) - case.kept - {case.result}
    return wrong or (f"left behind in the end: {left}" if left else None)


def walk(case, reference, step, bad):
    counts = collections.Counter()
    case.set_up()
    code, said = execute(case.command, FAULT_COUNT=reference + ".count")
    assert code == 0, said
    source = case.result + ("/latest/" if isinstance(case, ArchiveCase) else "")
    shutil.copytree(source, reference) if os.path.isdir(source) else shutil.copy(source, reference)
    with open(reference + ".count", encoding="utf-8") as file:
        calls = int(file.read())
    for number, (fault, stays) in enumerate(MODES):
        for at in range(1 + number % step, calls + 1, step):
            case.set_up()
            setting = {"FAULT": fault, "FAULT_AT": str(at)}
            if stays:
                setting["FAULT_STAYS"] = stays
            code, said = execute(case.command, **setting)
            counts[code] += 1
            wrong = judge(case, fault, stays, code, said, reference)
            if wrong:
                bad.append(f"{case.name}: {fault}{' and on' if stays else ''} at {at} of {calls}, exit {code}: {wrong}: {said}")
    ends = ", ".join(f"{n} ended with {code}" for code, n in sorted(counts.items(), key=str))
    print(f"{case.name}: {calls} calls, {sum(counts.values())} points: {ends}", flush=True)
    return sum(counts.values())


def main():
    step = 1 if "--all" in sys.argv[1:] else 24
    bad = []
    with tempfile.TemporaryDirectory(prefix="vmanger-faults-") as top:
        inputs = top + "/inputs"
        os.makedirs(inputs)
        os.makedirs(top + "/work")
        os.chdir(top + "/work")
        assessment, plan = inputs + "/assessment.csv", inputs + "/plan.csv"
        for command in (["analyze", "-q", SOURCE, "-o", assessment], ["plan", "-q", SOURCE, assessment, "-o", plan]):
            assert execute(command)[0] == 0
        cases = [
            Case("collect", ["collect", SOURCE, "-o", "result"], "result"),
            ArchiveCase("collect --archive", ["collect", SOURCE, "--archive", "result"], "result"),
            Case("analyze", ["analyze", SOURCE, "-o", "result"], "result"),
            Case("analyze over a file", ["analyze", SOURCE, "-o", "result"], "result", "old"),
            # of one cluster, which makes the same calls as the whole company in a quarter of the time
            Case("plan over a file", ["plan", "--cluster", "HAM-Desktops", SOURCE, assessment, "-o", "result"], "result", "old"),
            ApplyCase("apply", ["apply", plan, SOURCE, "-o", "result", "--parallel", "2"], "result",
                      kept=["result.journal.csv"]),
        ]
        points = sum(walk(case, f"{top}/reference{i}", step, bad) for i, case in enumerate(cases))
    for line in bad:
        print(line)
    print(f"{points} points, {len(bad)} bad ends")
    return 1 if bad else 0


sys.exit(main())
