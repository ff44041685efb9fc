# SPDX-License-Identifier: Apache-2.0
"""The alternative to flowtap: the program counts and times executions itself, with prometheus_client.

The same series as flowtap serves, kept the usual way: labels() at each use, around the methods that run
workflows and nodes.
"""

import functools
import time

from kailash.nodes.base import Node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from prometheus_client import Counter, Gauge, Histogram, Summary

WORKFLOWS = Counter("workflow_executions", "", ["workflow_id", "status"])
WORKFLOW_SECONDS = Histogram("workflow_duration_seconds", "", ["workflow_id"])
WORKFLOW_LATENCY = Summary("workflow_latency_seconds", "")
ACTIVE = Gauge("active_workflows", "")
NODES = Counter("workflow_node_executions", "", ["workflow_id", "node_id", "node_type", "status"])
NODE_SECONDS = Histogram(
    "workflow_node_duration_seconds", "", ["workflow_id", "node_id", "node_type", "status"]
)


class Timed:
    """Context manager around one execution. The two subclasses choose the series."""

    def __enter__(self):
        self.started()
        self.began = time.perf_counter()

    def __exit__(self, error_type, error, traceback):
        self.ended("failed" if error_type else "success", time.perf_counter() - self.began)


class TimedWorkflow(Timed):
    def __init__(self, workflow_id):
        self.workflow_id = workflow_id

    def started(self):
        WORKFLOWS.labels(self.workflow_id, "started").inc()
        ACTIVE.inc()

    def ended(self, status, seconds):
        WORKFLOWS.labels(self.workflow_id, status).inc()
        ACTIVE.dec()
        WORKFLOW_LATENCY.observe(seconds)
        if status == "success":
            WORKFLOW_SECONDS.labels(self.workflow_id).observe(seconds)


class TimedNode(Timed):
    def __init__(self, node):
        self.labels = ("bench", node._node_id, type(node).__name__)

    def started(self):
        NODES.labels(*self.labels, "started").inc()

    def ended(self, status, seconds):
        NODES.labels(*self.labels, status).inc()
        NODE_SECONDS.labels(*self.labels, status).observe(seconds)


def _wrap(owner, name, timed):
    method = getattr(owner, name)

    @functools.wraps(method)
    def plain(self, *arguments, **keywords):
        with timed(self):
            return method(self, *arguments, **keywords)

    @functools.wraps(method)
    async def awaited(self, *arguments, **keywords):
        with timed(self):
            return await method(self, *arguments, **keywords)

    setattr(owner, name, awaited if name.endswith("_async") else plain)


def install():
    _wrap(Node, "execute", TimedNode)
    _wrap(AsyncNode, "execute_async", TimedNode)
    _wrap(LocalRuntime, "execute", lambda runtime: TimedWorkflow("bench"))
    _wrap(AsyncLocalRuntime, "execute_workflow_async", lambda runtime: TimedWorkflow("bench"))
