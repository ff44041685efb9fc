# SPDX-License-Identifier: Apache-2.0
"""The time from the exec of a process to its first counted execution, and how many executions ran before that.

One flowtap searches by command line (--match). Programs (bench/targets/numbered.c) are started all at once; each
begins an execution every few milliseconds from its first moment on, and knows when each began. What flowtap
counts of a program is what it ran from some moment on, so the number of the first that was counted is known, and
when it began.

FLOWTAP_PROGRAM   flowtap (default: build/flowtap)
FLOWTAP_NUMBERED  the program (default: build/bench/numbered)
"""

import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack

from measure.ended import Ended
from measure.table import markdown

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FLOWTAP = os.environ.get("FLOWTAP_PROGRAM") or os.path.join(ROOT, "build/flowtap")
NUMBERED = os.environ.get("FLOWTAP_NUMBERED") or os.path.join(ROOT, "build/bench/numbered")
PROFILE = """
profile: numbered
runtime: native
binaries: [numbered]
points:
  - {name: workflow, kind: workflow, function: execute, workflow_id: arg0 cstring}
"""
CONFIG = "target_labels: [pid]\nprofile: profile.yaml\nmatch: ['/numbered [0-9]+ [0-9]+$']\n"
STARTED = re.compile(r'workflow_executions_total\{(?=.*status="started").*pid="(\d+)".*\} (\d+)')
LOST = re.compile(r'flowtap_(?:events_lost|executions_unpaired)_total\{reason="(\w+)"\} (\d+)')
PATIENCE = 120  # s


class Numbered(Ended):
    def __init__(self, period_ms):
        pipe = subprocess.PIPE
        super().__init__([NUMBERED, str(period_ms)], stdin=pipe, stdout=pipe)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


class Daemon(Ended):
    def __init__(self, directory):
        for name, text in (("profile.yaml", PROFILE), ("config.yaml", CONFIG)):
            with open(os.path.join(directory, name), "w", encoding="ascii") as file:
                file.write(text)
        self._log = os.path.join(directory, "log")
        command = [FLOWTAP, "run", "--listen", "127.0.0.1:0"]
        with open(self._log, "w", encoding="ascii") as log:
            super().__init__(command + ["--config", os.path.join(directory, "config.yaml")], stderr=log)
        while not (served := re.search(r"serving (\S+)\n", self.said())):
            if self.process.poll() is not None:
                raise RuntimeError(self.said())
            time.sleep(0.05)
        self._url = served.group(1)

    def said(self):
        with open(self._log, encoding="utf-8") as log:
            return log.read()

    def page(self):
        with urllib.request.urlopen(self._url, timeout=60) as answer:
            return answer.read().decode()

    def counted(self):
        """Returns {pid: executions that began}. Exits with an error if any was lost."""
        page = self.page()
        lost = {reason: int(count) for reason, count in LOST.findall(page)}
        lost.pop("in_flight_at_attach")
        if any(lost.values()):
            raise RuntimeError("not all was counted: {}".format(lost))
        return {int(pid): int(count) for pid, count in STARTED.findall(page)}


def await_all(daemon, programs):
    deadline = time.monotonic() + PATIENCE
    while not {program.process.pid for program in programs} <= daemon.counted().keys():
        if time.monotonic() > deadline:
            raise RuntimeError("not all were attached to:\n" + daemon.said())
        time.sleep(0.2)


def measure(number, period_ms):
    missed, delays = [], []
    with ExitStack() as open_:
        directory = open_.enter_context(tempfile.TemporaryDirectory())
        daemon = open_.enter_context(Daemon(directory))
        programs = [open_.enter_context(Numbered(period_ms)) for _ in range(number)]
        await_all(daemon, programs)
        load = os.getloadavg()[0]
        totals = [program.ask("stop") for program in programs]
        time.sleep(0.2)
        counted = daemon.counted()
        for program, total in zip(programs, totals):
            before = total - counted[program.process.pid]
            missed.append(before)
            delays.append(program.ask("at {}".format(before + 1)) / 1000)
    return missed, delays, load


def row(number, period_ms, repeats):
    missed, delays, loads = [], [], []
    for _ in range(repeats):
        more = measure(number, period_ms)
        missed += more[0]
        delays += more[1]
        loads.append(more[2])
    middle = statistics.median
    return [number, period_ms, "{:.0f}".format(middle(missed)), max(missed), "{:.0f}".format(middle(delays)),
            "{:.0f}".format(max(delays)), "{:.1f}".format(max(loads))]


HEADS = ["targets, started at once", "an execution every, ms", "run before, median", "run before, most"]
HEADS += ["exec to first counted, median, ms", "longest, ms", "load average"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer programs: to see that it works")
    options = parser.parse_args()
    cases = [(1, 1, 1), (10, 2, 1)] if options.quick else [(1, 1, 20), (50, 5, 3), (500, 50, 1)]
    print(markdown(HEADS, [row(*case) for case in cases]))


if __name__ == "__main__":
    main()
