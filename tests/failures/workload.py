# SPDX-License-Identifier: Apache-2.0
"""Runs jobs and reports its own count of them, by the protocol of tests/engine/workload.py: workload.py SHAPE."""

import asyncio
import functools
import os
import sys
from contextlib import suppress

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine"))

from jobs import Batch, Callable, Caller, Flow, Job, Outer, Queue, Special, Step, Worker, run  # noqa: E402
from kailash import ledger  # noqa: E402
from rounds import serve  # noqa: E402

RUNS = 5

# Failures, to the ledger: their error types are their classes' names.
FAILURES = {name: type(name, (Exception,), {}) for name in ("Worker.on_error", "report", "abandon")}


def settle(job):
    if job.failed_by:
        raise FAILURES[job.failed_by]


def counted(flow, job, node):
    return ledger.node(flow, job.name, node)


EXPECTED = (KeyError, *FAILURES.values())


async def awaited(flow, job, node, running):
    with suppress(*EXPECTED), counted(flow, job, node):
        await running
        settle(job)


async def inside_another(flow):
    """A worker in a worker, and a step in a worker: each execution has its own outcome."""
    for node, name in ((Special(), "caught"), (Worker(), "good"), (Step(), "step")):
        outer = Job("outer")
        outer.inside = functools.partial(run_one, flow, node, name)
        await awaited(flow, outer, Outer(), Outer().run(outer))


async def run_one(flow, node, name):
    job = Job(name)
    await awaited(flow, job, node, node.run(job))


async def cancelled(flow):
    job, node = Job("cancelled"), Worker()
    task = asyncio.ensure_future(node.run(job))
    counting = asyncio.ensure_future(awaited(flow, job, node, task))
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await counting


async def called_elsewhere():
    await Worker().on_error(None, None)


async def coroutines(flow):
    for node in (Worker(), Special()):
        for name in ("good", "caught", "retried", "raised"):
            for _ in range(RUNS):
                await run_one(flow, node, name)
    jobs = [Job(name) for name in ("good", "caught", "retried", "raised") * RUNS]
    nodes = [Worker() for _ in jobs]
    tasks = [asyncio.ensure_future(node.run(job)) for node, job in zip(nodes, jobs)]
    await asyncio.gather(*(awaited(flow, *each) for each in zip(jobs, nodes, tasks)))
    elsewhere = asyncio.ensure_future(called_elsewhere())
    await inside_another(flow)
    await cancelled(flow)
    await elsewhere


async def methods(flow):
    for _ in range(RUNS):
        for name in ("good", "caught", "raised"):
            job, node = Job(name), Caller()
            arguments = {"job": job}
            with suppress(*EXPECTED), counted(flow, job, node):
                node.run(**arguments)
                settle(job)
        for name in ("good", "caught"):
            job, node = Job(name), Callable(name)
            with suppress(*EXPECTED), counted(flow, job, node):
                node(job)
                settle(job)
        for name in ("good", "caught"):
            job, node = Job(name), Queue()
            with suppress(*EXPECTED), counted(flow, job, node):
                node.execute(job)
                settle(job)
    await asyncio.sleep(0)


async def generators(flow):
    for _ in range(RUNS):
        for name in ("good", "caught"):
            job, node = Job(name), Batch()
            with suppress(*EXPECTED), counted(flow, job, node):
                for _ in node.run(job):
                    pass
                settle(job)


SHAPES = {"coroutines": coroutines, "methods": methods, "generators": generators}


async def flows(work):
    for name in ("first", "abandoned"):
        flow = Flow(name)
        with suppress(*EXPECTED), ledger.workflow(flow):
            await run(flow, work)
            if name == "abandoned":
                raise FAILURES["abandon"]


def main():
    work = SHAPES[sys.argv[1]]
    serve(lambda: asyncio.run(flows(work)))


if __name__ == "__main__":
    main()
