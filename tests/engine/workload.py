# SPDX-License-Identifier: Apache-2.0
"""Runs workflows on the test engine and reports its own exact count of them.

On stdout and stdin, line by line:
  workload: "ready PID"
  caller:   "go" or "again"      runs one round of the shape
  workload: "holding"            only with --hold: a node now blocks until any line arrives; on
                                 "die" the process ends inside that node, as --exit-mode says
  workload: one line of JSON     after the round
  caller:   "reset"              forgets all counts; answered with "reset"
  caller:   "exit" or EOF        ends the process as --exit-mode says

The JSON, cumulative since the start or the last reset:
  {"pid": 1, "python": "3.13.0", "shape": "sync", "round": 1,
   "elapsed_seconds": 0.5, "cpu_seconds": 0.4,          of the last round
   "workflows": {LABEL: {"started": n, "success": n, "failed": n, "cancelled": n,
                         "seconds": s, "success_seconds": s}},
   "nodes":  [{"workflow_id": LABEL, "node_id": ID, "node_type": CLASS,
               "status": "started|success|failed|cancelled", "count": n, "seconds": s}],
   "errors": [{"workflow_id": LABEL, "node_id": ID or "", "error_type": CLASS, "count": n}]}
LABEL is the workflow's id, or its name where the id is a UUID, or "unnamed" where the name is made
up too. Nodes that were skipped are in no row. Errors count failed executions only, by the class of
the exception that left the node's execute() or execute_async(), or the workflow's coroutine
(node_id ""). Seconds are wall time by perf_counter, measured in the caller around the call.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time

import shapes
import workload_nodes
from kailash.ledger import LEDGER


def parse(arguments):
    parser = argparse.ArgumentParser(description="Runs workflows and counts them.")
    parser.add_argument("--shape", default="sync", choices=sorted(shapes.SHAPES))
    parser.add_argument("--runs", type=int, default=10, help="workflow runs per round (and thread)")
    parser.add_argument("--duration-s", type=float, default=0, help="run this long instead of --runs")
    parser.add_argument("--nodes", type=int, default=5, help="nodes per workflow")
    parser.add_argument("--threads", type=int, default=4, help="threads, or coroutines at once")
    parser.add_argument("--share", action="store_true", help="threads: all run one workflow object")
    parser.add_argument("--depth", type=int, default=3, help="recursive: levels below the first")
    parser.add_argument("--work-us", type=int, default=0, help="work of each node")
    parser.add_argument("--work", choices=["busy", "sleep"], default="busy")
    parser.add_argument("--fail-every", type=int, default=0, help="every Nth run has a failing node")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ids", choices=["given", "named", "unnamed"], default="given")
    parser.add_argument("--hold", action="store_true", help="end each round with a node that waits")
    parser.add_argument("--exit-mode", choices=["normal", "os._exit", "sigkill-self"], default="normal")
    return parser.parse_args(arguments)


def run_round(plan, number):
    wall, cpu = time.perf_counter(), time.process_time()
    shapes.SHAPES[plan.options.shape](plan)
    if plan.options.hold:
        shapes.hold(plan)
    report = {
        "pid": os.getpid(),
        "python": platform.python_version(),
        "shape": plan.options.shape,
        "round": number,
        "elapsed_seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
    }
    report.update(LEDGER.report())
    print(json.dumps(report), flush=True)


def main():
    options = parse(sys.argv[1:])
    plan = shapes.Plan(options)
    print("ready {}".format(os.getpid()), flush=True)
    number = 0
    for line in iter(sys.stdin.readline, ""):
        command = line.strip()
        if command in ("go", "again"):
            number += 1
            run_round(plan, number)
        elif command == "reset":
            LEDGER.reset()
            print("reset", flush=True)
        elif command == "exit":
            break
        else:
            sys.exit("workload: unknown command: " + command)
    workload_nodes.leave(options.exit_mode)


if __name__ == "__main__":
    main()
