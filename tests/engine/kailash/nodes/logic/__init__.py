# SPDX-License-Identifier: Apache-2.0
from kailash.nodes.logic.operations import MergeNode, SwitchNode
from kailash.nodes.logic.workflow import WorkflowNode

__all__ = ["MergeNode", "SwitchNode", "WorkflowNode"]
