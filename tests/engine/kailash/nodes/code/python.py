# SPDX-License-Identifier: Apache-2.0
"""PythonCodeNode: runs a string of Python. Its __init__ takes `name` and no `_node_id`, so its own
id stays "PythonCodeNode" whatever the workflow calls it."""

from __future__ import annotations

from kailash.nodes.base import Node, register_node
from kailash.sdk_exceptions import NodeExecutionError


@register_node
class PythonCodeNode(Node):
    def __init__(self, name, code="result = None"):
        super().__init__(name=name)
        self.code = code
        self._compiled = compile(code, "<node {}>".format(name), "exec")

    def validate_inputs(self, **kwargs):
        return kwargs

    def run(self, **kwargs):
        namespace = dict(kwargs)
        try:
            exec(self._compiled, namespace)
        except Exception as e:
            raise NodeExecutionError("Code execution failed: {}: {}".format(type(e).__name__, e))
        return {"result": namespace.get("result")}
