# SPDX-License-Identifier: Apache-2.0
"""The documents against the program: options, metrics, links, and the commands of "Getting started" and the tutorials.

FLOWTAP_PROGRAM names the built program. What this machine cannot run is skipped by name with the reason, and the
exit status is then 77, which ctest shows as skipped; Scrape, GettingStarted and the tutorials are tests of their own there.
"""

import contextlib
import errno
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))

import options_table

SKIPPED = 77
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
LIMIT = re.compile(r"^\| [^|]+ \| [^|]+ \| `([\w./]+)` `(\w+)` \| `([\w./]+)` \|$", re.M)
# A test as documents name it: `FILE` `SUITE.CASE`.
CASE = re.compile(r"`(tests/[\w/]+\.cpp)` `(\w+)\.(\w+)`")
ROW = re.compile(r"^\| `((?:workflow|active|flowtap)_\w+)` \| (\w+) \| (.*?) \|", re.M)


def program():
    return os.environ["FLOWTAP_PROGRAM"]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def documents():
    listed = subprocess.run(
        ["find", ".", "-name", "*.md", "-not", "-path", "./build*"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True, universal_newlines=True,
    )
    return sorted(os.path.normpath(path) for path in listed.stdout.split())


def source_texts():
    """All string literals of the program, adjacent ones joined, a line each."""
    files = subprocess.run(
        ["find", "userspace", "exporter", "-name", "*.cpp", "-o", "-name", "*.h"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True, universal_newlines=True,
    ).stdout.split()
    literal = r'"(?:[^"\\\n]|\\.)*"'
    runs = re.compile(literal + r"(?:\s*" + literal + ")*")
    joined = re.compile(r'"\s*"')
    return "\n".join(joined.sub("", run.group()) for path in files for run in runs.finditer(read(path)))


def anchors(text):
    """The anchors that a Markdown viewer makes of headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def links(path):
    """Yields (target file, anchor) of each relative link of a document."""
    for link in LINK.findall(re.sub(r"```.*?```", "", read(path), flags=re.S)):
        if "://" in link or link.startswith("mailto:"):
            continue
        target, _, anchor = link.partition("#")
        yield (os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path), anchor


class Text(unittest.TestCase):
    def test_messages_of_troubleshooting_are_the_programs_own(self):
        texts = source_texts()
        others = {os.strerror(number) for number in errno.errorcode} | {"not expected"}  # the system's, CLI11's
        tables = re.findall(r"^\| message \|.*?\n\n", read("docs/troubleshooting.md"), re.M | re.S)
        self.assertEqual(len(tables), 2)
        for row in "".join(tables).splitlines():
            for message in re.findall(r"`([^`]+)`", row.split("|")[1] if "|" in row else ""):
                for part in re.split(r" ?\.\.\. ?| FILE:LINE|CAP_.*", message):
                    known = part in others or part.lstrip("(") in texts
                    self.assertTrue(known, f"docs/troubleshooting.md: no message has: {part}")

    def test_limits_are_where_the_table_says(self):
        limits = LIMIT.findall(read("docs/safety-and-security.md"))
        self.assertGreater(len(limits), 20)
        for source, name, test in limits:
            self.assertIn(name, read(source), source)
            self.assertTrue(os.path.exists(os.path.join(ROOT, test)), test)

    def test_every_test_that_is_named_exists(self):
        named = [case for path in documents() for case in CASE.findall(read(path))]
        self.assertGreater(len(named), 30)
        for source, suite, case in named:
            with self.subTest(source=source, case=suite + "." + case):
                self.assertRegex(read(source), r"TEST(_F|_P)?\(" + suite + r",\s*" + case + r"\)")

    def test_every_claim_of_the_security_review_names_its_test(self):
        tables = re.findall(r"^\|.*\| test \|\n\|[-|]+\|\n((?:\|.*\n)+)", read("docs/security.md"), re.M)
        claims = [row for table in tables for row in table.splitlines()]
        self.assertGreater(len(claims), 30)
        for row in claims:
            with self.subTest(row):
                self.assertTrue(CASE.search(row) or "`tests/deploy/test_deploy.py`" in row)

    def test_every_relative_link_leads_somewhere(self):
        self.assertIn("README.md", documents())
        for path in documents():
            for target, anchor in links(path):
                with self.subTest(document=path, link=target + "#" + anchor):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, target)))
                    if anchor:
                        self.assertIn(anchor, anchors(read(target)))

    def test_every_document_is_reachable_from_the_readme(self):
        seen, left = set(), ["README.md"]
        while left:
            path = left.pop()
            if path in seen or not path.endswith(".md"):
                continue
            seen.add(path)
            left.extend(target for target, _ in links(path) if os.path.isfile(os.path.join(ROOT, target)))
        pages = {path for path in documents() if path.startswith("docs/")}
        self.assertEqual(pages - seen, set())

    def test_the_readme_fits_one_page(self):
        self.assertLessEqual(len(read("README.md").splitlines()), 120)

    def test_no_placeholder_is_left(self):
        for path in documents():
            with self.subTest(path):
                self.assertEqual(re.findall(r"@[A-Z]+@|\bTODO\b|\bTBD\b", read(path)), [])


class Options(unittest.TestCase):
    def test_the_table_of_options_is_what_the_program_takes(self):
        self.assertIn(options_table.table(options_table.usage_of(program())), read("docs/configuration.md"))


def documented_metrics():
    """{name: (type, set of labels)} of docs/metrics.md."""
    rows = ROW.findall(read("docs/metrics.md"))
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows if kind != "meaning"}


def scraped_metrics(text):
    """{name: type} of everything of flowtap's own in a scrape."""
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    return {name: kind for name, kind in types.items() if not name.startswith("process_")}


def scraped_labels(text, name):
    series = re.findall(r"^" + name + r"(?:_bucket|_sum|_count)?\{(.*?)\} ", text, re.M)
    return {label for labels in series for label in re.findall(r"(\w+)=\"", labels)} - {"le", "quantile"}


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def can_attach():
    return subprocess.run([program(), "check"], stdout=subprocess.DEVNULL, timeout=60).returncode == 0


class Daemon:
    """`flowtap run` with the given options, until the end of the block."""

    def __init__(self, *options):
        self.url = "http://127.0.0.1:{}".format(free_port())
        self.process = subprocess.Popen(
            [program(), "run", "--listen", self.url[len("http://"):], *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        for _ in range(300):
            try:
                self.get("/ready")
                return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError("flowtap did not become ready")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()


class Scrape(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not can_attach():
            raise unittest.SkipTest("this machine or user cannot attach: see flowtap check")
        with Daemon("--match", "no process has this text") as daemon:
            cls.scrape = daemon.get("/metrics")

    def test_the_documented_metrics_are_those_of_a_scrape(self):
        documented = {name: kind for name, (kind, _) in documented_metrics().items()}
        self.assertEqual(documented, scraped_metrics(self.scrape))

    def test_the_documented_labels_are_those_of_a_scrape(self):
        for name, (_, labels) in documented_metrics().items():
            found = scraped_labels(self.scrape, name)
            with self.subTest(name):
                self.assertTrue(found <= labels, "{} has labels {}".format(name, found))


def why_not_by_the_book(port):
    """What keeps the commands of a document, which names this port, from running here; empty where nothing does."""
    if not can_attach():
        return "this machine or user cannot attach: see flowtap check"
    for tool in ("curl", "python3"):
        if not shutil.which(tool):
            return "not installed: " + tool
    known = subprocess.run(["python3", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"])
    if known.returncode != 0:
        return "missing: a python3 of CPython 3.11 or newer in PATH"
    with socket.socket() as server:
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return "port {} is taken".format(port)
    return ""


class ByTheBook(unittest.TestCase):
    """A document's blocks marked `console`, as one session of a shell, word for word."""

    def run_section(self, path, heading, port):
        """What the commands under a heading print."""
        return self.run_text(read(path).split("\n" + heading + "\n")[1].split("\n## ")[0], port)

    def run_text(self, text, port):
        if why_not_by_the_book(port):
            self.skipTest(why_not_by_the_book(port))
        blocks = re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S)
        self.assertGreaterEqual(len(blocks), 4)
        status, said = self.run_by_the_book("".join(blocks))
        self.assertEqual(status, 0, said)
        return said

    def run_by_the_book(self, commands):
        with tempfile.TemporaryDirectory() as directory:
            os.mkdir(os.path.join(directory, "build"))
            os.symlink(program(), os.path.join(directory, "build/flowtap"))
            os.symlink(os.path.join(ROOT, "tests"), os.path.join(directory, "tests"))
            session = subprocess.Popen(
                ["bash", "-e", "-u", "-o", "pipefail", "-c", commands], cwd=directory, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
            )
            try:
                # What it leaves running holds its output open.
                status = session.wait(120)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(session.pid, signal.SIGTERM)
                return status, session.communicate(timeout=30)[0]
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(session.pid, signal.SIGKILL)


class GettingStarted(ByTheBook):
    def test_its_commands_do_what_it_says(self):
        said = self.run_section("docs/getting-started.md", "## On a laptop or a server", 9847)
        for part in ("points observed", 'workflow_executions_total{workflow_id=', "flowtap top", "WORKFLOW"):
            self.assertIn(part, said)


class Tutorial(ByTheBook):
    def test_its_commands_do_what_it_says(self):
        said = self.run_section("docs/profiles/writing-a-profile.md", "## Tutorial", 9848)
        self.assertIn("there is no 'runn'; is it run?", said)
        counts = dict(re.findall(r'^workflow_node_executions_total\{.*node_id="send".*status="(\w+)"\} (\d+)', said, re.M))
        self.assertGreater(int(counts["failed"]), 0)
        self.assertGreater(int(counts["success"]), int(counts["failed"]))


class TaskQueueTutorial(ByTheBook):
    def test_its_commands_do_what_it_says(self):
        said = self.run_text(read("docs/profiles/task-queue.md"), 9849)
        self.assertEqual(re.findall(r'^flowtap_point_executions_total\{.*\} (\d+)', said, re.M), ["0", "60", "60"])
        self.assertIn("courier.worker:Receipt: the class has no __new__() of its own, and CPython creates such objects", said)
        self.assertEqual(re.findall(r'^flowtap_point_ids_unreadable_total\{.*\} (\d+)', said, re.M), ["60", "0"])
        own = dict(re.findall(r"^ +(\d+) (\w+ \w+ \w+)$", said, re.M)[::-1])
        self.assertEqual(sorted(own.items()), [("24", "default mail success"), ("30", "warehouse pack success"),
                                               ("6", "default mail ConnectionError")])
        last = said[said.rindex("flowtap_point_ids_unreadable_total"):]
        counts = re.findall(r'^workflow_\w+_total\{workflow_id="(\w+)",node_id="(\w+)",.*"(\w+)"\} (\d+)', last, re.M)
        self.assertEqual(
            sorted(row for row in counts if row[2] != "started" and row[3] != "0"),
            [("unnamed", "mail", "ConnectionError", "6"), ("unnamed", "mail", "failed", "6"),
             ("unnamed", "mail", "success", "24"), ("warehouse", "pack", "success", "30")],
        )


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(1 if not result.wasSuccessful() else SKIPPED if result.skipped else 0)
