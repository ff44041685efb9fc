# SPDX-License-Identifier: Apache-2.0
"""Node classes on the SDK's public API that count themselves."""

import collections
import threading
from contextlib import contextmanager

from kailash.nodes.base import Node, NodeParameter, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.nodes.logic.workflow import WorkflowNode

COUNTS = collections.Counter()
LOCK = threading.Lock()


class Refused(Exception):
    """What a node raises that is told to fail."""


def count(kind, *key):
    with LOCK:
        COUNTS[(kind, *key)] += 1


@contextmanager
def counted(kind, *key):
    count(kind, *key, "started")
    try:
        yield
    except BaseException:
        count(kind, *key, "failed")
        raise
    count(kind, *key, "success")


def node_counted(node, inputs):
    return counted("node", inputs["workflow"], inputs["node"], type(node).__name__)


def parameters():
    texts = ("workflow", "node")
    found = {name: NodeParameter(name=name, type=str, required=True) for name in texts}
    found["fails"] = NodeParameter(name="fails", type=bool, required=False, default=False)
    found["previous"] = NodeParameter(name="previous", type=object, required=False, default=0)
    return found


def result_of(inputs):
    if inputs.get("fails"):
        raise Refused(inputs["node"])
    return {"result": 1}


@register_node()
class CountedNode(Node):
    def get_parameters(self):
        return parameters()

    def run(self, **inputs):
        with node_counted(self, inputs):
            return result_of(inputs)


@register_node()
class CountedAsyncNode(AsyncNode):
    def get_parameters(self):
        return parameters()

    async def async_run(self, **inputs):
        import asyncio

        with node_counted(self, inputs):
            await asyncio.sleep(0)
            return result_of(inputs)


@register_node()
class CountedWorkflowNode(WorkflowNode):
    """Runs "inner", from the one place of "outer" that has it."""

    def run(self, **inputs):
        with counted("node", "outer", "inside", "CountedWorkflowNode"), counted("workflow", "inner"):
            return super().run(**inputs)
