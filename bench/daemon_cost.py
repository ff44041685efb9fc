# SPDX-License-Identifier: Apache-2.0
"""The CPU time and memory of flowtap itself, by the number of targets, with other processes on the machine.

One flowtap searches by command line (--match). Native engines (tests/native/engine_c.c) are started: one after
the other first, to see how long each runs before it is attached to; then many. Idle: nobody does anything.
Busy: one after the other runs a round, all the time.

FLOWTAP_PROGRAM   flowtap (default: build/flowtap)
FLOWTAP_ENGINE    engine_c (default: build/engine_c)
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
ENGINE = os.environ.get("FLOWTAP_ENGINE") or os.path.join(ROOT, "build/engine_c")
PROFILE = os.path.join(ROOT, "tests/native/engine_c.yaml")
MARK = str(4_000_000 + os.getpid())
RUNS = 50  # workflows in a round, each of 5 nodes
ATTACHED = re.compile(r"attached to process (\d+); its first (\d+) ms were not observed")


class Target(Ended):
    def __init__(self):
        command = [ENGINE, "--runs", str(RUNS), "--retry-every", MARK]
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def run(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.process.stdout.readline()


class Daemon(Ended):
    def __init__(self):
        # pylint: disable-next=consider-using-with
        self._log = tempfile.NamedTemporaryFile("r", prefix="flowtap-bench-")
        command = [FLOWTAP, "run", "--listen", "127.0.0.1:0", "--profile", PROFILE]
        command += ["--match", "--retry-every " + MARK]
        with open(self._log.name, "w", encoding="ascii") as log:
            super().__init__(command, stderr=log)
        while not (served := re.search(r"serving (\S+)\n", self._said())):
            time.sleep(0.05)
        self._url = served.group(1)

    def __exit__(self, *_):
        super().__exit__()
        self._log.close()

    def _said(self):
        self._log.seek(0)
        return self._log.read()

    def gaps(self):
        """Returns {pid: milliseconds from its exec until all its probes were attached}."""
        return {int(pid): int(gap) for pid, gap in ATTACHED.findall(self._said())}

    def await_attached(self, targets):
        pids = {target.process.pid for target in targets}
        while not pids <= self.gaps().keys():
            time.sleep(0.02)

    def cpu_seconds(self):
        with open("/proc/{}/stat".format(self.process.pid), encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self):
        with open("/proc/{}/status".format(self.process.pid), encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024

    def node_executions(self):
        with urllib.request.urlopen(self._url, timeout=30) as answer:
            page = answer.read().decode()
        rows = re.findall(r'workflow_node_executions_total\{.*status="started".*\} (\d+)', page)
        return sum(int(row) for row in rows)


def used(daemon, seconds, work):
    """Calls work() for so many seconds. Returns the CPU time that flowtap used, in percent of one core."""
    begin, cpu = time.monotonic(), daemon.cpu_seconds()
    while time.monotonic() < begin + seconds:
        work()
    return 100 * (daemon.cpu_seconds() - cpu) / (time.monotonic() - begin)


def measure(number, others, seconds):
    with ExitStack() as open_:
        for _ in range(others):
            open_.enter_context(Ended(["/bin/sleep", "3600"]))
        daemon = open_.enter_context(Daemon())
        time.sleep(5)  # flowtap has looked at all processes by then
        search = used(daemon, seconds, lambda: time.sleep(0.2))
        targets = []
        for _ in range(min(number, 20)):
            targets.append(open_.enter_context(Target()))
            daemon.await_attached(targets)
        gaps = sorted(daemon.gaps().values())
        cpu = daemon.cpu_seconds()
        more = [open_.enter_context(Target()) for _ in range(number - len(targets))]
        daemon.await_attached(more)
        each = "{:.1f}".format(1000 * (daemon.cpu_seconds() - cpu) / len(more)) if more else "-"
        targets += more
        idle = used(daemon, seconds, lambda: time.sleep(0.2))
        turns = iter(targets * 1_000_000)
        before = daemon.node_executions()
        busy = used(daemon, seconds, lambda: next(turns).run())
        rate = (daemon.node_executions() - before) / seconds
        row = [number, "{:.2f} %".format(search), "{:.2f} %".format(idle), "{:.1f} %".format(busy)]
        row += ["{:.0f}".format(rate), "{:.0f}".format(daemon.resident_mb()), each]
        return row + ["{:.0f} ({} to {})".format(statistics.median(gaps), gaps[0], gaps[-1])]


HEADS = ["targets", "CPU before any", "CPU idle", "CPU busy", "node executions per second", "RSS, MB"]
HEADS += ["CPU per attach, ms", "exec to attached, ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: to see that it works")
    parser.add_argument("--others", type=int, default=1000, help="processes that are no targets")
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    options = parser.parse_args()
    numbers = [1, 50, 500]
    if options.quick:
        numbers, options.others, options.seconds = [1, 10], 50, 2
    rows = [measure(number, options.others, options.seconds) for number in numbers]
    print("{} other processes; CPU in percent of one core\n".format(options.others))
    print(markdown(HEADS, rows))


if __name__ == "__main__":
    main()
