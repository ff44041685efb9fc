# SPDX-License-Identifier: Apache-2.0
"""AuditLogNode: one of the classes with an execute() of their own, which never reaches Node.execute
and whose exceptions leave unwrapped."""

from __future__ import annotations

from kailash.nodes.base import Node, register_node


@register_node
class AuditLogNode(Node):
    def execute(self, **inputs):
        message = {**self.config, **inputs}.get("message")
        if message == "refused":
            raise PermissionError("audit log refused the message")
        return {"audit": message, "result": message}
