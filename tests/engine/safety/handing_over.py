# SPDX-License-Identifier: Apache-2.0
"""Nodes that a runtime hands to a pool thread, and that are executed by hand once their workflow is over."""

from __future__ import annotations

from types import SimpleNamespace

from kailash import ledger
from kailash.runtime.async_local import AsyncLocalRuntime
from safety.program import begin, chain, report, say

RUNS = 5
NO_WORKFLOW = SimpleNamespace(workflow_id="unnamed", name="")


def main():
    begin()
    for _ in range(RUNS):
        workflow = chain("handed-over", ("WorkNode", "threaded"), ("AsyncWorkNode", "awaited"))
        AsyncLocalRuntime().execute(workflow)
        node = workflow._node_instances["threaded"]
        with ledger.node(NO_WORKFLOW, node.id, node):
            say(sorted(node.execute(**{"amount": 2}).items()))
    report()
