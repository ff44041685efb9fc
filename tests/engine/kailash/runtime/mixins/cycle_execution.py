# SPDX-License-Identifier: Apache-2.0
"""Hands workflows with cycles to the CyclicWorkflowExecutor."""

from __future__ import annotations

from kailash.sdk_exceptions import RuntimeExecutionError


class CycleExecutionMixin:
    def _init_cycles(self):
        from kailash.workflow.cyclic_runner import CyclicWorkflowExecutor

        self.cyclic_executor = CyclicWorkflowExecutor()

    def _execute_cyclic_workflow(self, workflow, parameters=None, task_manager=None, run_id=None):
        try:
            results, result_run_id = self.cyclic_executor.execute(
                workflow=workflow,
                parameters=parameters if parameters is not None else {},
                task_manager=task_manager,
                run_id=run_id,
                runtime=self,
            )
            return results, result_run_id
        except Exception as e:
            raise RuntimeExecutionError("Cycle execution failed: {}".format(e)) from e
