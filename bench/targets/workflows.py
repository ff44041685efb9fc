# SPDX-License-Identifier: Apache-2.0
"""A program that runs workflows: workflows.py SHAPE [--instrument]. A unit is an executed node."""

import logging
import sys

import bench_nodes  # noqa: F401  (registers the classes named below)
import rounds
from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from kailash.workflow.builder import WorkflowBuilder


def chain(node_types):
    """node-0 -> node-1 -> ..."""
    builder = WorkflowBuilder()
    for index, node_type in enumerate(node_types):
        builder.add_node(node_type, "node-{}".format(index), {})
        if index:
            builder.add_connection("node-{}".format(index - 1), "result", "node-{}".format(index), "previous")
    return builder.build(workflow_id="bench")


def diamond(node_types):
    """The first node, then all nodes between in parallel, then the last node."""
    builder = WorkflowBuilder()
    last = len(node_types) - 1
    for index, node_type in enumerate(node_types):
        builder.add_node(node_type, "node-{}".format(index), {})
    for index in range(1, last):
        builder.add_connection("node-0", "result", "node-{}".format(index), "previous")
        builder.add_connection("node-{}".format(index), "result", "node-{}".format(last), "previous")
    return builder.build(workflow_id="bench")


# Runtime, workflow, nodes per run.
SHAPES = {
    "chain": lambda: (LocalRuntime(), chain(["TrivialNode"] * 10), 10),
    "imports": lambda: (LocalRuntime(), chain(["ImportingNode"] * 5), 5),
    "mixed": lambda: (AsyncLocalRuntime(), diamond(["TrivialAsyncNode", "TrivialNode"] * 3), 6),
}


def main():
    logging.disable(logging.CRITICAL)
    if "--instrument" in sys.argv:
        import instrumented

        instrumented.install()
    runtime, workflow, nodes = SHAPES[sys.argv[1]]()

    def run(count):
        for _ in range(count):
            runtime.execute(workflow)
        return count * nodes

    rounds.serve(run)


if __name__ == "__main__":
    main()
