# SPDX-License-Identifier: Apache-2.0
"""Jobs: the one that runs is in a context variable."""

from contextvars import ContextVar

_current_job = ContextVar("current_job", default=None)


def get_current_job():
    return _current_job.get()


class Job:
    def __init__(self, function, arguments, origin, retries=0):
        self._func_name = "{}.{}".format(function.__module__, function.__qualname__)
        self.function = function
        self.arguments = arguments
        self.origin = origin
        self.retries = retries

    def perform(self):
        token = _current_job.set(self)
        try:
            self.result = self.function(*self.arguments)
        finally:
            assert _current_job.get() is self
            _current_job.reset(token)
        return self.result
