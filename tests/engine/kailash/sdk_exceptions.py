# SPDX-License-Identifier: Apache-2.0
"""The exceptions that leave nodes and runtimes: their class names are what an observer reports."""


class KailashException(Exception):
    pass


class NodeException(KailashException):
    pass


class NodeValidationError(NodeException):
    pass


class NodeExecutionError(NodeException):
    pass


class WorkflowException(KailashException):
    pass


class WorkflowValidationError(WorkflowException):
    pass


class WorkflowExecutionError(WorkflowException):
    pass


class RuntimeException(KailashException):
    pass


class RuntimeExecutionError(RuntimeException):
    pass
