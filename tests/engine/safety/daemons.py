# SPDX-License-Identifier: Apache-2.0
"""Ends while daemon threads are inside nodes: waiting, sleeping, awake, suspended."""

from __future__ import annotations

import asyncio
import sys
import threading
import time

from kailash.nodes.base import Node, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.local import LocalRuntime
from safety.program import begin, chain, report, say

inside = threading.Semaphore(0)


@register_node
class WaitingNode(Node):
    def run(self, **kwargs):
        inside.release()
        threading.Event().wait()


@register_node
class NappingNode(Node):
    """Wakes up while the interpreter ends, and is made to end there."""

    def run(self, **kwargs):
        inside.release()
        while True:
            time.sleep(0.0005)


@register_node
class BusyNode(Node):
    def run(self, **kwargs):
        inside.release()
        while True:
            pass


@register_node
class SuspendedNode(AsyncNode):
    async def async_run(self, **kwargs):
        inside.release()
        await asyncio.sleep(3600)


def body(node_type):
    with LocalRuntime() as runtime:
        for _ in range(5):
            runtime.execute(chain("whole", ("WorkNode", "one")))
        nodes = [("WorkNode", "before"), (node_type, node_type), ("WorkNode", "after")]
        runtime.execute(chain("endless", *nodes))


def main():
    begin()
    node_types = ["WaitingNode", "NappingNode", "BusyNode", "SuspendedNode"] * 2
    for node_type in node_types:
        threading.Thread(target=body, args=(node_type,), daemon=True).start()
    for _ in node_types:
        inside.acquire()
    say("inside", len(node_types))
    report()
    sys.exit(3)
