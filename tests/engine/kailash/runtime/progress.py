# SPDX-License-Identifier: Apache-2.0
"""The context variables that SDK 2.8.3 and later set around each node's run() and each workflow."""

import contextvars

_current_progress_registry = contextvars.ContextVar("_current_progress_registry", default=None)
_current_node_id = contextvars.ContextVar("_current_node_id", default=None)


class ProgressRegistry:
    def __init__(self):
        self.callbacks = []
