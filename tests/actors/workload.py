# SPDX-License-Identifier: Apache-2.0
"""Runs actors and reports its own count of them: workload.py SHAPE. See README.md for the protocol."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress

import ledger
from dramatiq.actor import Actor, actor
from dramatiq.worker import Worker

MESSAGES = 40


class OwnActor(Actor):
    """Inherits how it is called."""


class LoudActor(Actor):
    """Its own way of being called, on top of the base class's: one execution all the same."""

    def __call__(self, *args, **kwargs):
        return super().__call__(*args, **kwargs)


@actor
def plain(number, *, factor=2):
    return number * factor


@actor(queue_name="mail", max_retries=2)
def flaky(number):
    if number % 4 == 0:
        raise ValueError(number)


@actor(queue_name="mail", actor_name="waits")
async def waiting(number):
    await asyncio.sleep(0.001)
    if number % 5 == 0:
        raise KeyError(number)


@actor(actor_class=OwnActor)
def owned(number):
    return number


@actor(actor_class=LoudActor)
def loud(number):
    if number % 8 == 0:
        raise OSError(number)


@actor
def outer(number):
    """Calls other actors itself, from its own thread."""
    with ledger.call(plain):
        plain(number)
    with suppress(ValueError), ledger.call(flaky):
        flaky(number)


def send(*actors):
    def run(worker):
        for number in range(MESSAGES):
            for one in actors:
                worker.send(one, number)

    return run


SHAPES = {
    "plain": send(plain),
    "failing": send(flaky),
    "async": send(waiting),
    "subclasses": send(owned, loud),
    "direct": send(outer),
    "all": send(plain, flaky, waiting, owned, loud, outer),
}


def main():
    shape = SHAPES[sys.argv[1]]
    worker = Worker(threads=4)
    print("ready {}".format(os.getpid()), flush=True)
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        shape(worker)
        worker.join()
        print(json.dumps(ledger.report()), flush=True)


if __name__ == "__main__":
    main()
