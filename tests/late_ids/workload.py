# SPDX-License-Identifier: Apache-2.0
"""Runs jobs and reports its own count of them, by the protocol of tests/engine/workload.py: workload.py SHAPE."""

import asyncio
import os
import sys
from contextlib import suppress

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine"))

from jobs import Flow, Job, plain, run, step  # noqa: E402
from kailash import ledger  # noqa: E402
from rounds import serve  # noqa: E402

RUNS = 20


async def plainly(flow):
    for number in range(RUNS):
        job = Job(number)
        with suppress(ValueError), ledger.node(flow, job.name, job):
            error = plain(number)
            if error is not None:
                raise error


async def counted(flow, number, running):
    job = Job(number)
    with suppress(ValueError), ledger.node(flow, job.name, job):
        await running


async def cancelled(flow):
    task = asyncio.ensure_future(step(1))
    counting = asyncio.ensure_future(counted(flow, 1, task))
    for _ in range(2):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await counting


async def in_coroutines(flow):
    """A task's own stack does not lead to the flow, but that of its creator does."""
    for number in range(RUNS):
        await counted(flow, number, step(number))
    tasks = [asyncio.ensure_future(step(number)) for number in range(RUNS)]
    for number, task in enumerate(tasks):
        await counted(flow, number, task)
    await cancelled(flow)


SHAPES = {"plain": plainly, "coroutines": in_coroutines}


async def flows(work):
    for name in ("first", "second"):
        flow = Flow(name)
        with ledger.workflow(flow):
            await run(flow, work)


def main():
    work = SHAPES[sys.argv[1]]
    serve(lambda: asyncio.run(flows(work)))


if __name__ == "__main__":
    main()
