# SPDX-License-Identifier: Apache-2.0
"""Shapes with more than one thread, workflows inside workflows, cycles and branches."""

from __future__ import annotations

import threading
from contextlib import suppress

import graphs
from kailash.runtime.local import LocalRuntime
from kailash.runtime.parallel_cyclic import ParallelCyclicRuntime
from kailash.sdk_exceptions import KailashException
from plan import shape


@shape("nested")
def nested(plan):
    """A WorkflowNode: the inner workflow ("inner") runs on another thread while its node waits."""
    with LocalRuntime() as runtime:
        for run in plan.turns():
            inner = graphs.chain(plan, ["WorkNode"], plan.fail_at(run), workflow_id="inner")
            workflow = graphs.around(plan, "WorkflowNode", "wrapped", {"workflow": inner})
            with suppress(KailashException):
                runtime.execute(workflow)


@shape("recursive")
def recursive(plan):
    """A workflow whose middle node runs the same workflow, --depth times deep."""

    def make(depth):
        return graphs.around(plan, "RecursiveNode", "again", {"depth": depth, "make": make})

    with LocalRuntime() as runtime:
        for _ in plan.turns():
            runtime.execute(make(plan.options.depth))


@shape("threads")
def threads(plan):
    """--threads threads, each with its own runtime and all of --runs; --share: one workflow object."""
    shared = graphs.chain(plan, ["WorkNode"]) if plan.options.share else None

    def body():
        with LocalRuntime() as runtime:
            for run in plan.turns():
                workflow = shared or graphs.chain(plan, ["WorkNode"], plan.fail_at(run))
                with suppress(KailashException):
                    runtime.execute(workflow)

    _in_threads(body, plan.options.threads)


def _in_threads(body, count):
    started = [threading.Thread(target=body) for _ in range(count)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


@shape("cyclic")
def cyclic(plan):
    """A cycle on LocalRuntime: each node on a thread of its own; 2 * --nodes + 2 executions a run."""
    with LocalRuntime() as runtime:
        for run in plan.turns():
            workflow = graphs.cycle(plan, plan.fails(run))
            with suppress(KailashException):
                runtime.execute(workflow)


@shape("parallel-cyclic")
def parallel_cyclic(plan):
    """ParallelCyclicRuntime: levels on a thread pool; every third run is a cycle."""
    runtime = ParallelCyclicRuntime()
    for run in plan.turns():
        if run % 3 == 2:
            workflow = graphs.cycle(plan, plan.fails(run))
        else:
            workflow = graphs.diamond(plan, ["WorkNode"], plan.fail_at(run))
        with suppress(KailashException):
            runtime.execute(workflow)
    runtime.close()


@shape("merge")
def merge(plan):
    """Switch, PythonCodeNode and MergeNode; the branch not taken is skipped."""
    _branches(plan, LocalRuntime())


@shape("conditional")
def conditional(plan):
    """The same with conditional_execution="skip_branches": both phases swallow failures, except that
    a failing gate makes the standard path run its nodes again within the same workflow."""
    _branches(plan, LocalRuntime(conditional_execution="skip_branches"))


def _branches(plan, runtime):
    with runtime:
        for run in plan.turns():
            amount = plan.random.choice([5, 15])
            victims = ["source", "gate", "high" if amount > 10 else "low", "join", "summary"]
            victim = plan.random.choice(victims) if plan.fails(run) else None
            workflow, parameters = graphs.branches(plan, amount, victim)
            with suppress(KailashException):
                runtime.execute(workflow, parameters=parameters)
