# SPDX-License-Identifier: Apache-2.0
"""A node that runs others at the same time: each in a task, whose stack does not lead to the node."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from kailash import ledger
from kailash.nodes.base import register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from safety.program import begin, chain, report, say

RUNS = 5
running = []  # the workflow


@register_node
class InnerNode(AsyncNode):
    async def async_run(self, **kwargs):
        await asyncio.sleep(0)
        return {"result": self.id}


@register_node
class GatheringNode(AsyncNode):
    async def async_run(self, **kwargs):
        nodes = [InnerNode(_node_id="inner-%d" % number) for number in range(3)]
        with ExitStack() as brackets:
            for node in nodes:
                brackets.enter_context(ledger.node(running[0], node.id, node))
            results = await asyncio.gather(*(node.execute_async() for node in nodes))
        return {"result": [result["result"] for result in results]}


def main():
    begin()
    for runtime, name in ((LocalRuntime(), "local"), (AsyncLocalRuntime(), "async")):
        for _ in range(RUNS):
            running[:] = [chain(name, ("GatheringNode", "outer"), ("GatheringNode", "again"))]
            results = runtime.execute(running[0])
            say(name, sorted(results[0] if isinstance(results, tuple) else results["results"]))
    report()
