# SPDX-License-Identifier: Apache-2.0
"""Asynchronous nodes that measure for how long they run and for how long they are suspended, in every way a
coroutine is suspended and resumed: by a task, in one awaited directly or through wrappers, by throw()."""

from __future__ import annotations

import asyncio
import time

from kailash.nodes.base import register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from safety.program import begin, chain, report, say

RUNS = 3
inside = {}  # node id: [seconds run, seconds suspended], measured inside, so run is less than all of it


class Stopwatch:
    def __init__(self, node_id):
        self.row = inside.setdefault(node_id, [0.0, 0.0])
        self.since = time.perf_counter()

    def turn(self, column):
        now = time.perf_counter()
        self.row[column] += now - self.since
        self.since = now

    async def away(self, awaitable):
        self.turn(0)
        try:
            return await awaitable
        finally:
            self.turn(1)


class Wrapper:
    """As libraries' context managers are awaited: through the iterator of another coroutine."""

    def __init__(self, coroutine):
        self.coroutine = coroutine

    def __await__(self):
        return self.coroutine.__await__()


def work():
    until = time.perf_counter() + 0.001
    while time.perf_counter() < until:
        pass


@register_node
class NappingNode(AsyncNode):
    async def async_run(self, **kwargs):
        watch = Stopwatch(self.config["id"])
        for _ in range(3):
            work()
            await watch.away(self.nap())
        await watch.away(Wrapper(self.nap()))
        work()
        watch.turn(0)
        return {"result": 1}

    async def nap(self):
        await asyncio.sleep(0.003)


@register_node
class TimingOutNode(AsyncNode):
    """CancelledError is thrown into what it awaits; it goes on, and is suspended again."""

    async def async_run(self, **kwargs):
        watch = Stopwatch(self.config["id"])
        try:
            await watch.away(asyncio.wait_for(asyncio.sleep(10), 0.005))
        except asyncio.TimeoutError:
            work()
        await watch.away(asyncio.sleep(0.003))
        work()
        watch.turn(0)
        return {"result": 1}


@register_node
class BusyNode(AsyncNode):
    async def async_run(self, **kwargs):
        watch = Stopwatch(self.config["id"])
        work()
        watch.turn(0)
        return {"result": 1}


def nodes_of(name):
    types = ("NappingNode", "TimingOutNode", "BusyNode")
    return chain(name, *((kind, name + "-" + kind, {"id": name + "-" + kind}) for kind in types))


def main():
    begin()
    runtime, async_runtime = LocalRuntime(), AsyncLocalRuntime()

    async def awaited():
        await runtime.execute_async(nodes_of("awaited"))
        await asyncio.wait_for(runtime.execute_async(nodes_of("waited-for")), 30)
        await Wrapper(runtime.execute_async(nodes_of("wrapped")))
        await asyncio.gather(*(runtime.execute_async(nodes_of("beside-%d" % i)) for i in range(3)))

    for _ in range(RUNS):
        runtime.execute(nodes_of("executed"))
        asyncio.run(awaited())
        async_runtime.execute(nodes_of("async"))
    say("nodes", len(inside))
    report(inside=inside)
