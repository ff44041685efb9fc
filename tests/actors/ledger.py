# SPDX-License-Identifier: Apache-2.0
"""The queue's own exact count: a bracket around each call of an actor, in the caller."""

import collections
import contextlib
import threading
import time

_LOCK = threading.Lock()
_CALLS = collections.defaultdict(lambda: [0, 0.0])  # (queue, actor, class, status): count, seconds
_ERRORS = collections.Counter()  # (queue, actor, error type)


def _add(labels, status, seconds):
    with _LOCK:
        row = _CALLS[labels + (status,)]
        row[0] += 1
        row[1] += seconds


@contextlib.contextmanager
def call(actor):
    labels = (actor.queue_name, actor.actor_name, type(actor).__name__)
    _add(labels, "started", 0.0)
    began = time.perf_counter()
    status = "success"
    try:
        yield
    except Exception as error:
        status = "failed"
        with _LOCK:
            _ERRORS[labels[:2] + (type(error).__name__,)] += 1
        raise
    finally:
        _add(labels, status, time.perf_counter() - began)


def report():
    """In the form that tests/engine/workload.py documents."""
    node = ("workflow_id", "node_id", "node_type", "status")
    error = ("workflow_id", "node_id", "error_type")
    return {
        "workflows": {},
        "nodes": [
            dict(zip(node, labels), count=count, seconds=seconds)
            for labels, (count, seconds) in sorted(_CALLS.items())
        ],
        "errors": [dict(zip(error, labels), count=count) for labels, count in sorted(_ERRORS.items())],
    }
