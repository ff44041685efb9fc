# SPDX-License-Identifier: Apache-2.0
"""The nodes of an agent's graph. Each says which comes next; None: none."""

import asyncio

from pydantic_graph.nodes import BaseNode


class UserPromptNode(BaseNode):
    async def run(self, ctx):
        await asyncio.sleep(0)
        return ModelRequestNode()


class ModelRequestNode(BaseNode):
    async def run(self, ctx):
        await asyncio.sleep(0.001)
        ctx["requests"] += 1
        if ctx["requests"] > ctx["limit"]:
            raise ConnectionError("no answer")
        return CallToolsNode()


class CallToolsNode(BaseNode):
    async def run(self, ctx):
        await asyncio.sleep(0)
        return ModelRequestNode() if ctx["requests"] < ctx["wanted"] else None
