# SPDX-License-Identifier: Apache-2.0
"""Operators. A metaclass puts each class's execute() into a wrapper, so all of them share its code."""

import contextvars
import functools


class ExecutorSafeguard:
    tracker = contextvars.ContextVar("ExecutorSafeguard_sentinel")

    @classmethod
    def decorator(cls, func):
        @functools.wraps(func)
        def wrapper(self, *args, **kwargs):
            if cls.tracker.get(None) is not self:
                raise RuntimeError("execute() is called outside of a task")
            return func(self, *args, **kwargs)

        return wrapper


class BaseOperatorMeta(type):
    def __new__(cls, name, bases, namespace):
        if "execute" in namespace:
            namespace["execute"] = ExecutorSafeguard.decorator(namespace["execute"])
        return super().__new__(cls, name, bases, namespace)


class BaseOperator(metaclass=BaseOperatorMeta):
    def __init__(self, task_id):
        self.task_id = task_id

    def execute(self, context):
        raise NotImplementedError

    def resume_execution(self, next_method, next_kwargs, context):
        return getattr(self, next_method)(context, **next_kwargs)
