# SPDX-License-Identifier: Apache-2.0
"""Nodes that a runtime hands to a pool thread: executed by hand once their workflow is over, and by several
executions of one workflow at once, of which the last is cancelled before its node begins."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from kailash import ledger
from kailash.runtime.async_local import AsyncLocalRuntime
from safety.program import begin, chain, report, say

RUNS = 5
TOGETHER = 3
NO_WORKFLOW = SimpleNamespace(workflow_id="unnamed", name="")


def execute_by_hand(workflow):
    node = workflow._node_instances["threaded"]
    with ledger.node(NO_WORKFLOW, node.id, node):
        say(sorted(node.execute(**{"amount": 2}).items()))


async def run_together(workflow):
    runtime = AsyncLocalRuntime()
    gate = threading.Event()
    runtime.thread_pool = ThreadPoolExecutor(1)
    runtime.thread_pool.submit(gate.wait)
    tasks = [asyncio.create_task(runtime.execute_workflow_async(workflow)) for _ in range(TOGETHER)]
    while runtime.thread_pool._work_queue.qsize() < TOGETHER:
        await asyncio.sleep(0.01)
    tasks[-1].cancel()
    await asyncio.wait(tasks[-1:])
    gate.set()
    await asyncio.wait(tasks)
    say([task.cancelled() for task in tasks])


def main():
    begin()
    for _ in range(RUNS):
        workflow = chain("handed-over", ("WorkNode", "threaded"), ("AsyncWorkNode", "awaited"))
        AsyncLocalRuntime().execute(workflow)
        execute_by_hand(workflow)
        shared = chain("together", ("WorkNode", "threaded"), ("AsyncWorkNode", "awaited"))
        asyncio.run(run_together(shared))
        execute_by_hand(shared)
    report()
