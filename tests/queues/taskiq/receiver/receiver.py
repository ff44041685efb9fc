# SPDX-License-Identifier: Apache-2.0
"""The receiver: it returns what became of a task, whatever the task raised."""

import asyncio
import inspect


class InMemoryBroker:
    pass


class TaskiqMessage:
    def __init__(self, task_name, args):
        self.task_name = task_name
        self.args = args
        self.labels = {}


class NoResultError(Exception):
    pass


class TaskiqResult:
    def __init__(self, is_err, return_value, error):
        self.is_err = is_err
        self.return_value = return_value
        self.error = error


class Receiver:
    def __init__(self, broker):
        self.broker = broker

    async def run_task(self, target, message):
        returned = None
        found_exception = None
        try:
            if inspect.iscoroutinefunction(target):
                returned = await target(*message.args)
            else:
                returned = await asyncio.get_running_loop().run_in_executor(None, target, *message.args)
        except BaseException as exc:
            found_exception = exc
        return TaskiqResult(found_exception is not None, returned, found_exception)
