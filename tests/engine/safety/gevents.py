# SPDX-License-Identifier: Apache-2.0
"""Greenlets under gevent's hub: nodes that sleep there while the others run, and one that is killed."""

from __future__ import annotations

from contextlib import suppress

import gevent
from kailash.nodes.base import Node, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.greenlets import out_of_loop
from safety.program import begin, chain, report, say

GREENLETS = 10
RUNS = 10


def work(node):
    with out_of_loop():
        gevent.sleep(node.config.get("seconds", 0.0005))
    if node.config.get("fail"):
        raise KeyError("asked to fail")
    return {"result": 1}


@register_node
class GeventNode(Node):
    def run(self, **kwargs):
        return work(self)


@register_node
class GeventAsyncNode(AsyncNode):
    async def async_run(self, **kwargs):
        return work(self)


def body(number):
    with LocalRuntime() as runtime:
        for run in range(RUNS):
            fail = {"fail": True} if (number + run) % 4 == 0 else {}
            nodes = [("GeventNode", "one"), ("GeventAsyncNode", "two", fail), ("WorkNode", "three")]
            with suppress(KailashException):
                runtime.execute(chain("gevent-{}".format(number), *nodes))


def main():
    begin()
    gevent.joinall([gevent.spawn(body, number) for number in range(GREENLETS)])
    with LocalRuntime() as runtime:
        endless = chain("killed", ("GeventNode", "endless", {"seconds": 3600}))
        victim = gevent.spawn(runtime.execute, endless)
        gevent.sleep(0.01)
        victim.kill()
    say("killed", victim.dead)
    report()
