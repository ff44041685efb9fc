# SPDX-License-Identifier: Apache-2.0
"""Many greenlets on one thread, each leaving its nodes in the middle for the others' sake."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager, suppress

import greenlet
from kailash.nodes.base import Node, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say

GREENLETS = 12
RUNS = 8

inner_seconds = {}  # node id -> what its run() measured itself


@contextmanager
def out_of_loop():
    """Which loop and (3.14) which task run is kept by thread, but they are this greenlet's."""
    loop = asyncio._get_running_loop()
    task = asyncio.current_task(loop) if loop else None
    if task:
        asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        if task:
            asyncio.tasks._enter_task(loop, task)


def pause():
    """Lets the others run."""
    with out_of_loop():
        greenlet.getcurrent().parent.switch()


def work(node):
    began = time.perf_counter()
    try:
        for _ in range(node.config["pauses"]):
            pause()
            time.sleep(0.0001)
        if node.config.get("fail"):
            raise KeyError("asked to fail")
    finally:
        inner_seconds[node.id] = inner_seconds.get(node.id, 0) + time.perf_counter() - began
    return {"result": 1}


@register_node
class PausingNode(Node):
    def run(self, **kwargs):
        return work(self)


@register_node
class PausingAsyncNode(AsyncNode):
    async def async_run(self, **kwargs):
        await asyncio.sleep(0)
        return work(self)


@register_node
class NestingNode(Node):
    """Runs a workflow in a greenlet of its own, which pauses on behalf of this one."""

    def run(self, **kwargs):
        inner = greenlet.greenlet(lambda: run_workflow(self.config["workflow"]))
        with out_of_loop():
            inner.switch()
        while not inner.dead:
            pause()
            with out_of_loop():
                inner.switch()
        return {"result": 1}


def run_workflow(workflow):
    with LocalRuntime() as runtime, suppress(KailashException):
        runtime.execute(workflow)


def workflow_of(number, run):
    def pausing(name, pauses, fail=False):
        return (name, "{}-{}".format(name, number), {"pauses": pauses, "fail": fail})

    nested = chain("nested-{}".format(number), ("PausingNode", "nested-{}".format(number), {"pauses": 2}))
    return chain(
        "greenlet-{}".format(number),
        pausing("PausingNode", 1 + number % 3),
        ("NestingNode", "nesting-{}".format(number), {"workflow": nested}),
        pausing("PausingAsyncNode", 1 + number % 2, fail=(number + run) % 5 == 0),
        ("WorkNode", "last"),
    )


def body(number):
    for run in range(RUNS):
        run_workflow(workflow_of(number, run))


def take_turns(greenlets):
    while greenlets:
        for each in greenlets:
            each.switch()
        greenlets = [each for each in greenlets if not each.dead]


def kill_inside_node():
    """GreenletExit leaves the node and the workflow; it is no Exception, so nothing catches it."""
    for _ in range(5):
        victim = greenlet.greenlet(lambda: run_workflow(workflow_of(99, 1)))
        victim.switch()
        victim.throw()
        say("killed", victim.dead)


def main():
    begin()
    take_turns([greenlet.greenlet(lambda number=number: body(number)) for number in range(GREENLETS)])
    kill_inside_node()
    say("nodes", len(inner_seconds))
    report(inner_seconds=inner_seconds)
