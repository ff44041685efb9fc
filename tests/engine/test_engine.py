# SPDX-License-Identifier: Apache-2.0
"""The engine's ledger against numbers worked out by hand, and against itself for every shape.

Run in this directory with python3 -m unittest; FLOWTAP_PYTHON names another interpreter to run the
workload on.
"""

import json
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.environ.get("FLOWTAP_PYTHON", sys.executable)


class Workload:
    """A running workload.py; its lines in and out."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [PYTHON, os.path.join(HERE, "workload.py")] + list(options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            universal_newlines=True,
        )
        assert self.read() == "ready {}".format(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self):
        return self.process.stdout.readline().strip()

    def round(self, command="go"):
        self.write(command)
        return json.loads(self.read())


def run(shape, *options):
    with Workload("--shape", shape, *options) as workload:
        return workload.round()


def statuses(row):
    return (row["started"], row["success"], row["failed"], row["cancelled"])


def nodes(report, status):
    found = {}
    for row in report["nodes"]:
        if row["status"] == status:
            found[(row["workflow_id"], row["node_id"], row["node_type"])] = row["count"]
    return found


def errors(report):
    return {(e["workflow_id"], e["node_id"], e["error_type"]): e["count"] for e in report["errors"]}


def all_shapes():
    command = [PYTHON, "-c", "import shapes; print(*shapes.SHAPES)"]
    return subprocess.check_output(command, cwd=HERE, universal_newlines=True).split()


class EveryShape(unittest.TestCase):
    def test_what_started_has_ended_exactly_once(self):
        for shape in all_shapes():
            with self.subTest(shape):
                self.check(run(shape, "--runs", "6", "--fail-every", "3"))

    def check(self, report):
        failed = 0
        for row in report["workflows"].values():
            self.assertGreater(row["started"], 0)
            self.assertEqual(row["started"], row["success"] + row["failed"] + row["cancelled"])
            failed += row["failed"]
        ended = {}
        for status in ("success", "failed", "cancelled"):
            for key, count in nodes(report, status).items():
                ended[key] = ended.get(key, 0) + count
        self.assertEqual(nodes(report, "started"), ended)
        failed += sum(nodes(report, "failed").values())
        self.assertEqual(failed, sum(errors(report).values()))


class Counts(unittest.TestCase):
    def test_a_chain_counts_each_node_of_each_run(self):
        report = run("sync", "--runs", "7", "--nodes", "3")
        self.assertEqual(statuses(report["workflows"]["sync"]), (7, 7, 0, 0))
        expected = {("sync", "node-{}".format(n), "WorkNode"): 7 for n in range(3)}
        self.assertEqual(nodes(report, "success"), expected)

    def test_a_failing_inner_node_fails_its_workflow_and_stops_it(self):
        report = run("sync", "--runs", "4", "--nodes", "3", "--fail-every", "2")
        self.assertEqual(statuses(report["workflows"]["sync"]), (4, 2, 2, 0))
        self.assertEqual(nodes(report, "failed"), {("sync", "node-1", "WorkNode"): 2})
        self.assertEqual(nodes(report, "started")[("sync", "node-2", "WorkNode")], 2)
        self.assertEqual(
            errors(report),
            {("sync", "node-1", "NodeExecutionError"): 2, ("sync", "", "RuntimeExecutionError"): 2},
        )

    def test_a_failing_leaf_is_a_failed_node_in_a_successful_workflow(self):
        report = run("sync", "--runs", "3", "--nodes", "1", "--fail-every", "1")
        self.assertEqual(statuses(report["workflows"]["sync"]), (3, 3, 0, 0))
        self.assertEqual(errors(report), {("sync", "node-0", "NodeExecutionError"): 3})

    def test_refused_inputs_are_a_failed_node(self):
        report = run("validation", "--runs", "2", "--nodes", "1")
        self.assertEqual(errors(report), {("validation", "node-0", "NodeValidationError"): 1})

    def test_a_merge_node_is_one_execution_and_a_skipped_branch_none(self):
        report = run("merge", "--runs", "10")
        started = nodes(report, "started")
        self.assertEqual(started[("merge", "join", "MergeNode")], 10)
        high = started.get(("merge", "high", "PythonCodeNode"), 0)
        low = started.get(("merge", "low", "PythonCodeNode"), 0)
        self.assertEqual(high + low, 10)

    def test_an_execute_of_its_own_raises_its_own_exception(self):
        found = errors(run("override", "--runs", "1", "--nodes", "3", "--fail-every", "1"))
        self.assertEqual(found[("audited", "audit", "PermissionError")], 1)

    def test_inner_workflows_have_their_own_label(self):
        report = run("nested", "--runs", "2", "--nodes", "4")
        self.assertEqual(statuses(report["workflows"]["nested"]), (2, 2, 0, 0))
        self.assertEqual(statuses(report["workflows"]["inner"]), (2, 2, 0, 0))

    def test_recursion_counts_every_level(self):
        report = run("recursive", "--runs", "2", "--depth", "3")
        self.assertEqual(statuses(report["workflows"]["recursive"]), (8, 8, 0, 0))

    def test_a_cycle_counts_each_iteration(self):
        started = nodes(run("cyclic", "--runs", "2", "--nodes", "5"), "started")
        self.assertEqual(started[("cyclic", "step", "WorkNode")], 10)
        self.assertEqual(started[("cyclic", "sink", "WorkNode")], 2)

    def test_cancelled_tasks_are_cancelled_executions(self):
        report = run("cancelled", "--runs", "2", "--nodes", "3")
        self.assertEqual(statuses(report["workflows"]["cancelled"]), (2, 0, 0, 2))
        # One run on AsyncLocalRuntime (all three at once), one on LocalRuntime (the first only).
        self.assertEqual(sum(nodes(report, "cancelled").values()), 4)

    def test_a_timeout_cancels_the_nodes_and_fails_the_workflow(self):
        report = run("timeout", "--runs", "1", "--nodes", "2")
        self.assertEqual(statuses(report["workflows"]["timeout"]), (1, 0, 1, 0))
        self.assertEqual(sum(nodes(report, "cancelled").values()), 2)

    def test_work_is_in_the_seconds(self):
        report = run("sync", "--runs", "5", "--nodes", "1", "--work-us", "2000")
        self.assertGreaterEqual(report["nodes"][-1]["seconds"], 5 * 0.002)


class Labels(unittest.TestCase):
    def test_a_made_up_id_is_replaced_by_the_name(self):
        self.assertEqual(list(run("sync", "--ids", "named")["workflows"]), ["sync"])

    def test_a_made_up_name_is_unnamed(self):
        self.assertEqual(list(run("sync", "--ids", "unnamed")["workflows"]), ["unnamed"])

    def test_ids_of_every_string_kind_arrive_whole(self):
        report = run("labels", "--runs", "8")
        self.assertEqual(len(report["workflows"]), 8)
        self.assertIn("\U0001f680 rocket", report["workflows"])


class Protocol(unittest.TestCase):
    def test_counts_are_cumulative_until_reset(self):
        with Workload("--runs", "2") as workload:
            workload.round()
            self.assertEqual(workload.round("again")["workflows"]["sync"]["started"], 4)
            workload.write("reset")
            self.assertEqual(workload.read(), "reset")
            self.assertEqual(workload.round("again")["workflows"]["sync"]["started"], 2)

    def test_a_held_node_ends_when_released(self):
        for shape in ("sync", "async"):
            with self.subTest(shape), Workload("--shape", shape, "--hold") as workload:
                workload.write("go")
                self.assertEqual(workload.read(), "holding")
                report = workload.round("release")
                self.assertEqual(statuses(report["workflows"]["held"]), (1, 1, 0, 0))

    def test_it_can_die_inside_a_node(self):
        for mode, code in (("sigkill-self", -9), ("os._exit", 0)):
            with self.subTest(mode), Workload("--hold", "--exit-mode", mode) as workload:
                workload.write("go")
                self.assertEqual(workload.read(), "holding")
                workload.write("die")
                self.assertEqual(workload.process.wait(30), code)
                self.assertEqual(workload.read(), "")

    def test_an_engine_without_context_variables_runs(self):
        environment = dict(os.environ, FLOWTAP_ENGINE_OLD="1")
        command = [PYTHON, "-c", "import sys, shapes; print('kailash.runtime.progress' in sys.modules)"]
        text = subprocess.check_output(command, cwd=HERE, env=environment, universal_newlines=True)
        self.assertEqual(text.strip(), "False")


if __name__ == "__main__":
    unittest.main()
