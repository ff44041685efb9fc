# SPDX-License-Identifier: Apache-2.0
"""Coroutines and generators that end in every way but the usual one."""

from __future__ import annotations

import asyncio
import gc
import types
from contextlib import suppress

from kailash.nodes.base import Node, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say

RUNS = 5


@types.coroutine
def suspension():
    """What whoever steps the coroutine by hand gets to see."""
    return (yield "suspended")


@register_node
class SteppedNode(AsyncNode):
    async def async_run(self, **kwargs):
        await suspension()
        return {"result": 1}


@register_node
class SleepingNode(AsyncNode):
    async def async_run(self, **kwargs):
        await asyncio.sleep(3600)


async def numbers(count):
    for number in range(count):
        await asyncio.sleep(0)
        yield number


@register_node
class AsyncGeneratingNode(AsyncNode):
    """Leaves one asynchronous generator in the middle and exhausts another."""

    async def async_run(self, **kwargs):
        async for number in numbers(5):
            if number == 2:
                break
        return {"result": sum([number async for number in numbers(4)])}


@register_node
class GeneratingNode(Node):
    """Takes one step of a generator that runs a whole workflow at each."""

    def run(self, **kwargs):
        return {"result": next(self.config["source"])}


def stepped(name):
    return chain(name, ("WorkNode", "first"), ("SteppedNode", "stepped"), ("WorkNode", "last"))


def step_by_hand(runtime):
    for _ in range(RUNS):
        coroutine = runtime.execute_async(stepped("whole"))
        say(coroutine.send(None))
        with suppress(StopIteration):
            coroutine.send(None)
        coroutine = runtime.execute_async(stepped("thrown"))
        coroutine.send(None)
        with suppress(KailashException):
            coroutine.throw(ValueError("thrown in"))
        coroutine = runtime.execute_async(stepped("closed"))
        coroutine.send(None)
        coroutine.close()
        coroutine = runtime.execute_async(stepped("closed-by-del"))
        coroutine.send(None)
        del coroutine


def sleeping(name):
    return chain(name, ("WorkNode", "first"), ("SleepingNode", "sleeping"), ("WorkNode", "last"))


def end_with_pending_tasks(runtime):
    """asyncio.run() cancels what is left over."""

    async def main():
        tasks = [asyncio.ensure_future(runtime.execute_async(sleeping("left-over"))) for _ in range(RUNS)]
        await asyncio.sleep(0.01)
        return tasks

    for task in asyncio.run(main()):
        say("left over", task.cancelled())


def close_loop_on_pending_tasks(runtime):
    """A loop that is closed cancels nothing: the tasks are destroyed."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: say(context["message"]))
    tasks = [loop.create_task(runtime.execute_async(sleeping("closed-loop"))) for _ in range(RUNS)]
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    tasks.clear()
    gc.collect()


def run_generators(runtime):
    async def workflows(count):
        for _ in range(count):
            yield await runtime.execute_async(chain("in-generator", ("AsyncGeneratingNode", "numbers")))

    async def main():
        async for results, _ in workflows(RUNS):
            say(results["numbers"])
        unfinished = workflows(RUNS)
        await unfinished.__anext__()
        await unfinished.aclose()

    asyncio.run(main())

    def source():
        with LocalRuntime() as inner:
            while True:
                yield inner.execute(chain("in-source", ("WorkNode", "only")))[0]["only"]["result"]

    shared = source()
    with LocalRuntime() as outer:
        for _ in range(RUNS):
            config = {"source": shared}
            nodes = [("GeneratingNode", "a", config), ("GeneratingNode", "b", config)]
            outer.execute(chain("generating", *nodes))


def main():
    begin()
    runtime = LocalRuntime()
    step_by_hand(runtime)
    end_with_pending_tasks(runtime)
    close_loop_on_pending_tasks(runtime)
    run_generators(runtime)
    report()
