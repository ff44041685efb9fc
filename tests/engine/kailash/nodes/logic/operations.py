# SPDX-License-Identifier: Apache-2.0
"""SwitchNode routes its input to one of two outputs; MergeNode joins what arrives."""

from __future__ import annotations

from kailash.nodes.base import Node, NodeParameter, register_node


@register_node
class SwitchNode(Node):
    """true_output or false_output is the input, the other is None."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.threshold = self.config.get("threshold", 0)

    def get_parameters(self):
        return {"input_data": NodeParameter("input_data", required=False)}

    def run(self, **kwargs):
        input_data = kwargs.get("input_data")
        if isinstance(input_data, (int, float)) and input_data > self.threshold:
            return {"true_output": input_data, "false_output": None}
        return {"true_output": None, "false_output": input_data}


@register_node
class MergeNode(Node):
    """Two nested execute frames, one execution: execute() calls the base class's."""

    def execute(self, **runtime_inputs):
        if runtime_inputs.get("merge_type") == "unknown_type":
            raise ValueError("Unknown merge type: unknown_type")
        return super().execute(**runtime_inputs)

    def run(self, **kwargs):
        names = sorted(name for name in kwargs if name.startswith("data"))
        return {"merged_data": [kwargs[name] for name in names if kwargs[name] is not None]}
