# SPDX-License-Identifier: Apache-2.0
"""Coroutines that are destroyed before their first step: none of them was ever executed."""

from __future__ import annotations

import warnings

from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from safety.program import begin, chain, report, say

RUNS = 5


def make_all():
    """Of workflows and of a node; made only."""
    workflow = chain("never", ("AsyncWorkNode", "node"))
    yield LocalRuntime()._execute_async(workflow)
    yield AsyncLocalRuntime().execute_workflow_async(workflow)
    yield workflow._node_instances["node"].execute_async()


def main():
    warnings.simplefilter("ignore")  # that they were never awaited
    begin()
    for _ in range(RUNS):
        for coroutine in make_all():
            say(coroutine.__qualname__)
        with LocalRuntime() as runtime:
            runtime.execute(chain("whole", ("WorkNode", "one"), ("AsyncWorkNode", "two")))
    report()
