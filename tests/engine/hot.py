# SPDX-License-Identifier: Apache-2.0
"""A program that passes a probed place as often as it can, and then stops.

  hot.py   says "hot PID"; calls a bound method from C until a line arrives, then says "calm"; from then on
           runs a workflow of three nodes for each line, and says "ran" each time; ends with its input
"""

from __future__ import annotations

import os
import sys
import threading

import workload_nodes  # noqa: F401  registers WorkNode
from kailash.runtime.local import LocalRuntime
from kailash.workflow.builder import WorkflowBuilder


class Hot:
    def method(self, **keywords):
        return keywords


def say(*words):
    print(*words, flush=True)


def chain():
    builder = WorkflowBuilder()
    for index in range(3):
        builder.add_node("WorkNode", "node-{}".format(index), {})
    return builder.build(workflow_id="calm")


def main():
    method = Hot().method
    lines = threading.Semaphore(0)

    def read():
        for _ in sys.stdin:
            lines.release()
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    say("hot", os.getpid())
    while not lines.acquire(blocking=False):
        for _ in range(20_000):
            method(**{})
    say("calm")
    workflow = chain()
    with LocalRuntime() as runtime:
        while True:
            lines.acquire()
            runtime.execute(workflow)
            say("ran")


if __name__ == "__main__":
    main()
