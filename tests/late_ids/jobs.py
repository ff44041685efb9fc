# SPDX-License-Identifier: Apache-2.0
"""Functions that know their job's name only after they have begun."""

import asyncio
import time


class Flow:
    """A workflow, to the ledger: its id, and its name."""

    def __init__(self, name):
        self.name = self.workflow_id = name


class Job:
    def __init__(self, number):
        self.name = "even" if number % 2 == 0 else "odd"


def run_or_fail(number):
    if number % 3 == 0:
        raise ValueError(number)


def plain(number):
    """Returns its error instead of raising it."""
    time.perf_counter()
    error = None
    try:
        job = Job(number)
        run_or_fail(number)
    except ValueError as caught:
        error = caught
    job.seen = time.time()
    return error


async def step(number):
    await asyncio.sleep(0)
    job = Job(number)
    await asyncio.sleep(0)
    run_or_fail(number)
    job.done = True


async def run(flow, work):
    return await work(flow)
