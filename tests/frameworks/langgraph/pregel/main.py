# SPDX-License-Identifier: Apache-2.0
"""A graph: steps, each of which runs its nodes side by side, in tasks of their own."""

import asyncio

import ledger
from langgraph.pregel._retry import arun_with_retry
from langgraph.types import PregelExecutableTask


def _submit(graph, task, policy):
    """A plain function between the graph's coroutine and the node's, as an executor's submit() is."""

    async def counted(coroutine):
        with ledger.node(graph, task.name, "arun_with_retry"):
            return await coroutine

    return asyncio.get_running_loop().create_task(counted(arun_with_retry(task, policy)))


class Pregel:
    def __init__(self, name, steps):
        self.name = name
        self.steps = steps  # lists of (node, function, retries)

    async def astream(self, input, config=None):
        for step in self.steps:
            tasks = [
                PregelExecutableTask(name, input, proc, {"configurable": config or {}}, retries)
                for name, proc, retries in step
            ]
            futures = [_submit(self.name, task, None) for task in tasks]
            done, _ = await asyncio.wait(futures)
            for future in done:
                input = future.result()
            yield input

    async def ainvoke(self, input, config=None):
        result = None
        async for chunk in self.astream(input, config):
            result = chunk
        return result
