# SPDX-License-Identifier: MIT
"""Where apply is killed: at the simulated vCenter, and on a copy of a snapshot. Each place has a directory of its own and
can be put back as it was, so that one serves many runs, and several serve side by side."""
import csv
import json
import os
import shlex
import shutil
import subprocess
import time
import urllib.request

BUILD, BIN = (os.environ[name] for name in ("BUILD", "BIN"))
PLAN, SNAPSHOT = "plan.csv", "snapshot"
JOURNAL, TRACE = "journal.csv", "trace"
TIMEOUT_S = 180
EVACUATED = "esx01-003.example"
FORGET = "+forget"  # the vCenter knows no task any more when the next run comes


def execute(command, directory, **environment):
    """The exit code (minus a signal's number) and what was said on standard error."""
    env = dict(os.environ, ASAN_OPTIONS="verify_asan_link_order=0", **environment)
    try:
        done = subprocess.run([f"{BIN}/{command[0]}", *command[1:]], cwd=directory, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return "no end", ""
    return done.returncode, done.stderr.decode("utf-8", "replace")


def demand(command, directory):
    code, said = execute(command, directory)
    assert code == 0, f"{' '.join(command)}: {code} {said}"


def make_inputs(directory):
    """A snapshot and a plan for it with steps of all actions that apply knows: a host is emptied, enters maintenance mode
    and, by a step added by hand, leaves it again."""
    subprocess.run([BUILD + "/tests/generate", "--hosts=6", "--vms=28", "--hot=25", "--short=20", "--fill-memory=45",
                    "--fill-cpu=35", "--odd=0", "--rules=0", "--seed=2", "-o", SNAPSHOT], cwd=directory, check=True)
    with open(directory + "/policy.ini", "w", encoding="utf-8") as file:
        file.write(f"[plan]\nevacuate={EVACUATED}\n")
    policy = ["--policy", "policy.ini"]
    demand(["analyze", "-q", SNAPSHOT, "-o", "assessment.csv"], directory)
    demand(["plan", "-q", *policy, SNAPSHOT, "assessment.csv", "-o", "first.csv"], directory)
    with open(directory + "/first.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    names = next(row for row in rows if row[0] == "kind")
    last = max(number for number, row in enumerate(rows) if row[0] == "step")
    enters = dict(zip(names, next(row for row in rows if "enter_maintenance" in row)))
    leaves = dict(enters, step=str(sum(row[0] == "step" for row in rows) + 1), after=enters["step"],
                  action="exit_maintenance", reason="it is done", check="")
    rows.insert(last + 1, [leaves[name] for name in names])
    with open(directory + "/edited.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    demand(["plan", "-q", *policy, "--check", "edited.csv", SNAPSHOT, "assessment.csv", "-o", PLAN], directory)


def fault_of(run):
    """The shim's orders: "kill@12", "kill@write intent * before#2", "term@5", "term@5+kill@9"; what follows the run (FORGET) is none of them."""
    environment = {}
    for part in run.removesuffix(FORGET).split("+") if run else []:
        signal, at = part.split("@")
        name = {"kill": "FAULT_AT", "term": "FAULT_TERM_AT"}[signal]
        if "#" in at:
            environment["FAULT_POINT"], at = at.split("#")
        environment[name] = at
    return environment


class Case:
    """Runs of one plan with one journal, each disturbed; then one that is not."""

    def __init__(self, target, parallel, task_ms, *words):
        self.target, self.parallel, self.task_ms = target, parallel, task_ms
        self.options = [word for word in words if word.startswith("--")]
        self.runs = [word for word in words if not word.startswith("--")]

    def undisturbed(self):
        """What stays the same where other runs are disturbed."""
        return (self.target, self.parallel, self.task_ms, *self.options)

    def __str__(self):
        return shlex.join([str(word) for word in self.undisturbed()] + self.runs)

    @staticmethod
    def read(text):
        target, parallel, task_ms, *words = shlex.split(text)
        return Case(target, int(parallel), int(task_ms), *words)


class Place:
    def __init__(self, inputs, directory):
        self.inputs, self.directory = inputs, directory
        os.makedirs(directory + "/temporary")

    def path(self, name):
        return f"{self.directory}/{name}"

    def begin(self, case):
        del case
        for name in (JOURNAL, TRACE, "back.csv"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))

    def target(self):
        raise NotImplementedError

    def apply(self, case, run):
        """One run of apply: its exit code, what it said, and the names of the points that it passed."""
        if os.path.exists(self.path(TRACE)):
            os.unlink(self.path(TRACE))
        code, said = execute(
            ["apply", "-q", f"{self.inputs}/{PLAN}", *self.target(), "--journal", JOURNAL, "--parallel",
             str(case.parallel), "--policy", f"{self.inputs}/policy.ini", *case.options], self.directory,
            LD_PRELOAD=BUILD + "/tests/faults.so", FAULT_JOURNAL=JOURNAL, FAULT_TRACE=TRACE,
            TMPDIR=self.path("temporary"), VMANGER_LOCK_DIR=self.directory, GOVC_USERNAME="administrator@vsphere.local",
            GOVC_PASSWORD="secret", **fault_of(run))
        return code, said, self.trace()

    def then(self, run):
        """What happens before the next run."""

    def trace(self):
        try:
            with open(self.path(TRACE), encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def leftovers(self):
        return os.listdir(self.path("temporary"))

    def world(self, at_rest):
        """What stands and what took effect, by object and method; None where nothing lasts but the result."""
        del at_rest
        return None

    def close(self):
        pass


class AtVcenter(Place):
    name = "vcenter"
    changing = ("RelocateVM_Task", "ReconfigVM_Task", "EnterMaintenanceMode_Task", "ExitMaintenanceMode_Task")

    def __init__(self, inputs, directory):
        super().__init__(inputs, directory)
        self.server = subprocess.Popen(
            [BUILD + "/tests/vcenter", "--snapshot", f"{inputs}/{SNAPSHOT}", "--port-file", "ports", "--cert-out", "cert.pem"],
            cwd=directory, stdout=subprocess.DEVNULL, env=dict(os.environ, GOGC="1000", GOMAXPROCS="1"))
        while not os.path.exists(self.path("ports")):
            assert self.server.poll() is None, "the simulated vCenter does not start"
            time.sleep(0.05)
        with open(self.path("ports"), encoding="utf-8") as file:
            self.url, self.control = file.read().split()

    def ask(self, path, data=None):
        with urllib.request.urlopen(self.control + path, data=data, timeout=60) as answer:
            return json.load(answer)

    def begin(self, case):
        super().begin(case)
        self.ask(f"/restore?task_time={case.task_ms}ms", b"")

    def then(self, run):
        if run.endswith(FORGET):
            self.ask("/forget?which=all", b"")

    def target(self):
        return [self.url, "--cacert", "cert.pem"]

    def world(self, at_rest):
        world = self.ask("/world" + ("" if at_rest else "?at=once"))
        world["effects"] = {key: n for key, n in world["effects"].items() if key.split()[1] in self.changing}
        return world

    def calls(self):
        calls = self.ask("/stats")["calls"]
        return {method: calls.get(method, 0) for method in self.changing}

    def close(self):
        self.server.terminate()
        self.server.wait()


class OnDirectory(Place):
    name = "directory"

    def begin(self, case):
        super().begin(case)
        for name in os.listdir(self.directory):
            if name.startswith("after"):
                shutil.rmtree(self.path(name))

    def target(self):
        """A result that stands is refused: the next run makes another."""
        return [f"{self.inputs}/{SNAPSHOT}", "-o", f"after{len(self.results())}"]

    def results(self):
        return [name for name in os.listdir(self.directory) if name.startswith("after")]

    def leftovers(self):
        known = {JOURNAL, TRACE, "temporary", "back.csv", *self.results()}
        return super().leftovers() + [name for name in os.listdir(self.directory) if name not in known]


PLACES = {place.name: place for place in (AtVcenter, OnDirectory)}
