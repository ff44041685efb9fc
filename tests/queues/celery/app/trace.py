# SPDX-License-Identifier: Apache-2.0
"""Executions: a closure for each task, which lets no exception of the task's out."""

import time
from collections import namedtuple

from celery.app.task import Context

trace_ok_t = namedtuple("trace_ok_t", ("retval", "info", "runtime", "retstr"))


class Ignore(Exception):
    pass


class Retry(Exception):
    pass


class TraceInfo:
    __slots__ = ("state", "retval")

    def __init__(self, state, retval=None):
        self.state = state
        self.retval = retval


def build_tracer(task, Info=TraceInfo, monotonic=time.monotonic, trace_ok_t=trace_ok_t):
    fun = task.run

    def on_error(exc, state="FAILURE"):
        info = Info(state, exc)
        return info, None, info.state, info.retval

    def trace_task(uuid, args, kwargs, request=None):
        R = I = T = Rstr = retval = state = None
        time_start = monotonic()
        Context(request or {}, args=args, called_directly=False, kwargs=kwargs)
        try:
            R = retval = fun(*args, **kwargs)
            state = "SUCCESS"
        except Ignore as exc:
            I = Info("IGNORED", exc)
            state, retval = I.state, I.retval
        except Retry as exc:
            I, R, state, retval = on_error(exc, "RETRY")
        except Exception as exc:
            I, R, state, retval = on_error(exc)
        else:
            Rstr = repr(R)
            T = monotonic() - time_start
        assert uuid and task.name and state and (retval is not None or state == "SUCCESS")
        return trace_ok_t(R, I, T, Rstr)

    return trace_task
