# SPDX-License-Identifier: Apache-2.0
"""Eager tasks (3.12+): a task's first step runs where it is made, and may be its last."""

from __future__ import annotations

import asyncio

from kailash.nodes.base import register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say

RUNS = 20


@register_node
class ImmediateNode(AsyncNode):
    """Never suspended: as an eager task it is over before create_task() returns."""

    async def async_run(self, **kwargs):
        if self.config.get("fail"):
            raise KeyError("asked to fail")
        return {"result": 1}


@register_node
class SpawningNode(AsyncNode):
    """Makes a task of its own while its first step runs."""

    async def async_run(self, **kwargs):
        workflow = chain("spawned", ("ImmediateNode", "spawned"), ("AsyncWorkNode", "later"))
        with LocalRuntime() as runtime:
            await asyncio.get_running_loop().create_task(runtime.execute_async(workflow))
        return {"result": 1}


@register_node
class EndlessNode(AsyncNode):
    async def async_run(self, **kwargs):
        await asyncio.sleep(3600)


def workflows(run):
    fail = {"fail": True} if run % 3 == 0 else {}
    yield chain("immediate", ("ImmediateNode", "one"), ("ImmediateNode", "two", fail))
    yield chain("suspended", ("AsyncWorkNode", "one", {"work_us": 200}), ("ImmediateNode", "two", fail))
    yield chain("mixed", ("ImmediateNode", "one"), ("WorkNode", "two"), ("AsyncWorkNode", "three"))
    yield chain("spawning", ("SpawningNode", "one"))


async def run_all():
    loop = asyncio.get_running_loop()
    with LocalRuntime() as local:
        runtime = AsyncLocalRuntime()
        for run in range(RUNS):
            tasks = []
            for workflow in workflows(run):
                tasks.append(loop.create_task(runtime.execute_workflow_async(workflow)))
                if workflow.workflow_id != "mixed":
                    tasks.append(loop.create_task(local.execute_async(workflow)))
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            failed = sum(isinstance(outcome, KailashException) for outcome in outcomes)
            say(run, "failed", failed, "of", len(outcomes))
        task = loop.create_task(runtime.execute_workflow_async(chain("endless", ("EndlessNode", "never"))))
        await asyncio.sleep(0.01)
        task.cancel()
        say("cancelled", await asyncio.gather(task, return_exceptions=True))
        runtime.close()


async def main_task():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await run_all()


def main():
    begin()
    asyncio.run(main_task())
    report()
