# SPDX-License-Identifier: Apache-2.0
"""CyclicWorkflowExecutor: the nodes of a cycle run max_iterations times, the others once."""

from __future__ import annotations

import uuid

from kailash import ledger
from kailash.runtime.inputs import connected_inputs
from kailash.tracking.metrics_collector import MetricsCollector


class WorkflowState:
    def __init__(self, run_id, runtime):
        self.run_id = run_id
        self.runtime = runtime
        self.node_outputs = {}


class CycleState:
    def __init__(self, cycle_id):
        self.cycle_id = cycle_id
        self.iteration = 0


class CyclicWorkflowExecutor:
    def execute(self, workflow, parameters=None, task_manager=None, run_id=None, runtime=None):
        if not run_id:
            run_id = str(uuid.uuid4())
        state = WorkflowState(run_id, runtime)
        return self._execute_with_cycles(workflow, state, task_manager), run_id

    def _execute_with_cycles(self, workflow, state, task_manager):
        in_cycle = self._cycle_members(workflow)
        after = [n for n in workflow.get_execution_order() if n not in in_cycle]
        before = [n for n in after if not self._depends_on(workflow, n, in_cycle)]
        for node_id in before:
            state.node_outputs[node_id] = self._execute_node(workflow, node_id, state)
        self._execute_cycle_group(workflow, in_cycle, state, task_manager)
        for node_id in [n for n in after if n not in before]:
            state.node_outputs[node_id] = self._execute_node(workflow, node_id, state)
        return state.node_outputs

    def _execute_cycle_group(self, workflow, in_cycle, state, task_manager):
        for cycle_id, iterations in workflow.cycles.items():
            cycle_state = CycleState(cycle_id)
            for iteration in range(iterations):
                cycle_state.iteration = iteration
                for node_id in in_cycle:
                    result = self._execute_node(
                        workflow, node_id, state, cycle_state=cycle_state, iteration=iteration
                    )
                    state.node_outputs[node_id] = result

    def _execute_node(self, workflow, node_id, state, cycle_state=None, iteration=None):
        node = workflow._node_instances[node_id]
        context = {"workflow_id": workflow.workflow_id, "run_id": state.run_id, "node_id": node_id}
        if cycle_state:
            context["cycle"] = {"cycle_id": cycle_state.cycle_id, "iteration": cycle_state.iteration}
        merged_inputs = dict(node.config, **connected_inputs(workflow, node_id, state.node_outputs))
        collector = MetricsCollector()
        with collector.collect(node_id=node_id) as metrics_context:
            record = ledger.node(workflow, node_id, node)
            if state.runtime and hasattr(state.runtime, "execute_node_with_enterprise_features_sync"):
                result = state.runtime.execute_node_with_enterprise_features_sync(
                    node, node_id, dict(context=context, **merged_inputs), record=record
                )
            else:
                with record:
                    result = node.execute(context=context, **merged_inputs)
        metrics_context.result()
        return result

    def _cycle_members(self, workflow):
        """Nodes on a path from a cycle edge's target to its source, in execution order."""
        members = set()
        for source, target, _, cycle in workflow.graph._edges:
            if cycle:
                members |= self._descendants(workflow, target) & self._ancestors(workflow, source)
        return [n for n in workflow.get_execution_order() if n in members]

    def _depends_on(self, workflow, node_id, others):
        return bool(self._ancestors(workflow, node_id) & set(others))

    def _ancestors(self, workflow, node_id):
        return _reach(node_id, workflow.graph.predecessors)

    def _descendants(self, workflow, node_id):
        return _reach(node_id, workflow.graph.successors)


def _reach(node_id, step):
    found, queue = set(), [node_id]
    while queue:
        current = queue.pop()
        if current not in found:
            found.add(current)
            queue.extend(step(current))
    return found
