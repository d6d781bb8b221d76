# SPDX-License-Identifier: MIT
"""What the kernel counts for the threads of guests' vCPUs, to hold what collect measures beside."""
import calendar
import csv
import glob
import os
import threading
import time

PAUSE_S = 0.2
TICKS = os.sysconf("SC_CLK_TCK")


class Threads(threading.Thread):
    """Keeps reading the CPU seconds of the threads of a lab's guests from when it is started until "end"."""

    def __init__(self, names, lab):
        super().__init__(daemon=True)
        self.ended, self.stats, self.readings = threading.Event(), {}, {name: [] for name in names}
        for process in glob.glob("/proc/[0-9]*"):
            try:
                with open(process + "/cmdline", encoding="utf-8", errors="replace") as file:
                    words = file.read().split("\0")
            except OSError: # it has ended
                continue
            name = next((word[len("guest="):].split(",")[0] for word in words if word.startswith("guest=")), None)
            if name in self.readings and "qemu" in words[0] and self.is_of(process, lab):
                self.stats[name] = [f"{task}/stat" for task in glob.glob(process + "/task/*") if self.is_vcpu(task)]

    @staticmethod
    def is_of(process, lab):
        """Guests of other labs may have the same names: hosts see what guests of their own lab say in /run/lab/console."""
        try:
            return os.path.samefile(process + "/root/run/lab/console", lab + "/console")
        except OSError:
            return False

    @staticmethod
    def is_vcpu(task):
        with open(task + "/comm", encoding="utf-8", errors="replace") as file:
            return file.read().startswith("CPU ")

    @staticmethod
    def ticks(path):
        """Of user and system time: proc(5)."""
        with open(path, encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def read(self):
        for name, paths in self.stats.items():
            self.readings[name].append((time.time(), sum(map(self.ticks, paths)) / TICKS))

    def run(self):
        self.read()
        while not self.ended.wait(PAUSE_S):
            self.read()

    def end(self):
        self.ended.set()
        self.join()
        self.read()

    def seconds(self, name, when):
        """Had by that time, by the readings before and after it."""
        readings = self.readings[name]
        after = next(i for i, reading in enumerate(readings) if reading[0] >= when)
        (early, had), (late, has) = readings[max(after - 1, 0)], readings[after]
        return had + (has - had) * (when - early) / (late - early) if late > early else had

    def cpus(self, name, snapshot):
        """On average, within the window of a snapshot, which tells its end in whole seconds, cut off."""
        with open(snapshot + "/snapshot.csv", newline="", encoding="utf-8") as file:
            info = next(csv.DictReader(file))
        end = calendar.timegm(time.strptime(info["taken_at"], "%Y-%m-%dT%H:%M:%SZ")) + 0.5
        window_s = float(info["window_s"])
        return (self.seconds(name, end) - self.seconds(name, end - window_s)) / window_s
