# SPDX-License-Identifier: MIT
"""libvirt.py BIN WORK [--short]: collect and migrations on three libvirt hosts of the lab.

Cost: CPU of collect's process beside that of virsh domstats, run once for each reading and host, by turns; a reading
more than samples, as each sample is what lies between two. Accuracy: memory beside what each guest says itself on its
console, CPU beside what the kernel counted for its vCPUs' threads between the first reading and the last. Estimates:
guests that idle and guests that write go round the hosts, round after round; the last rounds are planned without
--history and with that of the first rounds' journals, none of their own. Figures are medians, and the greatest beside
them. Nothing here fails for what it measures: it prints what was reached and missed.
"""
import calendar
import csv
import os
import shutil
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = TOP + "/tests/hypervisors/lab.py"
sys.path.insert(0, os.path.dirname(LAB))
from vcpus import Threads  # noqa: E402
HOSTS = ("h1", "h2", "h3")
GUESTS = {False: 24, True: 9}
ROUNDS = {False: 3, True: 1}
WINDOW_S, INTERVAL_S = 30, 5
MOVES = {False: (3, 3), True: (2, 1)}  # rounds to learn from, rounds to estimate
COST_TARGET, ACCURACY_TARGET_PCT, ESTIMATE_TARGET_PCT = 1, 5, 15
NO_LAB = 77
POLICY = """[analyze]
cpu_hot_pct=100
memory_hot_pct=100
[plan]
vmotion_mbps=64
[apply]
libvirt_tls=no
"""


def run(*command, codes=(0,)):
    """What a command says and the CPU seconds of its process, which must end with one of the codes."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        sys.exit("%s: %s" % (" ".join(command), said[-1000:]))
    return said, usage.ru_utime + usage.ru_stime


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


class Lab:
    """Hosts that end with this process."""

    def __init__(self, work, memory):
        self.dir = work + "/lab"
        up = subprocess.run([LAB, "up", self.dir, "--hosts", str(len(HOSTS)), "--memory", str(memory), "--while",
                             str(os.getpid())], check=False)
        if up.returncode:
            sys.exit(0 if up.returncode == NO_LAB else up.returncode)
        self.source = self.dir + "/hosts.csv"
        self.uris = [row["uri"] for row in rows_of(self.source)]

    def run(self, word, *words):
        return run(LAB, word, self.dir, *words)[0]

    def guest(self, number, name, **options):
        self.run("guest", HOSTS[number % len(HOSTS)], name,
                 *(word for option, value in options.items() for word in ("--" + option, str(value))))

    def said(self, name):
        """The last figures that a guest said."""
        line = [line for line in self.run("console", name).splitlines() if line.startswith("count=")][-1]
        return dict(word.split("=") for word in line.split())


def collect(bin_, lab, output, window_s=WINDOW_S, interval_s=INTERVAL_S):
    shutil.rmtree(output, ignore_errors=True)
    return run(bin_ + "/collect", "-q", "libvirt:" + lab.source, "--window", str(window_s), "--interval",
               str(interval_s), "-o", output)[1]


def mean_of(snapshot, entity, metric):
    values = [float(value) for row in rows_of(snapshot + "/samples.csv")
              if row["entity_id"] == entity and row["metric"] == metric for value in row["values"].split() if value != "-"]
    return statistics.mean(values)


def verdict(text, values, target, unit=" %", judged=statistics.median):
    """Reached where the figure that is judged is."""
    print("  %s: %.2f%s, at most %.2f%s (to reach: %g%s by the %s): %s" % (
        text, statistics.median(values), unit, max(values), unit, target, unit,
        "greatest" if judged == max else "median", "reached" if judged(values) <= target else "MISSED"), flush=True)


def error_pct(found, true):
    return abs(found - true) / true * 100


def measure(bin_, work, short):
    lab = Lab(work, GUESTS[short] // len(HOSTS) * 256)
    names = ["g%d" % i for i in range(GUESTS[short])]
    for i, name in enumerate(names):
        lab.guest(i, name, use=10 + 5 * (i % 6), busy=i % 4)
        if i % len(HOSTS) == 2:  # they boot a few at a time: emulated, that takes the machine
            lab.run("await", *names[i - 2:i + 1])
    print("%d hosts, %d guests, %d readings each" % (len(HOSTS), len(names), WINDOW_S // INTERVAL_S + 1), flush=True)
    costs, memory, cpu = [], [], []
    for _ in range(ROUNDS[short]):
        threads = Threads(names, lab.dir)
        threads.start()
        time.sleep(1)
        mine = collect(bin_, lab, work + "/snapshot")
        time.sleep(1)
        threads.end()
        theirs = sum(run("virsh", "-c", uri, "domstats")[1] for uri in lab.uris
                     for _ in range(WINDOW_S // INTERVAL_S + 1))
        costs.append(mine / theirs)
        mhz = {row["id"]: float(row["core_mhz"]) for row in rows_of(work + "/snapshot/hosts.csv")}
        for vm in rows_of(work + "/snapshot/vms.csv"):
            said = lab.said(vm["name"])
            memory.append(error_pct(mean_of(work + "/snapshot", vm["id"], "memory_active_kib"),
                                    int(said["total_kib"]) - int(said["available_kib"])))
            cpu.append(error_pct(mean_of(work + "/snapshot", vm["id"], "cpu_usage_mhz") / mhz[vm["host_id"]],
                                 threads.cpus(vm["name"], work + "/snapshot")))
    verdict("CPU of collect, times that of virsh domstats", costs, COST_TARGET, "")
    verdict("memory, beside what the guests say", memory, ACCURACY_TARGET_PCT, judged=max)
    verdict("CPU, beside the vCPUs' threads", cpu, ACCURACY_TARGET_PCT, judged=max)
    lab.run("down")


class Round:
    """Each guest goes to the next host."""

    def __init__(self, bin_, lab, path):
        self.bin, self.lab, self.path = bin_, lab, path
        collect(bin_, lab, path, 10, 2)
        names = {row["id"]: row["name"] for row in rows_of(path + "/hosts.csv")}
        rules = "".join("[rule %s]\ntype=vm_host_affinity\nvms=%s\nhosts=%s\nmandatory=yes\n" % (
            vm["name"], vm["name"], HOSTS[(HOSTS.index(names[vm["host_id"]]) + 1) % len(HOSTS)])
            for vm in rows_of(path + "/vms.csv"))
        with open(path + ".ini", "w", encoding="utf-8") as file:
            file.write(POLICY + rules)
        self.program("analyze", path, "-o", path + ".assessment.csv")

    def program(self, name, *words):
        run(self.bin + "/" + name, "-q", "--policy", self.path + ".ini", *words)

    def estimates(self, *options):
        """Of each guest, the seconds that a plan reckons with; the plan is what is applied later."""
        self.program("plan", *options, self.path, self.path + ".assessment.csv", "-o", self.path + ".plan.csv")
        return {row["object"]: float(row["est_s"]) for row in rows_of(self.path + ".plan.csv")
                if (row["kind"], row["action"]) == ("step", "migrate")}

    def apply(self):
        """Of each guest, the seconds that the journal says its migration took."""
        self.program("apply", "--no-recheck-load", self.path + ".plan.csv", "libvirt:" + self.lab.source)
        begun, took = {}, {}
        for row in rows_of(self.path + ".plan.journal.csv"):
            if row["event"] == "intent":
                begun[row["object"]] = seconds_of(row["time"])
            elif row["event"] == "succeeded":
                took[row["object"]] = seconds_of(row["time"]) - begun[row["object"]]
        return took


def estimate(bin_, work, short):
    lab = Lab(work, 1024)
    dirty = {"still%d" % i: 0 for i in range(3)} | {"writing%d" % i: i + 1 for i in range(3)}
    for i, name in enumerate(dirty):
        lab.guest(i, name, memory=256, use=60 + 40 * (i % 3), dirty=dirty[name])
    lab.run("await", *dirty)
    learnt, tried = MOVES[short]
    journals, errors = [], {}
    for i in range(learnt + tried):
        this = Round(bin_, lab, "%s/round%d" % (work, i))
        before = this.estimates()
        after = this.estimates(*(word for journal in journals for word in ("--history", journal)))
        took = this.apply()
        print("  round %d: %s" % (i + 1, ", ".join("%s %g s (%g, %g)" % (name, took[name], before[name], after[name])
                                                   for name in sorted(took))), flush=True)
        if i < learnt:
            journals.append(this.path + ".plan.journal.csv")
            continue
        for name in took:
            for how, estimated in (("without", before), ("with", after)):
                errors.setdefault((how, name.rstrip("0123456789")), []).append(error_pct(estimated[name], took[name]))
    print("Migrations, with the history of %d rounds" % learnt)
    for how, kind in sorted(errors, reverse=True):
        verdict("error %s --history, %s" % (how, kind), errors[how, kind], ESTIMATE_TARGET_PCT)
    lab.run("down")


def seconds_of(text):
    """Of a time as the files write it, since 1970."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def main():
    bin_, work = sys.argv[1:3]
    short = "--short" in sys.argv
    for part, does in (("measure", measure), ("estimate", estimate)):
        directory = "%s/%s" % (work, part)
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        does(bin_, directory, short)


main()
