# SPDX-License-Identifier: Apache-2.0
"""WorkflowBuilder: collects nodes and connections, then builds a Workflow."""

from __future__ import annotations

import uuid

from kailash.workflow.graph import Workflow


class WorkflowBuilder:
    def __init__(self):
        self._nodes = []
        self._connections = []
        self._cycles = {}

    def add_node(self, node_type, node_id, config=None):
        self._nodes.append((node_type, node_id, config or {}))
        return node_id

    def add_connection(self, from_node, from_output, to_node, to_input):
        self._connections.append((from_node, from_output, to_node, to_input, False))
        return self

    def create_cycle(self, cycle_id, from_node, from_output, to_node, to_input, max_iterations):
        """Closes a cycle that runs exactly max_iterations times."""
        self._cycles[cycle_id] = max_iterations
        self._connections.append((from_node, from_output, to_node, to_input, True))
        return self

    def build(self, workflow_id=None, name=None):
        if workflow_id is None:
            workflow_id = str(uuid.uuid4())
        if name is None:
            name = "Workflow-" + str(uuid.uuid4())[:8]
        workflow = Workflow(workflow_id=workflow_id, name=name)
        for node_type, node_id, config in self._nodes:
            workflow.add_node(node_id, node_type, **config)
        for from_node, from_output, to_node, to_input, cycle in self._connections:
            workflow.connect(from_node, to_node, {from_output: to_input}, cycle)
        workflow.cycles.update(self._cycles)
        return workflow
