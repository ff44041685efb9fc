# SPDX-License-Identifier: Apache-2.0
"""conditional_execution="skip_branches": first the switches and what they need, then what they reach.

Both phases swallow node failures, so a workflow with a failed node can end well; if the approach as
a whole is given up, the standard path runs every node again.
"""

from __future__ import annotations

from kailash.runtime.inputs import should_skip


class ConditionalExecutionMixin:
    def _is_conditional(self, workflow):
        return self.conditional_execution == "skip_branches" and bool(self._find_switches(workflow))

    def _find_switches(self, workflow):
        return [
            node_id
            for node_id, node in workflow._node_instances.items()
            if type(node).__name__ == "SwitchNode"
        ]

    async def _execute_conditional_approach(self, workflow, inputs=None, **kwargs):
        switch_ids = self._find_switches(workflow)
        results = await self._execute_switch_nodes(workflow=workflow, inputs=inputs, **kwargs)
        if any(results.get(node_id, {}).get("failed") for node_id in switch_ids):
            raise ValueError("Switch results validation failed")
        kwargs["existing_results"] = results
        remaining_results = await self._execute_pruned_plan(workflow=workflow, inputs=inputs, **kwargs)
        results.update(remaining_results)
        return results

    async def _execute_switch_nodes(self, workflow, inputs=None, **kwargs):
        parameters = kwargs.get("parameters") or inputs or {}
        all_phase1_results = {}
        needed = self._with_ancestors(workflow, self._find_switches(workflow))
        for node_id in [n for n in workflow.get_execution_order() if n in needed]:
            try:
                node_inputs = self._prepare_node_inputs(workflow, node_id, all_phase1_results, parameters)
                result = await self._execute_single_node(
                    node_id=node_id,
                    node_instance=workflow._node_instances[node_id],
                    node_inputs=node_inputs,
                    task_manager=kwargs.get("task_manager"),
                    workflow=workflow,
                    run_id=kwargs.get("run_id"),
                    workflow_context=kwargs.get("workflow_context"),
                )
                all_phase1_results[node_id] = result
            except Exception as e:
                all_phase1_results[node_id] = _failure(e)
        return all_phase1_results

    async def _execute_pruned_plan(self, workflow, execution_plan=None, inputs=None, **kwargs):
        parameters = kwargs.get("parameters") or inputs or {}
        remaining_results = {}
        existing_results = kwargs.get("existing_results", {})
        try:
            for node_id in workflow.get_execution_order():
                if node_id in existing_results:
                    continue
                try:
                    all_results = {**existing_results, **remaining_results}
                    node_inputs = self._prepare_node_inputs(workflow, node_id, all_results, parameters)
                    if should_skip(workflow, node_id, node_inputs, all_results):
                        remaining_results[node_id] = None
                        continue
                    result = await self._execute_single_node(
                        node_id=node_id,
                        node_instance=workflow._node_instances[node_id],
                        node_inputs=node_inputs,
                        task_manager=kwargs.get("task_manager"),
                        workflow=workflow,
                        run_id=kwargs.get("run_id"),
                        workflow_context=kwargs.get("workflow_context"),
                    )
                    remaining_results[node_id] = result
                except Exception as e:
                    if self._should_stop_on_error(workflow, node_id):
                        raise
                    remaining_results[node_id] = _failure(e)
            return remaining_results
        except Exception:
            return remaining_results

    def _with_ancestors(self, workflow, node_ids):
        found, queue = set(), list(node_ids)
        while queue:
            node_id = queue.pop()
            if node_id not in found:
                found.add(node_id)
                queue.extend(workflow.graph.predecessors(node_id))
        return found


def _failure(error):
    return {"error": str(error), "error_type": type(error).__name__, "failed": True}
