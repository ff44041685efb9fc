# SPDX-License-Identifier: Apache-2.0
"""The thread that runs the coroutines of asynchronous actors, while the workers' threads wait."""

from __future__ import annotations

import asyncio
import functools
import threading


class EventLoopThread(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.loop = asyncio.new_event_loop()

    def run(self):
        self.loop.run_forever()

    def run_coroutine(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()


@functools.lru_cache(maxsize=1)
def event_loop_thread():
    thread = EventLoopThread()
    thread.start()
    return thread


def waiting_for(async_fn):
    @functools.wraps(async_fn)
    def wrapper(*args, **kwargs):
        return event_loop_thread().run_coroutine(async_fn(*args, **kwargs))

    return wrapper
