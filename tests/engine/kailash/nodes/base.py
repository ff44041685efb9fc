# SPDX-License-Identifier: Apache-2.0
"""Node: what a workflow is made of. Runtimes call node.execute(**inputs), a class implements run()."""

from __future__ import annotations

import logging
from collections import OrderedDict

from kailash.runtime.age import HAS_CONTEXT_VARIABLES
from kailash.sdk_exceptions import NodeExecutionError, NodeValidationError


class NodeParameter:
    def __init__(self, name, type=object, required=False, default=None):
        self.name = name
        self.type = type
        self.required = required
        self.default = default


class Node:
    """Base class. `_node_id` is given by the workflow only to classes whose __init__ can take it."""

    def __init__(self, **kwargs):
        self._node_id = kwargs.get("_node_id", self.__class__.__name__)
        self._node_metadata = {"name": kwargs.get("name", self.__class__.__name__)}
        self.logger = logging.getLogger("kailash.nodes." + self._node_id)
        self.config = {key: value for key, value in kwargs.items() if key != "_node_id"}
        self._param_cache = OrderedDict()
        self._cached_params = None
        self._cache_hits = 0
        self._cache_misses = 0

    @property
    def id(self):
        return self._node_id

    @id.setter
    def id(self, value):
        self._node_id = value

    def get_parameters(self):
        return {}

    def validate_inputs(self, **kwargs):
        """Inputs with defaults filled in; NodeValidationError for a missing or wrongly typed one."""
        validated = dict(kwargs)
        for name, parameter in self.get_parameters().items():
            if validated.get(name) is None:
                if parameter.required:
                    raise NodeValidationError("Required parameter '{}' not provided".format(name))
                validated[name] = parameter.default
            elif not isinstance(validated[name], parameter.type):
                raise NodeValidationError("Parameter '{}' has the wrong type".format(name))
        return validated

    def validate_outputs(self, outputs):
        if not isinstance(outputs, dict):
            raise NodeValidationError("Node outputs must be a dictionary")
        return outputs

    def run(self, **kwargs):
        raise NotImplementedError

    def execute(self, **runtime_inputs):
        try:
            merged_inputs = {**self.config, **runtime_inputs}
            validated_inputs = self.validate_inputs(**merged_inputs)
            if HAS_CONTEXT_VARIABLES:
                from kailash.runtime.progress import _current_node_id

                node_id_token = _current_node_id.set(self.id)
                try:
                    outputs = self.run(**validated_inputs)
                finally:
                    _current_node_id.reset(node_id_token)
            else:
                outputs = self.run(**validated_inputs)
            return self.validate_outputs(outputs)
        except NodeValidationError:
            raise
        except NodeExecutionError:
            raise
        except Exception as e:
            raise NodeExecutionError(
                "Node '{}' execution failed: {}: {}".format(self.id, type(e).__name__, e)
            ) from e


_REGISTRY = {}


def register_node(node_class):
    """Class decorator: makes the class known to add_node by its name."""
    _REGISTRY[node_class.__name__] = node_class
    return node_class


def find_node_class(name):
    return _REGISTRY[name]
