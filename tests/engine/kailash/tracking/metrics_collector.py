# SPDX-License-Identifier: Apache-2.0
"""Times one node; a generator-based context manager, resumed from C at its start and its end."""

import time
from contextlib import contextmanager


class PerformanceMetrics:
    def __init__(self, duration):
        self.duration = duration


class MetricsContext:
    def __init__(self, node_id):
        self.node_id = node_id
        self.start_time = None
        self.end_time = None

    def start(self):
        self.start_time = time.time()

    def stop(self):
        self.end_time = time.time()

    def result(self):
        return PerformanceMetrics((self.end_time or time.time()) - self.start_time)


class MetricsCollector:
    @contextmanager
    def collect(self, node_id=None):
        context = MetricsContext(node_id=node_id)
        try:
            context.start()
            yield context
        finally:
            context.stop()

    async def collect_async(self, coro, node_id=None):
        context = MetricsContext(node_id=node_id)
        try:
            context.start()
            result = await coro
            return result, context.result()
        finally:
            context.stop()
