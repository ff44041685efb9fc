# SPDX-License-Identifier: Apache-2.0
"""The workflows the shapes run. `plan` is a shapes.Plan: options of the command line, and ids."""

from __future__ import annotations

import kailash.nodes.code.python  # noqa: F401  (these register the classes named below)
import kailash.nodes.logic  # noqa: F401
import kailash.nodes.security.audit_log  # noqa: F401
import workload_nodes  # noqa: F401
from kailash.workflow.builder import WorkflowBuilder


def chain(plan, node_types, fail_at=None, fail="ValueError", bad_amount_at=None, workflow_id=None):
    """node-0 -> node-1 -> ...; types are taken in turn from node_types."""
    builder = WorkflowBuilder()
    for index in range(plan.nodes):
        config = plan.node_config()
        if index == fail_at:
            config["fail"] = fail
        if index == bad_amount_at:
            config["amount"] = "many"
        builder.add_node(node_types[index % len(node_types)], "node-{}".format(index), config)
        if index:
            builder.add_connection("node-{}".format(index - 1), "result", "node-{}".format(index), "previous")
    return plan.build(builder, workflow_id)


def diamond(plan, node_types, fail_at=None):
    """first -> side-0, side-1, ... -> last: nodes - 2 sides at once. fail_at counts the sides."""
    builder = WorkflowBuilder()
    builder.add_node(node_types[0], "first", plan.node_config())
    sides = max(1, plan.nodes - 2)
    for index in range(sides):
        config = plan.node_config()
        if index == fail_at:
            config["fail"] = "ValueError"
        builder.add_node(node_types[index % len(node_types)], "side-{}".format(index), config)
        builder.add_connection("first", "result", "side-{}".format(index), "previous")
    builder.add_node(node_types[-1], "last", plan.node_config())
    for index in range(sides):
        builder.add_connection("side-{}".format(index), "result", "last", "previous{}".format(index))
    return plan.build(builder)


def cycle(plan, fail=False):
    """source, then two nodes `nodes` times round, then sink."""
    builder = WorkflowBuilder()
    builder.add_node("WorkNode", "source", plan.node_config())
    builder.add_node("WorkNode", "step", plan.node_config())
    builder.add_node("WorkNode", "check", dict(plan.node_config(), fail="ValueError" if fail else None))
    builder.add_node("WorkNode", "sink", plan.node_config())
    builder.add_connection("source", "result", "step", "previous")
    builder.add_connection("step", "result", "check", "previous")
    builder.add_connection("check", "result", "sink", "previous")
    builder.create_cycle("rounds", "check", "result", "step", "previous", max_iterations=plan.nodes)
    return plan.build(builder)


def branches(plan, amount, victim=None):
    """source -> gate -> high or low (the other is skipped) -> join -> summary; victim: a node that fails.

    Returns the workflow and the parameters to run it with: MergeNode fails by a runtime input only.
    """
    source = dict(plan.node_config(), amount=amount, fail="ValueError" if victim == "source" else None)
    nodes = [
        ("WorkNode", "source", source),
        ("SwitchNode", "gate", {"threshold": "none" if victim == "gate" else 10}),
        ("PythonCodeNode", "high", {"code": _code("input_data * 2", victim == "high")}),
        ("PythonCodeNode", "low", {"code": _code("input_data + 1", victim == "low")}),
        ("MergeNode", "join", {}),
        ("PythonCodeNode", "summary", {"code": _code("len(merged)", victim == "summary")}),
    ]
    builder = WorkflowBuilder()
    for node_type, node_id, config in nodes:
        builder.add_node(node_type, node_id, config)
    builder.add_connection("source", "result", "gate", "input_data")
    builder.add_connection("gate", "true_output", "high", "input_data")
    builder.add_connection("gate", "false_output", "low", "input_data")
    builder.add_connection("high", "result", "join", "data1")
    builder.add_connection("low", "result", "join", "data2")
    builder.add_connection("join", "merged_data", "summary", "merged")
    parameters = {"join": {"merge_type": "unknown_type"}} if victim == "join" else {}
    return plan.build(builder), parameters


def _code(expression, fails):
    return "result = " + ("1 / 0" if fails else expression)


def around(plan, node_type, node_id, config, workflow_id=None):
    """before -> one node of the given type -> after."""
    builder = WorkflowBuilder()
    builder.add_node("WorkNode", "before", plan.node_config())
    builder.add_node(node_type, node_id, config)
    builder.add_node("WorkNode", "after", plan.node_config())
    builder.add_connection("before", "result", node_id, "previous")
    builder.add_connection(node_id, "result", "after", "previous")
    return plan.build(builder, workflow_id)
