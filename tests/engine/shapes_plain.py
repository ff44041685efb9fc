# SPDX-License-Identifier: Apache-2.0
"""Shapes on LocalRuntime's standard path: one thread, nodes one after the other."""

from __future__ import annotations

from contextlib import suppress

import graphs
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from plan import shape

LABELS = [
    "plain",
    "w\u00f6rkflow",
    "\u5de5\u4f5c\u6d41",
    "\U0001f680 rocket",
    'quote" back\\slash',
    "new\nline",
    "Workflow-0a1b2c3d",
    "x" * 90,
]


@shape("sync")
def sync(plan):
    """Chains of sync nodes on LocalRuntime."""
    with LocalRuntime() as runtime:
        for run in plan.turns():
            workflow = graphs.chain(plan, ["WorkNode"], plan.fail_at(run))
            with suppress(KailashException):
                runtime.execute(workflow)


@shape("failing")
def failing(plan):
    """By chance: no failure, a failing inner node (fails the workflow), a failing leaf (swallowed)."""
    with LocalRuntime() as runtime:
        for _ in plan.turns():
            fail_at = plan.random.choice([None, 0, plan.nodes - 1])
            fail = plan.random.choice(["ValueError", "KeyError", "NodeExecutionError"])
            workflow = graphs.chain(plan, ["WorkNode"], fail_at, fail)
            with suppress(KailashException):
                runtime.execute(workflow)


@shape("validation")
def validation(plan):
    """Every second run has a node whose inputs are refused before its run() is entered."""
    with LocalRuntime() as runtime:
        for run in plan.turns():
            bad = plan.random.randrange(plan.nodes) if run % 2 else None
            workflow = graphs.chain(plan, ["WorkNode"], bad_amount_at=bad)
            with suppress(KailashException):
                runtime.execute(workflow)


@shape("override")
def override(plan):
    """Classes with an execute() of their own, alone and between others; their exceptions are bare."""
    with LocalRuntime() as runtime:
        for run in plan.turns():
            workflow = graphs.chain(plan, ["OverrideNode", "WorkNode"], plan.fail_at(run), "KeyError")
            with suppress(KailashException):
                runtime.execute(workflow)
            message = "refused" if plan.fails(run) else "written"
            workflow = graphs.around(plan, "AuditLogNode", "audit", {"message": message}, "audited")
            with suppress(KailashException):
                runtime.execute(workflow)


@shape("legacy")
def legacy(plan):
    """Workflow.execute: no runtime, no coroutine."""
    for run in plan.turns():
        with suppress(KailashException):
            graphs.chain(plan, ["WorkNode"], plan.fail_at(run)).execute()


@shape("labels")
def labels(plan):
    """Ids of every string kind, and with characters that the exposition format must escape."""
    with LocalRuntime() as runtime:
        for run in plan.turns():
            label = LABELS[run % len(LABELS)]
            config = plan.node_config()
            runtime.execute(graphs.around(plan, "WorkNode", label, config, workflow_id=label))


@shape("long-labels")
def long_labels(plan):
    """Ids longer than an observer can be expected to read; the report has them whole."""
    with LocalRuntime() as runtime:
        for _ in plan.turns():
            label = "long-" + "y" * 400
            runtime.execute(graphs.around(plan, "WorkNode", label, plan.node_config(), workflow_id=label))


@shape("many")
def many(plan):
    """A new workflow id every run: for limits on the number of series."""
    with LocalRuntime() as runtime:
        for run in plan.turns():
            workflow_id = "many-{}".format(run)
            runtime.execute(graphs.chain(plan, ["WorkNode"], workflow_id=workflow_id))
