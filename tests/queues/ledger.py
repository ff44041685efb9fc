# SPDX-License-Identifier: Apache-2.0
"""The queue's own exact count: a bracket around each attempt, in the caller."""

import collections
import contextlib
import time


class Outcome:
    """Of an engine that returns what became of an execution instead of raising it."""

    def __init__(self):
        self.status = "success"
        self.error = None

    def failed_with(self, error):
        self.status = "success" if error is None else "failed"
        self.error = error

    def error_type(self):
        return self.error if isinstance(self.error, str) else type(self.error).__name__


class Ledger:
    def __init__(self):
        self.reset()

    def reset(self):
        self._nodes = collections.defaultdict(lambda: [0, 0.0])  # (queue, job, class, status): count, seconds
        self._errors = collections.Counter()  # (queue, job, error type)

    def rows(self):
        return [[list(key), row] for key, row in self._nodes.items()], [[list(k), n] for k, n in self._errors.items()]

    def add(self, rows):
        nodes, errors = rows
        for key, (count, seconds) in nodes:
            self._add(tuple(key), count, seconds)
        for key, count in errors:
            self._errors[tuple(key)] += count

    def _add(self, key, count, seconds):
        row = self._nodes[key]
        row[0] += count
        row[1] += seconds

    @contextlib.contextmanager
    def bracket(self, queue, name, kind, statuses=None):
        """statuses: of exception classes that are no failures."""
        labels = (queue, name, kind)
        self._add(labels + ("started",), 1, 0.0)
        began = time.perf_counter()
        outcome = Outcome()
        try:
            yield outcome
        except Exception as error:
            outcome.status = (statuses or {}).get(type(error), "failed")
            outcome.error = error
            raise
        finally:
            self._add(labels + (outcome.status,), 1, time.perf_counter() - began)
            if outcome.status == "failed":
                self._errors[labels[:2] + (outcome.error_type(),)] += 1

    def attempt(self, job):
        return self.bracket(job.origin, job._func_name, type(job).__name__)

    def report(self):
        """In the form that tests/engine/workload.py documents."""
        node = ("workflow_id", "node_id", "node_type", "status")
        error = ("workflow_id", "node_id", "error_type")
        return {
            "workflows": {},
            "nodes": [
                dict(zip(node, key), count=count, seconds=seconds)
                for key, (count, seconds) in sorted(self._nodes.items())
            ],
            "errors": [dict(zip(error, key), count=count) for key, count in sorted(self._errors.items())],
        }
