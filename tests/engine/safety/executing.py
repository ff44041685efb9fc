# SPDX-License-Identifier: Apache-2.0
"""Becomes another program in the middle of a node: the node and its workflow never end."""

from __future__ import annotations

import os
import sys

from kailash.nodes.base import Node, register_node
from kailash.runtime.local import LocalRuntime
from safety.program import begin, chain, report, say

NEXT = "import sys; print('another program'); sys.exit(6)"


@register_node
class ExecNode(Node):
    def run(self, **kwargs):
        say("last words")
        report()
        os.execv(sys.executable, [sys.executable, "-c", NEXT])


def main():
    begin()
    with LocalRuntime() as runtime:
        for _ in range(10):
            runtime.execute(chain("whole", ("WorkNode", "one"), ("AsyncWorkNode", "two")))
        runtime.execute(chain("cut", ("WorkNode", "before"), ("ExecNode", "exec"), ("WorkNode", "after")))
