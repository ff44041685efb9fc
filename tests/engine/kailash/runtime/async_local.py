# SPDX-License-Identifier: Apache-2.0
"""AsyncLocalRuntime: the nodes of one level run at once, each as its own task; sync nodes on a pool."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import time

from kailash import ledger
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.inputs import connected_inputs, should_skip
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import WorkflowExecutionError


class ExecutionContext:
    def __init__(self, inputs):
        self.variables = inputs


class AsyncExecutionTracker:
    def __init__(self, workflow, context):
        self.workflow = workflow
        self.context = context
        self.results = {}
        self.errors = {}

    async def record_result(self, node_id, result):
        self.results[node_id] = result

    async def record_error(self, node_id, error):
        self.errors[node_id] = error

    def get_result(self):
        return {"results": dict(self.results), "errors": dict(self.errors)}


class AsyncLocalRuntime(LocalRuntime):
    def __init__(self, max_concurrent_nodes=10, execution_timeout=300, **kwargs):
        super().__init__(**kwargs)
        self.max_concurrent_nodes = max_concurrent_nodes
        self.execution_timeout = execution_timeout
        self.thread_pool = concurrent.futures.ThreadPoolExecutor(max_workers=4)
        self._semaphores = {}  # one per loop: before 3.10 a semaphore belongs to the loop it was made in

    @property
    def execution_semaphore(self):
        loop = asyncio.get_running_loop()
        if loop not in self._semaphores:
            self._semaphores = {loop: asyncio.Semaphore(self.max_concurrent_nodes)}
        return self._semaphores[loop]

    def close(self):
        """Waits for the pool: sync nodes outlive a failed or timed out workflow."""
        self.thread_pool.shutdown(wait=True)
        super().close()

    def execute(self, workflow, task_manager=None, parameters=None):
        inputs = parameters if parameters else {}
        result = asyncio.run(self.execute_workflow_async(workflow, inputs=inputs))
        return result

    async def execute_workflow_async(self, workflow, inputs=None, context=None):
        with ledger.workflow(workflow):
            inputs = inputs or {}
            context = context or ExecutionContext(inputs)
            run_id = "run_{}".format(int(time.time() * 1000))
            try:
                if self.execution_timeout and self.execution_timeout > 0:
                    tracker_result = await asyncio.wait_for(
                        self._execute_workflow_internal(workflow, inputs, context, run_id),
                        timeout=self.execution_timeout,
                    )
                else:
                    tracker_result = await self._execute_workflow_internal(
                        workflow, inputs, context, run_id
                    )
                return tracker_result["results"], run_id
            except WorkflowExecutionError:
                raise
            except Exception as e:
                raise WorkflowExecutionError("Async execution failed: {}".format(e)) from e

    async def _execute_workflow_internal(self, workflow, inputs, context, run_id):
        kinds = {isinstance(node, AsyncNode) for node in workflow._node_instances.values()}
        if kinds == {True}:
            return await self._execute_fully_async_workflow(workflow, context)
        if True in kinds:
            return await self._execute_mixed_workflow(workflow, context)
        return await self._execute_sync_workflow(workflow, context)

    async def _execute_fully_async_workflow(self, workflow, context):
        tracker = AsyncExecutionTracker(workflow, context)
        for level in workflow.graph.levels():
            tasks = []
            for node_id in level:
                task = self._execute_node_async(workflow, node_id, tracker, context)
                tasks.append(task)
            # The first failure is raised at once; the other tasks of the level go on.
            await asyncio.gather(*tasks, return_exceptions=False)
        return tracker.get_result()

    async def _execute_mixed_workflow(self, workflow, context):
        tracker = AsyncExecutionTracker(workflow, context)
        for level in workflow.graph.levels():
            tasks = []
            for node_id in level:
                if isinstance(workflow._node_instances[node_id], AsyncNode):
                    task = self._execute_node_async(workflow, node_id, tracker, context)
                else:
                    task = self._execute_sync_node_async(workflow, node_id, tracker, context)
                tasks.append(task)
            await asyncio.gather(*tasks, return_exceptions=False)
        return tracker.get_result()

    async def _execute_sync_workflow(self, workflow, context):
        """Sync nodes only: the whole workflow is one item of work on one pool thread."""
        loop = asyncio.get_running_loop()

        def sync_execute():
            return self._execute_sync_workflow_internal(workflow, context.variables)

        ctx = contextvars.copy_context()
        result = await loop.run_in_executor(self.thread_pool, lambda: ctx.run(sync_execute))
        return {"results": result, "errors": {}}

    def _execute_sync_workflow_internal(self, workflow, inputs):
        results = {}
        node_outputs = {}
        for node_id in workflow.get_execution_order():
            node_instance = workflow._node_instances.get(node_id)
            node_inputs = connected_inputs(workflow, node_id, node_outputs)
            if should_skip(workflow, node_id, node_inputs, results):
                results[node_id] = None
                node_outputs[node_id] = None
                continue
            try:
                with ledger.node(workflow, node_id, node_instance):
                    result = node_instance.execute(**node_inputs)
                results[node_id] = result
                node_outputs[node_id] = result
            except Exception as e:
                raise WorkflowExecutionError("Node '{}' execution failed: {}".format(node_id, e)) from e
        return results

    async def _execute_node_async(self, workflow, node_id, tracker, context):
        node_instance = None
        async with self.execution_semaphore:
            try:
                node_instance = workflow._node_instances.get(node_id)
                inputs = connected_inputs(workflow, node_id, tracker.results)
                if should_skip(workflow, node_id, inputs, tracker.results):
                    await tracker.record_result(node_id, None)
                    return
                with ledger.node(workflow, node_id, node_instance):
                    result = await node_instance.execute_async(**inputs)
                await tracker.record_result(node_id, result)
            except Exception as e:
                await tracker.record_error(node_id, e)
                raise WorkflowExecutionError("Node '{}' execution failed: {}".format(node_id, e)) from e

    async def _execute_sync_node_async(self, workflow, node_id, tracker, context):
        async with self.execution_semaphore:
            try:
                node_instance = workflow._node_instances.get(node_id)
                inputs = connected_inputs(workflow, node_id, tracker.results)
                if should_skip(workflow, node_id, inputs, tracker.results):
                    await tracker.record_result(node_id, None)
                    return
                record = ledger.node(workflow, node_id, node_instance)
                result = await self._execute_sync_node_in_thread(node_instance, inputs, record)
                await tracker.record_result(node_id, result)
            except Exception as e:
                await tracker.record_error(node_id, e)
                raise WorkflowExecutionError(
                    "Sync node '{}' execution failed: {}".format(node_id, e)
                ) from e

    async def _execute_sync_node_in_thread(self, node_instance, inputs, record):
        loop = asyncio.get_running_loop()

        def execute_sync():
            with record:
                return node_instance.execute(**inputs)

        ctx = contextvars.copy_context()
        return await loop.run_in_executor(self.thread_pool, lambda: ctx.run(execute_sync))
