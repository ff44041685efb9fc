# SPDX-License-Identifier: Apache-2.0
"""Tasks, each of a class of its own, and the method that executes them."""

import time
import uuid


class CancelExecution(Exception):
    pass


class RetryTask(Exception):
    pass


class Task:
    def __init__(self, args, retries=0):
        self.name = type(self).__name__
        self.args = args
        self.retries = retries
        self.id = str(uuid.uuid4())

    def __hash__(self):
        return hash(self.id)

    def __eq__(self, other):
        return isinstance(other, Task) and self.id == other.id


class Huey:
    def __init__(self, name):
        self.name = name
        self._tasks_in_flight = set()
        self.durations = []

    def task(self, function):
        def execute(self):
            return function(*self.args)

        return type(function.__name__, (Task,), {"execute": execute})

    def execute(self, task):
        return self._execute(task)

    def _execute(self, task):
        start = time.monotonic()
        exception = None
        task_value = None
        try:
            self._tasks_in_flight.add(task)
            try:
                task_value = task.execute()
            finally:
                self._tasks_in_flight.remove(task)
                duration = time.monotonic() - start
        except RetryTask as error:
            task.retries += 1
            exception = error
        except Exception as error:
            exception = error
        self.durations.append(duration)
        if exception is not None and task.retries:
            task.retries -= 1
            return self._execute(task)
        return task_value
