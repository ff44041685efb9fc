# SPDX-License-Identifier: Apache-2.0
"""What a task's process does: one task, in a context of its own, whole or from where it was deferred."""

import contextvars
import functools

from airflow.sdk.bases.operator import ExecutorSafeguard


class RuntimeTaskInstance:
    def __init__(self, task, dag_id, next_method=None):
        self.task = task
        self.task_id = task.task_id
        self.dag_id = dag_id
        self.next_method = next_method


def _execute_task(context, ti, log):
    task = ti.task
    execute = task.execute
    if ti.next_method:
        execute = functools.partial(task.resume_execution, next_method=ti.next_method, next_kwargs={})
    ctx = contextvars.copy_context()
    ctx.run(ExecutorSafeguard.tracker.set, task)
    return ctx.run(execute, context=context)
