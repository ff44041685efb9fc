# SPDX-License-Identifier: Apache-2.0
"""The worker: it returns an event that tells what became of a task."""

import asyncio
import functools
import pickle
from dataclasses import dataclass


class Serialize:
    def __init__(self, data):
        self.data = data


@dataclass
class ExecuteSuccessEvent:
    key: str
    value: object
    __slots__ = ("key", "value")


@dataclass
class ExecuteFailureEvent:
    key: str
    exception: Serialize
    __slots__ = ("key", "exception")


def fail_hard(method):
    @functools.wraps(method)
    async def wrapper(self, *args, **kwargs):
        return await method(self, *args, **kwargs)

    return wrapper


class Worker:
    def __init__(self, tasks):
        self.tasks = tasks

    @fail_hard
    async def execute(self, key, *, stimulus_id):
        function, argument = self.tasks[key]
        try:
            value = await asyncio.get_running_loop().run_in_executor(None, function, argument)
        except Exception as error:
            return ExecuteFailureEvent(key, Serialize(pickle.dumps(error)))
        return ExecuteSuccessEvent(key, value)
