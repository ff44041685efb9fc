# SPDX-License-Identifier: Apache-2.0
"""What flowtap counts of the real SDK, compared with what the workload counted: see scripts/compare_sdk.sh."""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from measure.watcher import Watcher  # noqa: E402

SHAPES = ("local local-await local-in-loop threads cyclic nested async async-mixed async-sync async-await parallel "
          "parallel-cyclic").split()  # fmt: skip
PATIENCE = 20  # seconds: an end that may still change is told after one


def options():
    parser = argparse.ArgumentParser(prog="compare_sdk.sh", description=__doc__)
    parser.add_argument("sdk", help="directory that holds the package, as the interpreter sees it")
    parser.add_argument("python", help="interpreter")
    parser.add_argument("--runs", type=int, default=20, help="workflows of each kind per shape")
    parser.add_argument("--shape", action="append", choices=SHAPES, help="this one only")
    own, more = sys.argv[1:], []
    if "--" in own:
        own, more = own[: own.index("--")], own[own.index("--") + 1 :]
    parser.epilog = "After --: more options of `flowtap run`."
    chosen = parser.parse_args(own)
    chosen.flowtap = more
    return chosen


class Workload:
    def __init__(self, chosen, shape):
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [chosen.python, "-B", str(ROOT / "tests/sdk/workload.py"), shape],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            env=dict(os.environ, PYTHONPATH=chosen.sdk),
        )  # fmt: skip
        said = self._process.stdout.readline().split()
        if said[:1] != ["ready"]:
            self._process.wait()
            self._errors.seek(0)
            sys.exit(f"error: run the SDK's shape {shape} in {chosen.python}: {self._errors.read()[-2000:]}")
        self.pid = int(said[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def run(self, number):
        self._process.stdin.write(f"go {number}\n")
        self._process.stdin.flush()
        return {tuple(key): number for *key, number in json.loads(self._process.stdout.readline())}


def seen(watcher):
    labels_of = {
        "workflow_executions_total": ("workflow", ["workflow_id", "status"]),
        "workflow_node_executions_total": ("node", ["workflow_id", "node_id", "node_type", "status"]),
    }
    counts = collections.Counter()
    for name, labels, value in watcher.scrape():
        if name in labels_of and value:
            kind, wanted = labels_of[name]
            counts[(kind, *(labels[label] for label in wanted))] += int(value)
    return dict(counts)


def settled(watcher, counted):
    """What is seen once it agrees, or no longer changes."""
    until = time.monotonic() + PATIENCE
    while (found := seen(watcher)) != counted and time.monotonic() < until:
        time.sleep(0.2)
    return found


def total(counts, kind, status):
    return sum(number for key, number in counts.items() if key[0] == kind and key[-1] == status)


def row(shape, counted, found):
    cells = [shape]
    for kind in ("workflow", "node"):
        for status in ("started", "failed"):
            cells.append(f"{total(found, kind, status)} of {total(counted, kind, status)}")
    wrong = {key for key in counted.keys() | found.keys() if counted.get(key, 0) != found.get(key, 0)}
    cells.append("exact" if not wrong else f"{len(wrong)} differ")
    return cells, [(key, counted.get(key, 0), found.get(key, 0)) for key in sorted(wrong)]


def compare(chosen, shape):
    with Workload(chosen, shape) as workload:
        flowtap = os.environ.get("FLOWTAP_PROGRAM") or str(ROOT / "build/flowtap")
        with Watcher(flowtap, workload.pid, chosen.flowtap) as watcher:
            counted = workload.run(chosen.runs)
            return row(shape, counted, settled(watcher, counted))


def main():
    chosen = options()
    print("| shape | workflows | of them failed | nodes | of them failed | each series |")
    print("|---|---|---|---|---|---|")
    differences = []
    for shape in chosen.shape or SHAPES:
        cells, wrong = compare(chosen, shape)
        print("| " + " | ".join(cells) + " |", flush=True)
        differences += [(shape, *one) for one in wrong]
    for shape, key, counted, found in differences:
        print(f"{shape}: {' '.join(key)}: {found} seen, {counted} counted", file=sys.stderr)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
