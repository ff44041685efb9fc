# SPDX-License-Identifier: Apache-2.0
"""A program's own exact count of its executions: a bracket around each, in the caller."""

import asyncio
import collections
import contextlib
import threading
import time

_LOCK = threading.Lock()
_WORKFLOWS = collections.defaultdict(lambda: collections.defaultdict(float))
_NODES = collections.defaultdict(lambda: [0, 0.0])  # (workflow, node, type, status): count, seconds
_ERRORS = collections.Counter()  # (workflow, node, error type)


def _note(key, status, seconds, error):
    with _LOCK:
        if len(key) == 1:
            row = _WORKFLOWS[key[0]]
            row[status] += 1
            row["seconds"] += seconds
            row["success_seconds"] += seconds if status == "success" else 0
        else:
            row = _NODES[key + (status,)]
            row[0] += 1
            row[1] += seconds
        if error:
            _ERRORS[(key[0], key[1] if len(key) > 1 else "", type(error).__name__)] += 1


@contextlib.contextmanager
def _bracket(key):
    _note(key, "started", 0.0, None)
    began = time.perf_counter()
    status, error = "success", None
    try:
        yield
    except asyncio.CancelledError:
        status = "cancelled"
        raise
    except Exception as raised:
        status, error = "failed", raised
        raise
    finally:
        _note(key, status, time.perf_counter() - began, error)


def workflow(label):
    return _bracket((label,))


def node(workflow_label, node_id, node_type):
    return _bracket((workflow_label, node_id, node_type))


def report():
    """In the form that tests/engine/workload.py documents."""
    statuses = ("started", "success", "failed", "cancelled", "seconds", "success_seconds")
    names = ("workflow_id", "node_id", "node_type", "status")
    return {
        "workflows": {label: {one: row[one] for one in statuses} for label, row in _WORKFLOWS.items()},
        "nodes": [
            dict(zip(names, key), count=count, seconds=seconds) for key, (count, seconds) in sorted(_NODES.items())
        ],
        "errors": [
            dict(zip(("workflow_id", "node_id", "error_type"), key), count=count)
            for key, count in sorted(_ERRORS.items())
        ],
    }
