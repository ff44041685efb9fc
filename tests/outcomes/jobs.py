# SPDX-License-Identifier: Apache-2.0
"""An engine that catches what its tasks raise, and returns how they ended."""

import collections

State = collections.namedtuple("State", "state result")
Info = collections.namedtuple("Info", "info rest")


class Retry(Exception):
    """No failure: the task comes again."""


class Result:
    def __init__(self, is_err):
        self.is_err = is_err


class Holder:
    def __init__(self, state):
        self.state = state


class Nodes:
    def __init__(self, name):
        self.name = name

    def run(self, number):
        """A dict, as Kailash's nodes return."""
        return {"success": number % 3 != 0, "number": number}

    def retries(self, number):
        if number % 3 == 0:
            raise Retry(number)
        if number % 3 == 1:
            raise ValueError(number)
        return number

    def __call__(self, number):
        return None if number % 3 == 0 else number


async def returns_object(number):
    return Result(number % 3 == 0)


async def returns_items(number):
    return [Holder("FAILURE" if number % 3 == 0 else "SUCCESS"), number]


async def returns_constant(number):
    if number % 3 == 0:
        return False
    return True


async def keeps_state(number):
    """As the tracer of Celery does."""
    state = "SUCCESS"
    try:
        if number % 3 == 0:
            raise KeyError(number)
    except KeyError:
        state = "FAILURE"
    return number
