# SPDX-License-Identifier: Apache-2.0
"""Coroutines that end before their first step, in each way there is: none of them was ever executed."""

from __future__ import annotations

import warnings
from contextlib import suppress

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


def drop(coroutine):
    """Its last reference is the caller's."""


def close(coroutine):
    coroutine.close()


def throw(coroutine):
    with suppress(ValueError):
        coroutine.throw(ValueError("before it began"))


def main():
    warnings.simplefilter("ignore")  # that they were never awaited
    begin()
    for _ in range(RUNS):
        for end in (drop, close, throw):
            for coroutine in make_all():
                end(coroutine)
            say(end.__name__)
        with LocalRuntime() as runtime:
            runtime.execute(chain("whole", ("WorkNode", "one"), ("AsyncWorkNode", "two")))
    report()
