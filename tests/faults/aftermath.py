# SPDX-License-Identifier: MIT
"""What must hold once apply was killed, and once a later run with the same journal has ended the plan."""
import collections
import csv
import filecmp
import os
import re
import tempfile

from places import JOURNAL, execute

METHODS = {"migrate": "RelocateVM_Task", "add_memory": "ReconfigVM_Task", "add_cpu": "ReconfigVM_Task",
           "reclaim_memory": "ReconfigVM_Task", "enter_maintenance": "EnterMaintenanceMode_Task",
           "exit_maintenance": "ExitMaintenanceMode_Task"}
# a step's events in a letter each: n is "had not been started", r any other word on what became of it
LETTERS = {"intent": "i", "submitted": "s", "unknown": "u", "succeeded": "S", "failed": "F", "refused": "R",
           "skipped": "K"}
ONE_END = re.compile(r"(is?r*n)*is?r*S")
OPEN = re.compile(r".*(i|s|u|r)")


def read_journal(place):
    """Its whole rows: what a kill cut short at the end is no row yet."""
    try:
        with open(place.path(JOURNAL), newline="", encoding="utf-8") as file:
            lines = file.read().split("\n")[:-1]
    except FileNotFoundError:
        return []
    return list(csv.DictReader(lines))


def histories(rows):
    """Of each step its events, a letter each."""
    steps = collections.defaultdict(str)
    for row in rows:
        if row["step"]:
            not_started = row["event"] == "resolved" and row["detail"] == "it had not been started"
            steps[row["step"]] += LETTERS.get(row["event"], "n" if not_started else "r")
    return steps


def counted(rows, event):
    """How many steps have such a row, by object and method, as the simulated vCenter counts what took effect."""
    steps = {(row["step"], row["object_id"], METHODS[row["action"]]) for row in rows if row["event"] == event}
    return collections.Counter(f"{object_id} {method}" for _, object_id, method in steps)


def read_undo(place):
    """The undo plan's rows, in a form that does not depend on the order in which steps ended; else None, and why."""
    if os.path.exists(place.path("back.csv")):
        os.unlink(place.path("back.csv"))
    code, said = execute(["apply", "-q", "--undo", JOURNAL, "-o", "back.csv"], place.directory)
    if code != 0:
        return None, f"{code}: {said}"
    with open(place.path("back.csv"), newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row and not row[0].startswith("#")]
    names = ("kind", "action", "object_id", "from_id", "from", "to_id", "to")
    table = [dict(zip(rows[0], row)) for row in rows[1:]]
    return sorted(tuple(row[name] for name in names) for row in table), ""


def after_kill(place):
    """What is wrong as long as nobody has gone on: nothing may have been done that the journal does not announce, nor
    may it tell of an end that is none; undo lists what stands, or says why it cannot know."""
    wrong = []
    world, rows = place.world(at_rest=False), read_journal(place)
    succeeded = counted(rows, "succeeded")
    if world:
        effects = collections.Counter(world["effects"])
        if effects - counted(rows, "intent"):
            wrong.append(f"done without a word before: {dict(effects - counted(rows, 'intent'))}")
        if succeeded - effects:
            wrong.append(f"journaled as done, and not done: {dict(succeeded - effects)}")
    undo, why = read_undo(place)
    is_open = any(OPEN.fullmatch(history) for history in histories(rows).values())
    if undo is None and not re.search("the end is not known|no step that succeeded|incomplete last line|found nothing|"
                                      "cannot be opened|No such file|found an empty", why):
        wrong.append(f"undo: {why}")
    if undo is not None and (is_open or len(undo) != sum(succeeded.values())):
        wrong.append(f"undo lists {len(undo)} steps of {dict(succeeded)}{', and some are open' if is_open else ''}")
    return wrong


def after_terminate(place, code, rows_before):
    """SIGTERM lets no step start, and what runs is waited for; before the steps, and after them, it just ends the
    program."""
    rows = read_journal(place)
    events = [row["event"] for row in rows[rows_before:]]
    wrong = [] if code in (0, 4, -15) else [f"exit code {code} after SIGTERM"]
    if code == 4 and "interrupted" not in events:
        wrong.append("exit code 4, and the journal has no word of SIGTERM")
    if "interrupted" in events and "intent" in events[events.index("interrupted"):]:
        wrong.append("a step was started after SIGTERM")
    left = [step for step, history in histories(rows).items() if OPEN.fullmatch(history)]
    if left:
        wrong.append(f"SIGTERM left steps open: {left}")
    return wrong


class Reference:
    """What an undisturbed run gives."""

    def __init__(self, place, case):
        place.begin(case)
        code, said, self.trace = place.apply(case, "")
        assert code == 0, f"{case}: {code} {said}"
        self.world = place.world(at_rest=True)
        self.calls = place.calls() if self.world else None
        self.steps = len(histories(read_journal(place)))
        self.undo, why = read_undo(place)
        assert self.undo is not None and len(self.undo) == self.steps, why
        self.result = None
        if not self.world:
            self.result = tempfile.mkdtemp(dir=place.inputs)
            os.rename(place.path("after0"), self.result)


def same_directories(a, b):
    names = sorted(os.listdir(a))
    return names == sorted(os.listdir(b)) and not any(filecmp.cmpfiles(a, b, names, False)[1:])


def compare_worlds(place, reference):
    wrong, world = [], place.world(at_rest=True)
    for part in ("vms", "hosts_in_maintenance", "effects"):
        expected, found = reference.world[part], world[part]
        for key in sorted(set(expected) | set(found)):
            if expected.get(key) != found.get(key):
                wrong.append(f"{part}: {key} is {found.get(key)}, undisturbed {expected.get(key)}")
    if place.calls() != reference.calls:
        wrong.append(f"calls {place.calls()}, undisturbed {reference.calls}")
    return wrong


def at_end(place, reference, code, said):
    """What is wrong when the last run has ended: all is as without a kill, and each step has one end."""
    wrong = [] if code == 0 else [f"the last run ends with {code}: {said}"]
    if reference.world:
        wrong += compare_worlds(place, reference)
    else:
        results = place.results()
        wrong += [f"{name} is not the undisturbed result" for name in results
                  if not same_directories(place.path(name), reference.result)]
        wrong += [] if results else ["there is no result"]
    code, said = execute(["apply", "-q", "--verify-journal", JOURNAL], place.directory)
    if code != 0:
        wrong.append(f"the journal does not verify: {code} {said}")
    steps = histories(read_journal(place))
    if len(steps) != reference.steps:
        wrong.append(f"the journal tells of {len(steps)} steps of {reference.steps}")
    wrong += [f"step {step} has the events {history}" for step, history in steps.items()
              if not ONE_END.fullmatch(history)]
    undo, why = read_undo(place)
    if undo != reference.undo:
        wrong.append(f"undo: {why or sorted(set(undo) ^ set(reference.undo))}")
    if place.leftovers():
        wrong.append(f"left behind: {place.leftovers()}")
    return wrong
