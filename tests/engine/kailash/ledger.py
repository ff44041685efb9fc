# SPDX-License-Identifier: Apache-2.0
"""The engine's own exact count of what it ran, for comparison with what an observer reports.

Each runtime brackets a call with `with ledger.node(...)` or `with ledger.workflow(...)`. The
bracket stands around the call in the caller, never in a frame between caller and callee, so it
changes no call shape. An execution is
  failed     an Exception left it; its class name is the error type
  cancelled  asyncio.CancelledError left it, or its coroutine was closed
  success    otherwise
Labels follow the contract of the metrics: an id the engine made up collapses to the workflow's
name, and where that is made up too, to "unnamed".
"""

from __future__ import annotations

import asyncio
import re
import threading
import time

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_NODE_LABELS = ("workflow_id", "node_id", "node_type", "status")
_ERROR_LABELS = ("workflow_id", "node_id", "error_type")
_MADE_UP_NAME = re.compile(r"Workflow-[0-9a-f]{8}\Z")


def workflow_label(workflow):
    if not _UUID.match(workflow.workflow_id):
        return workflow.workflow_id
    if not workflow.name or _MADE_UP_NAME.match(workflow.name):
        return "unnamed"
    return workflow.name


class Ledger:
    """Counts and seconds by (labels, status); safe to use from any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        with self._lock:
            self._workflows = {}  # (workflow_id, status) -> [count, seconds]
            self._nodes = {}  # (workflow_id, node_id, node_type, status) -> [count, seconds]
            self._errors = {}  # (workflow_id, node_id, error_type) -> count

    def began(self, table, labels):
        self._add(table, labels + ("started",), 0.0)

    def ended(self, table, labels, status, seconds):
        self._add(table, labels + (status,), seconds)

    def raised(self, workflow_id, node_id, error_type):
        with self._lock:
            key = (workflow_id, node_id, error_type)
            self._errors[key] = self._errors.get(key, 0) + 1

    def _add(self, table, key, seconds):
        with self._lock:
            row = getattr(self, table).setdefault(key, [0, 0.0])
            row[0] += 1
            row[1] += seconds

    def report(self):
        """A JSON-ready copy; its form is documented in workload.py."""
        with self._lock:
            workflows = {}
            for (workflow_id, status), (count, seconds) in self._workflows.items():
                row = workflows.setdefault(workflow_id, _empty_workflow_row())
                row[status] = count
                row["seconds"] += seconds
                if status == "success":
                    row["success_seconds"] = seconds
            nodes = [
                dict(zip(_NODE_LABELS, key), count=count, seconds=seconds)
                for key, (count, seconds) in sorted(self._nodes.items())
            ]
            errors = [
                dict(zip(_ERROR_LABELS, key), count=count)
                for key, count in sorted(self._errors.items())
            ]
        return {"workflows": workflows, "nodes": nodes, "errors": errors}


def _empty_workflow_row():
    return {"started": 0, "success": 0, "failed": 0, "cancelled": 0, "seconds": 0.0, "success_seconds": 0.0}


class _Bracket:
    """Counts one execution: its begin on entry, its end and outcome on exit. Never swallows."""

    __slots__ = ("_table", "_labels", "_node_id", "_began")

    def __init__(self, table, labels, node_id):
        self._table = table
        self._labels = labels
        self._node_id = node_id

    def __enter__(self):
        LEDGER.began(self._table, self._labels)
        self._began = time.perf_counter()
        return self

    def __exit__(self, error_type, error, traceback):
        seconds = time.perf_counter() - self._began
        if error_type is None:
            status = "success"
        elif issubclass(error_type, (asyncio.CancelledError, GeneratorExit)):
            status = "cancelled"
        else:
            status = "failed"
            LEDGER.raised(self._labels[0], self._node_id, error_type.__name__)
        LEDGER.ended(self._table, self._labels, status, seconds)
        return False


def workflow(workflow):
    return _Bracket("_workflows", (workflow_label(workflow),), "")


def node(workflow, node_id, node_instance):
    labels = (workflow_label(workflow), node_id, type(node_instance).__name__)
    return _Bracket("_nodes", labels, node_id)


LEDGER = Ledger()
