# SPDX-License-Identifier: Apache-2.0
"""Runs workflows on the SDK in each of its ways, and counts them itself: workload.py SHAPE.

  program: "ready PID"
  caller:  "go N"         N times what the shape is
  program: one line of JSON, [[kind, key..., status, count]...], of that round
  caller:  EOF            ends it
"""

import asyncio
import json
import logging
import os
import sys
import threading
import warnings

from counted_nodes import COUNTS, CountedWorkflowNode, counted
from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from kailash.runtime.parallel import ParallelRuntime
from kailash.runtime.parallel_cyclic import ParallelCyclicRuntime
from kailash.workflow.builder import WorkflowBuilder


def chain(name, kinds, failing=None):
    """node-0 -> node-1 -> ...; `failing` is the index of one that raises, which is not the last."""
    builder = WorkflowBuilder()
    for index, kind in enumerate(kinds):
        node = f"node-{index}"
        config = {"workflow": name, "node": node, "fails": index == failing}
        builder.add_node(kind, node, config)
        if index:
            builder.add_connection(f"node-{index - 1}", "result", node, "previous")
    return builder.build(workflow_id=name)


def cycle(name):
    workflow = chain(name, ["CountedNode"] * 2)
    workflow.create_cycle("turns").connect("node-1", "node-0", {"result": "previous"}).max_iterations(3).build()
    return workflow


def nest():
    builder = WorkflowBuilder()
    builder.add_node(CountedWorkflowNode, "inside", {"workflow": chain("inner", ["CountedNode"] * 2)})
    return builder.build(workflow_id="outer")


def attempt(name, execute):
    """Whatever leaves the call is the workflow's failure."""
    try:
        with counted("workflow", name):
            execute()
    except Exception:
        pass


async def attempt_async(name, execute):
    try:
        with counted("workflow", name):
            await execute()
    except Exception:
        pass


SYNC = ["CountedNode"] * 4
ASYNC = ["CountedAsyncNode"] * 3
MIXED = ["CountedAsyncNode", "CountedNode"] * 2


def both(kinds):
    return [chain("good", kinds), chain("bad", kinds, failing=1)]


def by_execute(make_runtime, workflows):
    def run(number):
        runtime = make_runtime()
        for _ in range(number):
            for workflow in workflows:
                attempt(workflow.workflow_id, lambda workflow=workflow: runtime.execute(workflow))

    return run


def by_await(make_runtime, workflows, method):
    async def all_of(number):
        runtime = make_runtime()
        for _ in range(number):
            for workflow in workflows:
                await attempt_async(
                    workflow.workflow_id, lambda workflow=workflow: getattr(runtime, method)(workflow, **more(method))
                )

    return lambda number: asyncio.run(all_of(number))


def more(method):
    return {"inputs": {}} if method == "execute_workflow_async" else {}


def inside_a_loop(workflows):
    run = by_execute(LocalRuntime, workflows)

    async def within(number):
        run(number)

    return lambda number: asyncio.run(within(number))


def by_threads(workflows):
    run = by_execute(LocalRuntime, workflows)

    def in_threads(number):
        threads = [threading.Thread(target=run, args=(number,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return in_threads


SHAPES = {
    "local": lambda: by_execute(LocalRuntime, both(SYNC)),
    "local-await": lambda: by_await(LocalRuntime, both(ASYNC), "execute_async"),
    "local-in-loop": lambda: inside_a_loop(both(SYNC)),
    "threads": lambda: by_threads(both(SYNC)),
    "cyclic": lambda: by_execute(lambda: LocalRuntime(enable_cycles=True), [cycle("turning")]),
    "nested": lambda: by_execute(LocalRuntime, [nest()]),
    "async": lambda: by_execute(AsyncLocalRuntime, both(ASYNC)),
    "async-mixed": lambda: by_execute(AsyncLocalRuntime, both(MIXED)),
    "async-sync": lambda: by_execute(AsyncLocalRuntime, both(SYNC)),
    "async-await": lambda: by_await(AsyncLocalRuntime, both(MIXED), "execute_workflow_async"),
    "parallel": lambda: by_await(ParallelRuntime, [chain("good", MIXED)], "execute"),
    "parallel-cyclic": lambda: by_execute(ParallelCyclicRuntime, [chain("good", SYNC)]),
}


def main():
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if len(sys.argv) != 2 or sys.argv[1] not in SHAPES:
        sys.exit("usage: workload.py " + "|".join(SHAPES))
    run = SHAPES[sys.argv[1]]()
    run(1)  # so that what it imports late is imported
    lines, sys.stdout = sys.stdout, sys.stderr
    print("ready", os.getpid(), file=lines, flush=True)
    for line in sys.stdin:
        COUNTS.clear()
        run(int(line.split()[1]))
        print(json.dumps([[*key, number] for key, number in sorted(COUNTS.items())]), file=lines, flush=True)


if __name__ == "__main__":
    main()
