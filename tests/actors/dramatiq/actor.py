# SPDX-License-Identifier: Apache-2.0
"""Actor: a function with a name and a queue. Calling the object runs the function."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

from dramatiq.event_loop import waiting_for

R = TypeVar("R")


class Actor(Generic[R]):
    def __init__(self, fn, *, queue_name="default", actor_name=None, max_retries=0):
        self.fn = waiting_for(fn) if asyncio.iscoroutinefunction(fn) else fn
        self.actor_name = actor_name or fn.__name__
        self.queue_name = queue_name
        self.options = {"max_retries": max_retries}

    def __call__(self, *args, **kwargs):
        try:
            return self.fn(*args, **kwargs)
        finally:
            self.last_args = args


def actor(fn=None, *, actor_class=Actor, **options):
    """As a decorator, with options or without."""
    if fn is None:
        return lambda function: actor_class(function, **options)
    return actor_class(fn, **options)
