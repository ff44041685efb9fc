# SPDX-License-Identifier: Apache-2.0
"""LocalRuntime: a workflow's nodes one after the other on an event loop's thread.

The calls between its methods (which go through C, which are inlined) and the names of the locals
are the SDK's; see the test engine's README.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
import uuid

from kailash import ledger
from kailash.runtime.age import HAS_CONTEXT_VARIABLES
from kailash.runtime.inputs import connected_inputs, should_skip
from kailash.runtime.mixins.conditional_execution import ConditionalExecutionMixin
from kailash.runtime.mixins.cycle_execution import CycleExecutionMixin
from kailash.sdk_exceptions import RuntimeExecutionError, WorkflowExecutionError, WorkflowValidationError
from kailash.tracking.metrics_collector import MetricsCollector

if HAS_CONTEXT_VARIABLES:
    from kailash.runtime.progress import ProgressRegistry
else:
    ProgressRegistry = object

_shared_collector = MetricsCollector()


class LocalRuntime(ConditionalExecutionMixin, CycleExecutionMixin):
    def __init__(self, enable_cycles=True, enable_async=True, conditional_execution="route_data"):
        self.enable_cycles = enable_cycles
        self.enable_async = enable_async
        self.conditional_execution = conditional_execution
        self._persistent_loop = None
        self._progress_registry = ProgressRegistry()
        self._init_cycles()

    def __enter__(self):
        return self

    def __exit__(self, error_type, error, traceback):
        self.close()
        return False

    def close(self):
        if self._persistent_loop is not None:
            self._persistent_loop.close()
            self._persistent_loop = None

    def _ensure_event_loop(self):
        if self._persistent_loop is None:
            self._persistent_loop = asyncio.new_event_loop()
        return self._persistent_loop

    def execute(self, workflow, task_manager=None, parameters=None):
        durable_kwargs = {"idempotency_key": None, "force_resume_with_drift": False}
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            loop = self._ensure_event_loop()
            return loop.run_until_complete(
                self._execute_async(
                    workflow=workflow, task_manager=task_manager, parameters=parameters, **durable_kwargs
                )
            )
        return self._execute_sync(
            workflow=workflow, task_manager=task_manager, parameters=parameters, **durable_kwargs
        )

    async def execute_async(self, workflow, task_manager=None, parameters=None):
        return await self._execute_async(
            workflow=workflow, task_manager=task_manager, parameters=parameters, idempotency_key=None
        )

    def _execute_sync(
        self,
        workflow,
        task_manager=None,
        parameters=None,
        *,
        idempotency_key=None,
        force_resume_with_drift=False
    ):
        """Inside a running loop: a bridge thread with a loop of its own, joined here."""
        result_container = []
        exception_container = []
        _caller_ctx = contextvars.copy_context()

        def run_in_thread():
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            try:
                result = loop.run_until_complete(
                    self._execute_async(
                        workflow=workflow,
                        task_manager=task_manager,
                        parameters=parameters,
                        idempotency_key=idempotency_key,
                        force_resume_with_drift=force_resume_with_drift,
                    )
                )
                result_container.append(result)
            except Exception as e:
                exception_container.append(e)
            finally:
                loop.close()

        thread = threading.Thread(
            target=lambda: _caller_ctx.run(run_in_thread),
            name="kailash-sync-bridge-{}".format(workflow.name),
            daemon=True,
        )
        thread.start()
        thread.join()
        if exception_container:
            raise exception_container[0]
        return result_container[0]

    async def _execute_async(self, workflow, **kwargs):
        task_manager = kwargs.get("task_manager")
        parameters = kwargs.get("parameters")
        _w1_kwargs = {"idempotency_key": kwargs.get("idempotency_key")}
        run_id = None
        with ledger.workflow(workflow):
            try:
                run_id = str(uuid.uuid4())
                workflow_context = {"run_id": run_id}
                _progress_token = None
                if HAS_CONTEXT_VARIABLES:
                    from kailash.runtime.progress import _current_progress_registry

                    _progress_token = _current_progress_registry.set(self._progress_registry)
                if self.enable_cycles and workflow.has_cycles():
                    results, run_id = self._execute_cyclic_workflow(
                        workflow, parameters, task_manager, run_id
                    )
                elif self._is_conditional(workflow):
                    try:
                        results = await self._execute_conditional_approach(
                            workflow=workflow,
                            parameters=parameters or {},
                            task_manager=task_manager,
                            run_id=run_id,
                            workflow_context=workflow_context,
                        )
                    except Exception:
                        results = await self._execute_workflow_async(
                            workflow=workflow,
                            task_manager=task_manager,
                            run_id=run_id,
                            parameters=parameters or {},
                            workflow_context=workflow_context,
                            **_w1_kwargs
                        )
                else:
                    results = await self._execute_workflow_async(
                        workflow=workflow,
                        task_manager=task_manager,
                        run_id=run_id,
                        parameters=parameters or {},
                        workflow_context=workflow_context,
                        **_w1_kwargs
                    )
                # Reset on success only, as the SDK does.
                if _progress_token is not None:
                    _current_progress_registry.reset(_progress_token)
                return results, run_id
            except (WorkflowValidationError, PermissionError):
                raise
            except Exception as e:
                raise RuntimeExecutionError(
                    "Unified enterprise workflow execution failed: {}: {}".format(type(e).__name__, e)
                ) from e

    async def _execute_workflow_async(
        self,
        workflow,
        task_manager,
        run_id,
        parameters,
        workflow_context=None,
        *,
        idempotency_key=None
    ):
        results = {}
        node_outputs = {}
        failed_nodes = []
        for node_id in workflow.get_execution_order():
            node_instance = workflow._node_instances.get(node_id)
            inputs = {}
            try:
                inputs = self._prepare_node_inputs(workflow, node_id, node_outputs, parameters)
                if should_skip(workflow, node_id, inputs, results):
                    results[node_id] = None
                    node_outputs[node_id] = None
                    continue
                with _shared_collector.collect(node_id=node_id) as metrics_context:
                    node_instance._workflow_context = workflow_context
                    with ledger.node(workflow, node_id, node_instance):
                        if self.enable_async and hasattr(node_instance, "execute_async"):
                            outputs = await node_instance.execute_async(**inputs)
                        else:
                            outputs = node_instance.execute(**inputs)
                metrics_context.result()
                node_outputs[node_id] = outputs
                results[node_id] = outputs
            except Exception as e:
                failed_nodes.append(node_id)
                if self._should_stop_on_error(workflow, node_id):
                    raise WorkflowExecutionError("Node '{}' failed: {}".format(node_id, e)) from e
                # A leaf's failure is swallowed: the workflow goes on and returns normally.
                results[node_id] = {"error": str(e), "error_type": type(e).__name__, "failed": True}
        return results

    def _prepare_node_inputs(self, workflow, node_id, node_outputs, parameters):
        inputs = connected_inputs(workflow, node_id, node_outputs)
        inputs.update(parameters.get(node_id, {}))
        return inputs

    def _should_stop_on_error(self, workflow, node_id):
        return workflow.graph.out_degree(node_id) > 0

    async def _execute_single_node(self, node_id, workflow=None, node_inputs=None, **kwargs):
        node_instance = kwargs.get("node_instance")
        node_instance._workflow_context = kwargs.get("workflow_context")

        async def node_execution_func():
            # For retries, which are off here; it makes node_inputs a cell of the outer frame, as in the SDK.
            return node_instance.execute(**node_inputs)

        with ledger.node(workflow, node_id, node_instance):
            if self.enable_async and hasattr(node_instance, "execute_async"):
                outputs = await node_instance.execute_async(**node_inputs)
            else:
                outputs = node_instance.execute(**node_inputs)
        return outputs

    async def execute_node_with_enterprise_features(self, node, node_id, inputs, **execution_kwargs):
        """One node of a cyclic workflow; `record` is the ledger's bracket for the call."""
        with execution_kwargs["record"]:
            if hasattr(node, "execute_async"):
                node_result = await node.execute_async(**inputs)
            else:
                node_result = node.execute(**inputs)
        return node_result

    def execute_node_with_enterprise_features_sync(self, node, node_id, inputs, **execution_kwargs):
        """Inside a running loop: a thread and a loop for this node alone."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(
                self.execute_node_with_enterprise_features(node, node_id, inputs, **execution_kwargs)
            )

        async def run_async():
            return await self.execute_node_with_enterprise_features(
                node, node_id, inputs, **execution_kwargs
            )

        _caller_ctx = contextvars.copy_context()
        with concurrent.futures.ThreadPoolExecutor() as executor:
            future = executor.submit(_caller_ctx.run, asyncio.run, run_async())
            return future.result()
