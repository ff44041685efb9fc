# SPDX-License-Identifier: Apache-2.0
"""The directed graph under a workflow: nodes in order of addition, edges with a port mapping."""

from __future__ import annotations


class WorkflowDAG:
    def __init__(self):
        self._nodes = []
        self._edges = []  # (source, target, {output: input}, cycle)

    def add_node(self, node_id):
        self._nodes.append(node_id)

    def add_edge(self, source, target, mapping, cycle=False):
        self._edges.append((source, target, mapping, cycle))

    def nodes(self):
        return list(self._nodes)

    def in_edges(self, node_id):
        return [edge for edge in self._edges if edge[1] == node_id]

    def out_degree(self, node_id):
        return sum(1 for edge in self._edges if edge[0] == node_id)

    def predecessors(self, node_id):
        return [edge[0] for edge in self._edges if edge[1] == node_id and not edge[3]]

    def successors(self, node_id):
        return [edge[1] for edge in self._edges if edge[0] == node_id and not edge[3]]

    def has_cycle_edges(self):
        return any(edge[3] for edge in self._edges)

    def levels(self):
        """Lists of nodes; each depends only on earlier lists. Cycle edges do not count."""
        depth = {}
        for node_id in self.topological_sort():
            depth[node_id] = 1 + max([depth[pred] for pred in self.predecessors(node_id)] or [-1])
        found = [[] for _ in range(1 + max(list(depth.values()) or [-1]))]
        for node_id, level in depth.items():
            found[level].append(node_id)
        return found

    def topological_sort(self):
        order, done = [], set()
        waiting = list(self._nodes)
        while waiting:
            ready = [n for n in waiting if all(pred in done for pred in self.predecessors(n))]
            if not ready:
                raise ValueError("the graph has a cycle that is not marked as one")
            order.extend(ready)
            done.update(ready)
            waiting = [n for n in waiting if n not in done]
        return order
