# SPDX-License-Identifier: Apache-2.0
"""The CPU time that flowtap adds to the process it watches.

Several processes of one program live side by side: bare, bare once more (their difference is the noise of
the machine), watched by flowtap, and instrumented with prometheus_client. They take turns, round by round;
each round gives one ratio to the bare process of that round, and the tables show medians.

FLOWTAP_PYTHONS         interpreters, separated by colons (default: the first one that fits)
FLOWTAP_BENCH_KAILASH   directory of the real SDK's package (default: the sample engine of tests/engine)
FLOWTAP_PROGRAM         flowtap (default: build/flowtap)
FLOWTAP_BENCH_OPTIONS   more options of `flowtap run`
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

from measure.program import Program
from measure.table import markdown
from measure.watcher import Watcher

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGETS = os.path.join(ROOT, "bench/targets")
SDK = os.environ.get("FLOWTAP_BENCH_KAILASH")
ENGINE = SDK or os.path.join(ROOT, "tests/engine")
FLOWTAP = os.environ.get("FLOWTAP_PROGRAM") or os.path.join(ROOT, "build/flowtap")

OPTIONS = os.environ.get("FLOWTAP_BENCH_OPTIONS", "").split()

# Name, program, unit of work.
LOADS = [
    ("chain", "workflows.py", "node"),
    ("imports", "workflows.py", "node"),
    ("mixed", "workflows.py", "node"),
    ("sort-method", "bystander.py", "call"),
    ("sort-function", "bystander.py", "call"),
    ("echo", "bystander.py", "message"),
]


class Load:
    def __init__(self, name, program, unit, python):
        self.name = name
        self.unit = unit
        self.runs_nodes = unit == "node"
        self._command = [python, "-B", os.path.join(TARGETS, program), name]

    def start(self, *options):
        more = os.environ.get("PYTHONPATH", "")
        return Program(self._command + list(options), {"PYTHONPATH": ENGINE + os.pathsep + more})


def fitting_count(program, cpu_seconds):
    """Returns the number of repetitions that take about that long. Also warms the program up."""
    count = 1
    while True:
        used = program.run(count)[1]
        if used > cpu_seconds / 8:
            return max(1, round(count * cpu_seconds / used))
        count *= 4


def column_of(processes, name, number):
    """Yields the processes of each turn. Each turn begins with another process."""
    names = list(processes)
    return names[(names.index(name) + number) % len(names)]


def turns(processes, count, rounds):
    """Returns {name: [CPU microseconds per unit in each round]}, and the number of units that each process ran."""
    costs = {name: [] for name in processes}
    total = 0
    for number in range(rounds):
        for name in processes:
            turn = column_of(processes, name, number)
            units, seconds = processes[turn].run(count)
            costs[turn].append(1e6 * seconds / units)
        total += units
    return costs, total


def checked(load, watcher, units):
    """Exits with an error if flowtap's counts are wrong. On a busy machine it needs time to read all events."""
    for _ in range(20):
        time.sleep(1)
        seen = watcher.total("workflow_node_executions_total", status="success")
        lost = watcher.total("flowtap_events_lost_total")
        if not load.runs_nodes or (seen == units and not lost):
            return
    text = "error: {}: {} nodes ran, flowtap saw {:.0f} and lost {:.0f} events"
    sys.exit(text.format(load.name, units, seen, lost))


def measure(load, options, instrument):
    """Returns the costs of turns(), the hits per unit by probe, and the CPU time of flowtap itself per unit."""
    with ExitStack() as open_:
        bare = open_.enter_context(load.start())
        processes = {"bare": bare, "again": open_.enter_context(load.start())}
        processes["flowtap"] = open_.enter_context(load.start())
        if instrument and load.runs_nodes:
            processes["client"] = open_.enter_context(load.start("--instrument"))
        count = fitting_count(bare, options.cpu_seconds)
        watcher = open_.enter_context(Watcher(FLOWTAP, processes["flowtap"].pid, OPTIONS))
        warm = {name: program.run(count)[0] for name, program in processes.items()}
        checked(load, watcher, warm["flowtap"])
        hits, cpu = watcher.hits(), watcher.cpu_seconds()
        costs, units = turns(processes, count, options.rounds)
        checked(load, watcher, warm["flowtap"] + units)
        cpu = watcher.cpu_seconds() - cpu
        hits = {probe: (value - hits.get(probe, 0)) / units for probe, value in watcher.hits().items()}
    return costs, hits, 1e6 * cpu / units


def ratio(costs, name):
    if name not in costs:
        return "-"
    return "{:.2f}".format(statistics.median(a / b for a, b in zip(costs[name], costs["bare"])))


def added(costs, name):
    if name not in costs:
        return "-"
    return "{:.2f}".format(statistics.median(a - b for a, b in zip(costs[name], costs["bare"])))


COST_HEADS = ["CPU per unit", "bare us", "bare again", "flowtap", "+us"]
COST_HEADS += ["prometheus_client", "+us", "flowtap's own us"]


def cost_row(load, costs, daemon):
    row = ["{}, a {}".format(load.name, load.unit), "{:.2f}".format(statistics.median(costs["bare"]))]
    row += [ratio(costs, "again"), ratio(costs, "flowtap"), added(costs, "flowtap")]
    row += [ratio(costs, "client"), added(costs, "client")]
    return row + ["{:.2f}".format(daemon)]


def has_client(python):
    found = subprocess.run([python, "-c", "import prometheus_client"], stderr=subprocess.DEVNULL, check=False)
    if found.returncode:
        print("SKIPPED: the column prometheus_client: {} has no such module\n".format(python))
    return not found.returncode


def interpreters():
    chosen = [python for python in os.environ.get("FLOWTAP_PYTHONS", "").split(":") if python]
    return chosen or [sys.executable]


def version(python):
    script = "import platform; print(platform.python_version())"
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def report(python, options):
    engine = "Kailash SDK" if SDK else "sample engine"
    print("### " + ", ".join(filter(None, ["CPython " + version(python), engine, " ".join(OPTIONS)])) + "\n")
    instrument = has_client(python)
    rows, hit_rows = [], []
    for name, program, unit in LOADS:
        if options.load and name not in options.load:
            continue
        load = Load(name, program, unit, python)
        costs, hits, daemon = measure(load, options, instrument)
        rows.append(cost_row(load, costs, daemon))
        hit_rows.append((load, hits))
    print(markdown(COST_HEADS, rows) + "\n")
    print(hits_table(hit_rows) + "\n", flush=True)


def hits_table(hit_rows):
    probes = sorted({probe for _, hits in hit_rows for probe in hits})
    rows = []
    for load, hits in hit_rows:
        cells = ["{:.2f}".format(hits.get(probe, 0)) for probe in probes]
        rows.append(["{}, a {}".format(load.name, load.unit)] + cells + ["{:.2f}".format(sum(hits.values()))])
    return markdown(["hits per unit"] + probes + ["all"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: to see that it works")
    parser.add_argument("--load", action="append", choices=[name for name, _, _ in LOADS])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cpu-seconds", type=float, default=0.3, help="of a bare round, about")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.cpu_seconds = 3, 0.05
    for python in interpreters():
        report(python, options)


if __name__ == "__main__":
    main()
