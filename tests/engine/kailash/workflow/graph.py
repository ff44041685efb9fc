# SPDX-License-Identifier: Apache-2.0
"""Workflow: a plain class; its attributes are what an observer reads from outside."""

from __future__ import annotations

import inspect

from kailash import ledger
from kailash.nodes.base import find_node_class
from kailash.runtime.inputs import connected_inputs
from kailash.sdk_exceptions import WorkflowExecutionError
from kailash.workflow.dag import WorkflowDAG


class Workflow:
    def __init__(self, workflow_id, name, description="", version="1.0.0", author=""):
        self.workflow_id = workflow_id
        self.name = name
        self.description = description
        self.version = version
        self.author = author
        self.metadata = {"version": version}
        self.graph = WorkflowDAG()
        self._node_instances = {}
        self.nodes = {}
        self.cycles = {}  # cycle_id -> iterations

    def _create_node_instance(self, node_class, node_id, config):
        params = list(inspect.signature(node_class.__init__).parameters)
        if "name" in params and "_node_id" not in params:
            return node_class(**dict({"name": node_id}, **config))
        return node_class(_node_id=node_id, **config)

    def add_node(self, node_id, node_or_type, **config):
        node_class = find_node_class(node_or_type) if isinstance(node_or_type, str) else node_or_type
        node_instance = self._create_node_instance(node_class, node_id, config)
        self.graph.add_node(node_id)
        self._node_instances[node_id] = node_instance
        self.nodes[node_id] = {"node_type": node_class.__name__, "config": config}

    def connect(self, source_node, target_node, mapping, cycle=False):
        self.graph.add_edge(source_node, target_node, mapping, cycle)

    def has_cycles(self):
        return self.graph.has_cycle_edges()

    def get_execution_order(self):
        return self.graph.topological_sort()

    def execute(self, inputs=None, task_manager=None):
        """Runs the nodes without a runtime and without a loop."""
        with ledger.workflow(self):
            results = {}
            for node_id in self.get_execution_order():
                node_instance = self._node_instances[node_id]
                node_inputs = connected_inputs(self, node_id, results)
                node_inputs.update((inputs or {}).get(node_id, {}))
                try:
                    with ledger.node(self, node_id, node_instance):
                        node_results = node_instance.execute(**node_inputs)
                    results[node_id] = node_results
                except Exception as e:
                    raise WorkflowExecutionError("Node '{}' failed: {}".format(node_id, e)) from e
            return results
