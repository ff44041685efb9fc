# SPDX-License-Identifier: Apache-2.0
"""Runs jobs and reports its own count of them, by the protocol of tests/engine/workload.py."""

import asyncio
import contextvars
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine"))

from jobs import (  # noqa: E402
    JOB,
    STEP,
    Job,
    Step,
    asynchronous,
    generator,
    resets_in_its_own_frame,
    sets_back,
    sets_nothing,
    text,
    with_statement,
)
from rounds import serve  # noqa: E402

RUNS = 20


def works():
    return 1


def at_times(number):
    def work():
        if number % 4 == 0:
            raise ValueError(number)
        return number

    return work


def swallows():
    """What it has caught itself is no failure."""
    with suppress(KeyError):
        raise KeyError("caught")
    try:
        raise OSError("caught")
    except OSError:
        return with_statement(Step(Job("inner"), "in a handler"), works)


def sets_it_again():
    """The same value once more is nothing new."""
    token = STEP.set(STEP.get())
    STEP.reset(token)


def masks():
    """Nothing, for a while: the step is over, and another one begins meanwhile."""
    token = JOB.set(None)
    JOB.reset(token)


def fails_to_reset():
    token = contextvars.copy_context().run(STEP.set, STEP.get())
    with suppress(ValueError):
        STEP.reset(token)


def nested(number):
    job = Job("nested")

    def inner():
        with_statement(Step(job, "first"), works)
        text(job, "a tag", works)
        text(job, "another", at_times(number))
        generator(Step(job, "second"), lambda: sets_back(Step(job, "third"), at_times(number)))

    with suppress(ValueError):
        resets_in_its_own_frame(job, inner)


def recursive(depth):
    job = Job("recursive")
    if depth:
        resets_in_its_own_frame(job, lambda: recursive(depth - 1))


def plain(number):
    job = Job("plain")
    for how in (with_statement, generator, sets_back):
        with suppress(ValueError):
            how(Step(job, how.__name__), at_times(number))
    with suppress(ValueError):
        sets_nothing(job, at_times(number))
    with_statement(Step(job, "swallows"), swallows)
    with_statement(Step(job, "again"), sets_it_again)
    with_statement(Step(job, "elsewhere"), fails_to_reset)
    sets_nothing(Job("masked"), masks)


async def cancelled(step):
    task = asyncio.ensure_future(asynchronous(step, works))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def tasks():
    job = Job("tasks")
    steps = [asynchronous(Step(job, "step {}".format(i % 3)), at_times(i)) for i in range(RUNS)]
    await asyncio.gather(*steps, return_exceptions=True)
    await cancelled(Step(job, "cancelled"))


def greenlets():
    """Each has a context of its own, and they are all on one thread."""
    import greenlet

    job = Job("greenlets")
    main = greenlet.getcurrent()

    def run(number):
        with suppress(ValueError):
            with_statement(Step(job, "green"), lambda: (main.switch(), at_times(number)()))

    alive = [greenlet.greenlet(run) for _ in range(RUNS)]
    for number, one in enumerate(alive):
        one.switch(number)
    for one in reversed(alive):
        one.switch()


def sync():
    for number in range(RUNS):
        plain(number)
        nested(number)
    recursive(5)


def new_thread():
    thread = threading.Thread(target=sync)
    thread.start()
    thread.join()


def threads():
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(sync) for _ in range(3)]:
            done.result()
    new_thread()


def forgotten():
    """Sets that nobody resets: in a task, whose context ends with it, and in a thread."""

    async def forgets():
        JOB.set(Job("forgotten"))

    async def run():
        await asyncio.gather(*[asyncio.ensure_future(forgets()) for _ in range(RUNS)])

    asyncio.run(run())


SHAPES = {
    "sync": sync,
    "threads": threads,
    "tasks": lambda: asyncio.run(tasks()),
    "greenlets": greenlets,
    "forgotten": forgotten,
}


def main():
    serve(SHAPES[sys.argv[1]])


if __name__ == "__main__":
    main()
