# SPDX-License-Identifier: Apache-2.0
"""AsyncNode: runtimes await node.execute_async(**inputs), a class implements async_run()."""

from __future__ import annotations

import asyncio

from kailash.nodes.base import Node
from kailash.sdk_exceptions import NodeExecutionError, NodeValidationError


class AsyncNode(Node):
    def execute(self, **runtime_inputs):
        return asyncio.run(self.execute_async(**runtime_inputs))

    async def async_run(self, **kwargs):
        raise NotImplementedError

    async def execute_async(self, **runtime_inputs):
        try:
            merged_inputs = {**self.config, **runtime_inputs}
            validated_inputs = self.validate_inputs(**merged_inputs)
            outputs = await self.async_run(**validated_inputs)
            return self.validate_outputs(outputs)
        except NodeValidationError:
            raise
        except NodeExecutionError:
            raise
        except Exception as e:
            raise NodeExecutionError(
                "Node '{}' execution failed: {}: {}".format(self.id, type(e).__name__, e)
            ) from e
