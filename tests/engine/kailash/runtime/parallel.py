# SPDX-License-Identifier: Apache-2.0
"""ParallelRuntime: every node whose predecessors are done runs as a task; sync nodes on the loop's
default pool. The task of a node never raises: it returns (outputs, success)."""

from __future__ import annotations

import asyncio
import contextvars
import uuid
from collections import deque

from kailash import ledger
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.inputs import connected_inputs
from kailash.sdk_exceptions import RuntimeExecutionError, WorkflowExecutionError
from kailash.tracking.metrics_collector import MetricsCollector


class ParallelRuntime:
    def __init__(self, max_workers=8):
        self.max_workers = max_workers
        self.semaphore = None

    async def execute(self, workflow, task_manager=None, parameters=None, **kwargs):
        with ledger.workflow(workflow):
            run_id = str(uuid.uuid4())
            self.semaphore = asyncio.Semaphore(self.max_workers)
            try:
                results = await self._execute_workflow_parallel(
                    workflow=workflow,
                    task_manager=task_manager,
                    run_id=run_id,
                    parameters=parameters or {},
                )
                return results, run_id
            except Exception as e:
                raise RuntimeExecutionError(
                    "Parallel workflow execution failed: {}: {}".format(type(e).__name__, e)
                ) from e

    async def _execute_workflow_parallel(self, workflow, task_manager, run_id, parameters):
        results = {}
        node_outputs = {}
        node_tasks = {}
        dependencies = {node: set(workflow.graph.predecessors(node)) for node in workflow.graph.nodes()}
        ready_nodes = deque(node for node, needed in dependencies.items() if not needed)
        while ready_nodes or node_tasks:
            while ready_nodes and len(node_tasks) < self.max_workers:
                node_id = ready_nodes.popleft()
                task = asyncio.create_task(
                    self._execute_node(
                        workflow=workflow,
                        node_id=node_id,
                        node_outputs=node_outputs,
                        parameters=parameters.get(node_id, {}),
                        task_manager=task_manager,
                        run_id=run_id,
                    )
                )
                node_tasks[node_id] = task
            await asyncio.wait(list(node_tasks.values()), return_when=asyncio.FIRST_COMPLETED)
            for node_id in [n for n, task in node_tasks.items() if task.done()]:
                node_result, success = node_tasks.pop(node_id).result()
                results[node_id] = node_result
                if not success:
                    if workflow.graph.out_degree(node_id) > 0:
                        raise WorkflowExecutionError("Node '{}' failed".format(node_id))
                    continue
                node_outputs[node_id] = node_result
                for dependent in workflow.graph.successors(node_id):
                    dependencies[dependent].discard(node_id)
                    if not dependencies[dependent]:
                        ready_nodes.append(dependent)
        return results

    async def _execute_node(self, workflow, node_id, node_outputs, parameters, task_manager, run_id):
        node_instance = workflow._node_instances.get(node_id)
        try:
            async with self.semaphore:
                inputs = dict(node_instance.config, **connected_inputs(workflow, node_id, node_outputs))
                inputs.update(parameters)
                collector = MetricsCollector()
                record = ledger.node(workflow, node_id, node_instance)
                if isinstance(node_instance, AsyncNode):
                    with record:
                        outputs, performance_metrics = await collector.collect_async(
                            node_instance.execute_async(**inputs), node_id=node_id
                        )
                else:
                    loop = asyncio.get_running_loop()

                    async def execute_with_metrics():
                        with collector.collect(node_id=node_id) as context:

                            def execute_sync():
                                with record:
                                    return node_instance.execute(**inputs)

                            ctx = contextvars.copy_context()
                            result = await loop.run_in_executor(None, lambda: ctx.run(execute_sync))
                            return result, context.result()

                    outputs, performance_metrics = await execute_with_metrics()
                return outputs, True
        except Exception as e:
            return {"error": str(e), "error_type": type(e).__name__, "failed": True}, False
