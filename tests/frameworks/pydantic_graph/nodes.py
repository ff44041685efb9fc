# SPDX-License-Identifier: Apache-2.0
"""What a graph is made of."""


class BaseNode:
    async def run(self, ctx):
        raise NotImplementedError
