# SPDX-License-Identifier: Apache-2.0
"""The native engines' ledgers against numbers worked out by hand.

FLOWTAP_NATIVE_ENGINES names the directory of the built engines.
"""

import json
import os
import subprocess
import unittest

ENGINES = ("engine_c", "engine_c_O0", "engine_cpp")


def run(engine, lines, *options):
    program = os.path.join(os.environ["FLOWTAP_NATIVE_ENGINES"], engine)
    result = subprocess.run(
        [program] + list(options), input=lines, stdout=subprocess.PIPE, universal_newlines=True, timeout=60
    )
    return result.returncode, result.stdout.splitlines()


def report(engine, *options):
    code, lines = run(engine, "go\nexit\n", *options)
    assert code == 0, code
    return json.loads(lines[-1])


def statuses(row):
    return (row["started"], row["success"], row["failed"], row["aborted"])


def count(found, node_id, status):
    rows = [r for r in found["nodes"] if (r["node_id"], r["status"]) == (node_id, status)]
    return sum(row["count"] for row in rows)


class Ledgers(unittest.TestCase):
    def test_every_run_is_counted_on_every_thread(self):
        for engine in ENGINES:
            with self.subTest(engine):
                found = report(engine, "--runs", "5", "--nodes", "3", "--threads", "4")
                self.assertEqual(statuses(found["workflows"]["native"]), (20, 20, 0, 0))
                self.assertEqual(count(found, "last", "success"), 20)

    def test_a_failing_node_fails_its_workflow(self):
        for engine in ENGINES:
            with self.subTest(engine):
                found = report(engine, "--runs", "4", "--nodes", "3", "--fail-every", "2")
                self.assertEqual(statuses(found["workflows"]["native"]), (4, 2, 2, 0))
                self.assertEqual(count(found, "middle", "failed"), 2)
                self.assertEqual(count(found, "last", "started"), 2)
                self.assertEqual({row["error_type"] for row in found["errors"]}, {"3"})

    def test_retries_and_inner_workflows_recurse(self):
        for engine in ENGINES:
            with self.subTest(engine):
                found = report(engine, "--runs", "1", "--nodes", "3", "--retry-every", "1", "--depth", "2")
                self.assertEqual(len(found["workflows"]), 3)
                self.assertEqual(count(found, "first", "success"), 9)

    def test_a_longjmp_aborts_what_it_leaves(self):
        for engine in ENGINES[:2]:
            with self.subTest(engine):
                found = report(engine, "--runs", "4", "--nodes", "3", "--leave-every", "2")
                self.assertEqual(statuses(found["workflows"]["native"]), (4, 2, 0, 2))
                self.assertEqual(count(found, "last", "aborted"), 2)

    def test_an_exception_fails_what_it_leaves(self):
        found = report("engine_cpp", "--runs", "4", "--nodes", "3", "--leave-every", "2")
        self.assertEqual(statuses(found["workflows"]["native"]), (4, 2, 2, 0))
        self.assertEqual(count(found, "last", "failed"), 2)
        self.assertEqual({row["error_type"] for row in found["errors"]}, {"engine::Leave"})

    def test_a_held_node_waits_inside_its_workflow(self):
        for engine in ENGINES:
            with self.subTest(engine):
                code, lines = run(engine, "go\nrelease\nexit\n", "--hold")
                self.assertEqual((code, lines[1]), (0, "holding"))
                self.assertEqual(statuses(json.loads(lines[2])["workflows"]["held"]), (1, 1, 0, 0))

    def test_it_can_die_inside_a_node(self):
        for engine in ENGINES:
            with self.subTest(engine):
                self.assertEqual(run(engine, "go\ndie\n", "--hold")[0], -9)


if __name__ == "__main__":
    unittest.main()
