# SPDX-License-Identifier: Apache-2.0
"""A program that has imported the engine but runs no workflow: bystander.py SHAPE.

It does what passes the probed functions of the interpreter most often: Python called from C, and coroutines.
"""

import asyncio
import sys

import kailash.nodes.base_async  # noqa: F401  (so that all points of the profile can be observed)
import kailash.runtime.local  # noqa: F401
import rounds


class Ranking:
    def of(self, number):
        return -number


def sort_by_method(count):
    """Sorts with a bound method as key. A unit is one call of the key."""
    ranking = Ranking()
    for _ in range(count):
        sorted(range(1000), key=ranking.of)
    return count * 1000


def sort_by_function(count):
    """Sorts with a function as key. A unit is one call of the key."""
    for _ in range(count):
        sorted(range(1000), key=lambda number: -number)
    return count * 1000


async def _answer(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def _converse(messages):
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for _ in range(messages):
        writer.write(b"hello\n")
        await reader.readline()
    writer.close()
    server.close()


def echo(count):
    """An asyncio echo server and its client. A unit is one message and its echo."""
    asyncio.run(_converse(count * 20))
    return count * 20


SHAPES = {"sort-method": sort_by_method, "sort-function": sort_by_function, "echo": echo}

if __name__ == "__main__":
    rounds.serve(SHAPES[sys.argv[1]])
