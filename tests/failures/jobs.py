# SPDX-License-Identifier: Apache-2.0
"""An engine that catches what its jobs raise, and then calls a function for that."""

import asyncio
import functools
import time


class Flow:
    """A workflow, to the ledger: its id, and its name."""

    def __init__(self, name):
        self.name = self.workflow_id = name


class Job:
    """What it does is its name."""

    def __init__(self, name):
        self.name = name
        self.attempts = 0
        self.failed_by = None  # to the ledger


def logged(function):
    @functools.wraps(function)
    async def logging(*arguments):
        return await function(*arguments)

    return logging


@logged
async def other(job):
    """Of the same decorator as what the profile names, which it does not name."""
    await asyncio.sleep(0)


async def report(job):
    await asyncio.sleep(0)


async def abandon(flow):
    await asyncio.sleep(0)


def fail(job):
    job.attempts += 1
    if job.name == "good" or (job.name == "retried" and job.attempts > 1):
        return
    raise ValueError(job.name)


class Worker:
    async def run(self, job):
        await asyncio.sleep(0)
        await other(job)
        for _ in range(2):
            try:
                fail(job)
                break
            except ValueError as error:
                job.failed_by = "Worker.on_error"
                await self.on_error(job, error)
        if job.name == "raised":
            job.failed_by = None
            raise KeyError(job.name)
        if job.name == "cancelled":
            job.failed_by = None
            await asyncio.sleep(60)
        await asyncio.sleep(0)

    @logged
    async def on_error(self, job, error):
        await asyncio.sleep(0)


class Special(Worker):
    async def run(self, job):
        """The function that it replaces is part of its execution."""
        await super().run(job)
        await asyncio.sleep(0)


class Outer(Worker):
    """Whose own execution succeeds, whatever becomes of the one inside."""

    async def run(self, job):
        await job.inside()


class Step:
    """No profile says that a call from here is a failure: neither its own nor one of what it runs in."""

    async def run(self, job):
        await Worker().on_error(job, None)


class Caller:
    def run(self, job):
        if job.name != "good":
            job.failed_by = "report"
            asyncio.ensure_future(report(job))
        if job.name == "raised":
            job.failed_by = None
            raise KeyError(job.name)


class Callable:
    def __init__(self, name):
        self.name = name

    def __call__(self, job):
        if job.name != "good":
            job.failed_by = "report"
            return asyncio.ensure_future(report(job))
        return job


class Queue:
    def execute(self, job):
        time.perf_counter()
        if job.name == "caught":
            job.failed_by = "report"
            asyncio.ensure_future(report(job))
        job.ended = time.time()
        # Its execution is over.
        asyncio.ensure_future(report(job))


class Batch:
    def run(self, job):
        yield 1
        if job.name != "good":
            job.failed_by = "report"
            asyncio.ensure_future(report(job))
        yield 2


async def run(flow, work):
    await work(flow)
    if flow.name == "abandoned":
        await abandon(flow)
