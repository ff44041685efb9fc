# SPDX-License-Identifier: Apache-2.0
"""What the programs of this directory share: how they begin, their workflows and their report.

A program is started as `python3 ../run_safety.py PROGRAM REPORT LIBRARY`. It says "ready", waits for a line,
works, and ends in the way it is about. What it prints and how it ends depends on nothing but the program:
no time, no address, no process id. REPORT is a file for its ledger, in the form of ../workload.py, except
that executions still open when it is written, and coroutines closed in workflows named "closed...", are
"aborted". Workflows that ran without a runtime are left out: an observer sees their nodes only. LIBRARY is
../../native/throwing.cpp, built, which only throwing.py uses.
"""

from __future__ import annotations

import json
import sys

import workload_nodes  # noqa: F401  (registers the classes whose names programs use)
from kailash.ledger import LEDGER
from kailash.workflow.builder import WorkflowBuilder

_ENDS = ("success", "failed", "cancelled", "aborted")


def say(*words):
    """At once, so that no child inherits what is not yet written."""
    print(*words, flush=True)


def begin():
    say("ready")
    sys.stdin.readline()


def chain(workflow_id, *nodes):
    """One node after the other; each is (class name, id) or (class name, id, config)."""
    builder = WorkflowBuilder()
    before = None
    for node_type, node_id, *config in nodes:
        builder.add_node(node_type, node_id, config[0] if config else {})
        if before is not None:
            builder.add_connection(before, "result", node_id, "previous")
        before = node_id
    return builder.build(workflow_id=workflow_id)


def started():
    """How many workflows this process has in its ledger."""
    return sum(row["started"] for row in LEDGER.report()["workflows"].values())


def report(without_runtime=(), counts=LEDGER, **more):
    ledger = counts.report()
    for workflow_id in without_runtime:
        del ledger["workflows"][workflow_id]
    for workflow_id, row in ledger["workflows"].items():
        _move_closed(workflow_id, row)
        row["aborted"] = row.get("aborted", 0) + row["started"] - sum(row.get(end, 0) for end in _ENDS)
    ledger["nodes"] = _with_aborted(ledger["nodes"])
    ledger.update(more)
    with open(sys.argv[2], "w") as out:
        json.dump(ledger, out)


def _move_closed(workflow_id, counts):
    if workflow_id.startswith("closed"):
        counts["aborted"] = counts.pop("cancelled", 0)
        counts["cancelled"] = 0


def _with_aborted(rows):
    nodes = {}
    for row in rows:
        labels = (row["workflow_id"], row["node_id"], row["node_type"])
        nodes.setdefault(labels, {})[row["status"]] = row
    for (workflow_id, node_id, node_type), by_status in nodes.items():
        if workflow_id.startswith("closed") and "cancelled" in by_status:
            by_status["aborted"] = dict(by_status.pop("cancelled"), status="aborted")
        ended = sum(row["count"] for status, row in by_status.items() if status != "started")
        still_open = by_status["started"]["count"] - ended
        if still_open:
            by_status["aborted"] = dict(by_status["started"], status="aborted", count=still_open)
    return [row for by_status in nodes.values() for row in by_status.values()]
