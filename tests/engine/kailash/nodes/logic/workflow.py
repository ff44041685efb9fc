# SPDX-License-Identifier: Apache-2.0
"""WorkflowNode: a whole workflow as one node. Its inner workflow runs on another thread, because a
loop is already running on this one; the node's own frame waits here for it."""

from __future__ import annotations

from kailash.nodes.base import Node, register_node
from kailash.sdk_exceptions import NodeExecutionError


@register_node
class WorkflowNode(Node):
    def __init__(self, workflow=None, **kwargs):
        super().__init__(**kwargs)
        self._workflow = workflow

    def run(self, **kwargs):
        if not self._workflow:
            raise NodeExecutionError("No workflow loaded")
        workflow_inputs = {}
        try:
            from kailash.runtime.local import LocalRuntime

            with LocalRuntime() as runtime:
                results, _ = runtime.execute(self._workflow, parameters=workflow_inputs)
            return {"results": results}
        except Exception as e:
            raise NodeExecutionError("Failed to execute wrapped workflow: {}".format(e)) from e
