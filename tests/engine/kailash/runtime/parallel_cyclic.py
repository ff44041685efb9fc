# SPDX-License-Identifier: Apache-2.0
"""ParallelCyclicRuntime: the nodes of one level on a thread pool; cycles and workflows without two
nodes on a level go to the other executors."""

from __future__ import annotations

import contextvars
import uuid
from concurrent.futures import ThreadPoolExecutor, as_completed

from kailash import ledger
from kailash.runtime.inputs import connected_inputs
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import RuntimeExecutionError, WorkflowExecutionError
from kailash.tracking.metrics_collector import MetricsCollector
from kailash.workflow.cyclic_runner import CyclicWorkflowExecutor


class ParallelCyclicRuntime:
    def __init__(self, max_workers=4, enable_cycles=True):
        self.max_workers = max_workers
        self.enable_cycles = enable_cycles
        self.local_runtime = LocalRuntime()
        self.cyclic_executor = CyclicWorkflowExecutor()

    def close(self):
        self.local_runtime.close()

    def execute(self, workflow, task_manager=None, parameters=None, parallel_nodes=None):
        try:
            if self.enable_cycles and workflow.has_cycles():
                results = self._execute_cyclic_workflow(workflow, task_manager, parameters)
            elif parallel_nodes or any(len(level) > 1 for level in workflow.graph.levels()):
                results = self._execute_parallel_dag(workflow, task_manager, parameters, parallel_nodes)
            else:
                results = self.local_runtime.execute(workflow, task_manager, parameters)
            return results
        except Exception as e:
            raise RuntimeExecutionError("Parallel runtime execution failed: {}".format(e)) from e

    def _execute_cyclic_workflow(self, workflow, task_manager, parameters):
        with ledger.workflow(workflow):
            results, run_id = self.cyclic_executor.execute(workflow, parameters)
            return results, run_id

    def _execute_parallel_dag(self, workflow, task_manager, parameters, parallel_nodes):
        with ledger.workflow(workflow):
            run_id = str(uuid.uuid4())
            results = {}
            caller_ctx = contextvars.copy_context()
            with ThreadPoolExecutor(max_workers=self.max_workers) as executor:
                for node_group in workflow.graph.levels():
                    future_to_node = {}
                    for node_id in node_group:
                        future = executor.submit(
                            caller_ctx.copy().run,
                            self._execute_single_node,
                            workflow,
                            node_id,
                            results,
                            parameters,
                            task_manager,
                            run_id,
                        )
                        future_to_node[future] = node_id
                    results.update(self._collect_group(workflow, future_to_node))
            return results, run_id

    def _collect_group(self, workflow, future_to_node):
        group_results = {}
        for future in as_completed(future_to_node):
            node_id = future_to_node[future]
            try:
                group_results[node_id] = future.result()
            except Exception as e:
                if workflow.graph.out_degree(node_id) > 0:
                    raise WorkflowExecutionError("Critical node {} failed: {}".format(node_id, e)) from e
                group_results[node_id] = {"error": str(e), "error_type": type(e).__name__, "failed": True}
        return group_results

    def _execute_single_node(
        self, workflow, node_id, previous_results, parameters, task_manager, run_id
    ):
        node_instance = workflow._node_instances.get(node_id)
        try:
            inputs = connected_inputs(workflow, node_id, dict(previous_results))
            collector = MetricsCollector()
            with collector.collect(node_id=node_id) as metrics_context:
                with ledger.node(workflow, node_id, node_instance):
                    outputs = node_instance.execute(**inputs)
            metrics_context.result()
            return outputs
        except Exception as e:
            raise WorkflowExecutionError("Node '{}' execution failed: {}".format(node_id, e)) from e
