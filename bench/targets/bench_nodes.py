# SPDX-License-Identifier: Apache-2.0
"""Node classes for the measured workflows, for the sample engine and for the real SDK alike."""

import importlib
from contextlib import suppress

from kailash.nodes import base
from kailash.nodes.base import Node, NodeParameter
from kailash.nodes.base_async import AsyncNode

# Modules that are not installed: each import walks all finders and raises, as it does where a node
# imports whatever it allows its code to use.
MISSING = ["not_installed_{}".format(number) for number in range(8)]


def register(node_class):
    """The SDK's decorator takes an alias, the sample engine's takes the class."""
    try:
        return base.register_node()(node_class)
    except TypeError:
        return base.register_node(node_class)


def _parameters():
    return {"previous": NodeParameter(name="previous", type=object, required=False, default=0)}


@register
class TrivialNode(Node):
    def get_parameters(self):
        return _parameters()

    def run(self, **kwargs):
        return {"result": 1}


@register
class ImportingNode(Node):
    """Hundreds of calls through C: imports that fail, exceptions, a sort with a key."""

    def get_parameters(self):
        return _parameters()

    def run(self, **kwargs):
        for name in MISSING:
            with suppress(ImportError):
                importlib.import_module(name)
        return {"result": sorted(range(50), key=lambda number: -number)[-1]}


@register
class TrivialAsyncNode(AsyncNode):
    def get_parameters(self):
        return _parameters()

    async def async_run(self, **kwargs):
        return {"result": 1}
