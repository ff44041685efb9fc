# SPDX-License-Identifier: Apache-2.0
"""Shapes on an event loop: node tasks, awaited coroutines, cancellation."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import graphs
from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from kailash.runtime.parallel import ParallelRuntime
from kailash.sdk_exceptions import KailashException
from kailash.workflow.builder import WorkflowBuilder
from plan import shape


def _async_local(plan, make):
    runtime = AsyncLocalRuntime()
    for run in plan.turns():
        workflow = make(run)
        with suppress(KailashException):
            runtime.execute(workflow)
    runtime.close()


@shape("async")
def async_nodes(plan):
    """AsyncLocalRuntime.execute with AsyncNodes only; several at once."""
    _async_local(plan, lambda run: graphs.diamond(plan, ["AsyncWorkNode"], plan.fail_at(run)))


@shape("mixed")
def mixed(plan):
    """AsyncLocalRuntime.execute with async nodes as tasks and sync nodes on its pool."""
    types = ["AsyncWorkNode", "WorkNode", "OverrideAsyncNode", "OverrideNode"]
    _async_local(plan, lambda run: graphs.diamond(plan, types, plan.fail_at(run)))


@shape("async-sync")
def async_sync(plan):
    """AsyncLocalRuntime.execute with sync nodes only: one item on the pool per workflow."""
    _async_local(plan, lambda run: graphs.chain(plan, ["WorkNode"], plan.fail_at(run)))


def _concurrently(plan, coroutine_function):
    """Runs --threads coroutines on one loop, each to its end."""

    async def main():
        await asyncio.gather(*[coroutine_function() for _ in range(plan.options.threads)])

    asyncio.run(main())


@shape("await")
def awaited(plan):
    """--threads coroutines, each awaiting execute_workflow_async --runs times: no task of its own."""
    runtime = AsyncLocalRuntime()

    async def body():
        for run in plan.turns():
            workflow = graphs.diamond(plan, ["AsyncWorkNode", "WorkNode"], plan.fail_at(run))
            with suppress(KailashException):
                await runtime.execute_workflow_async(workflow)

    _concurrently(plan, body)
    runtime.close()


@shape("local-async")
def local_async(plan):
    """LocalRuntime.execute with AsyncNodes and sync nodes in turn."""
    types = ["AsyncWorkNode", "WorkNode", "OverrideAsyncNode"]
    with LocalRuntime() as runtime:
        for run in plan.turns():
            workflow = graphs.chain(plan, types, plan.fail_at(run))
            with suppress(KailashException):
                runtime.execute(workflow)


@shape("local-await")
def local_await(plan):
    """--threads coroutines, each awaiting LocalRuntime.execute_async --runs times."""
    runtime = LocalRuntime()

    async def body():
        for run in plan.turns():
            workflow = graphs.chain(plan, ["AsyncWorkNode"], plan.fail_at(run))
            with suppress(KailashException):
                await runtime.execute_async(workflow)

    _concurrently(plan, body)


@shape("parallel")
def parallel(plan):
    """ParallelRuntime: node tasks that never raise, sync nodes on the loop's pool."""

    async def main():
        runtime = ParallelRuntime()
        for run in plan.turns():
            workflow = graphs.diamond(plan, ["WorkNode", "AsyncWorkNode"], plan.fail_at(run))
            with suppress(KailashException):
                await runtime.execute(workflow)

    asyncio.run(main())


@shape("in-loop")
def in_loop(plan):
    """LocalRuntime.execute called inside a running loop: a bridge thread per run."""

    async def main():
        with LocalRuntime() as runtime:
            for run in plan.turns():
                workflow = graphs.chain(plan, ["WorkNode", "AsyncWorkNode"], plan.fail_at(run))
                with suppress(KailashException):
                    runtime.execute(workflow)

    asyncio.run(main())


@shape("cancelled")
def cancelled(plan):
    """Tasks cancelled while their first level of async nodes sleeps (an hour, unless cancelled)."""

    async def main():
        runtime = AsyncLocalRuntime()
        for run in plan.turns():
            workflow = _sleepers(plan)
            local = run % 2 == 1
            with LocalRuntime() as local_runtime:
                target = local_runtime.execute_async if local else runtime.execute_workflow_async
                task = asyncio.ensure_future(target(workflow))
                await asyncio.sleep(0.02)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        runtime.close()

    asyncio.run(main())


@shape("timeout")
def timeout(plan):
    """AsyncLocalRuntime's own timeout: the nodes are cancelled, the workflow fails."""
    runtime = AsyncLocalRuntime(execution_timeout=0.02)
    for _ in plan.turns():
        with suppress(KailashException):
            runtime.execute(_sleepers(plan))
    runtime.close()


def _sleepers(plan):
    builder = WorkflowBuilder()
    for index in range(plan.nodes):
        builder.add_node("AsyncWorkNode", "sleeper-{}".format(index), {"work_us": 3600 * 1000000})
    return plan.build(builder)
