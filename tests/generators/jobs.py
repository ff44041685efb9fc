# SPDX-License-Identifier: Apache-2.0
"""An engine whose runs are generators: a caller iterates a run, which yields what its steps made."""

import asyncio


class Graph:
    def __init__(self, name):
        self.name = name
        self.parts = [Part(self, "fetch"), Part(self, "answer")]

    def stream(self, number):
        for part in self.parts:
            yield from part.work(number)

    async def astream(self, number):
        for part in self.parts:
            async for piece in part.awork(number):
                yield piece


class Part:
    def __init__(self, graph, name):
        self.graph = graph
        self.name = name

    def work(self, number):
        for piece in range(3):
            yield piece
        if number % 4 == 0:
            raise LookupError(number)
        return number

    async def awork(self, number):
        for piece in range(3):
            await asyncio.sleep(0)
            yield piece
        if number % 4 == 0:
            raise LookupError(number)
