# SPDX-License-Identifier: Apache-2.0
"""A worker, and what executes one task once: in a context manager that lends the task some attributes."""

import collections
import contextlib


class TaskProcess:
    def __init__(self, task, results):
        self.task = task
        self.results = results

    @contextlib.contextmanager
    def _forward_attributes(self):
        self.task.set_status_message = self.results.append
        try:
            yield self
        finally:
            self.task.set_status_message = None

    def _run_get_new_deps(self):
        """The tasks that must be run first, if run() asks for such; it is then started over again."""
        steps = self.task.run()
        if steps is None:
            return []
        for required in steps:
            if not required.is_complete:
                return [required]
        return []

    def run(self):
        status = "FAILED"
        missing = []
        try:
            with self._forward_attributes():
                missing = self._run_get_new_deps()
            status = "PENDING" if missing else "DONE"
            self.task.is_complete = not missing
        except Exception as error:
            self.results.append(repr(error))
        finally:
            self.results.append((self.task, status))
        return missing


class Worker:
    def __init__(self):
        self.pending = collections.deque()
        self.results = []

    def add(self, task):
        for required in task.requires():
            self.add(required)
        self.pending.append(task)

    def run(self):
        while self.pending:
            task = self.pending.popleft()
            missing = TaskProcess(task, self.results).run()
            for required in missing:
                self.pending.append(required)
            if missing:
                self.pending.append(task)
