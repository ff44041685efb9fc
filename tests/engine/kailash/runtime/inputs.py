# SPDX-License-Identifier: Apache-2.0
"""What a node gets from its predecessors, and whether it is to be skipped. Shared by the runtimes."""

from __future__ import annotations


def connected_inputs(workflow, node_id, node_outputs):
    inputs = {}
    for source, _, mapping, _ in workflow.graph.in_edges(node_id):
        outputs = node_outputs.get(source)
        if not isinstance(outputs, dict):
            continue
        for from_output, to_input in mapping.items():
            value = outputs.get(from_output)
            if value is not None:
                inputs[to_input] = value
    return inputs


def should_skip(workflow, node_id, inputs, results):
    """True where every connection comes from a switch's branch not taken, or from a skipped node."""
    edges = workflow.graph.in_edges(node_id)
    if not edges or inputs:
        return False
    return all(_carries_nothing(workflow, edge, results) for edge in edges)


def _carries_nothing(workflow, edge, results):
    source, _, mapping, _ = edge
    if source not in results:
        return False
    if results[source] is None:
        return True
    source_type = type(workflow._node_instances[source]).__name__
    return source_type == "SwitchNode" and all(results[source].get(output) is None for output in mapping)
