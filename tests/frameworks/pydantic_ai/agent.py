# SPDX-License-Identifier: Apache-2.0
"""An agent: runs the nodes of its graph, one after the other."""

import ledger
from pydantic_ai._agent_graph import UserPromptNode


class Agent:
    def __init__(self, name):
        self._name = name

    @property
    def name(self):
        return self._name

    async def run(self, user_prompt, *, wanted=2, limit=5):
        ctx = {"requests": 0, "wanted": wanted, "limit": limit}
        node = UserPromptNode()
        while node is not None:
            kind = type(node).__name__
            with ledger.node(self._name, kind, kind):
                node = await node.run(ctx)
        return ctx["requests"]
