# SPDX-License-Identifier: Apache-2.0
"""Every message of cases.py, provoked: one line, the contract's exit status, subject, cause and remedy.

FLOWTAP_PROGRAM and FLOWTAP_ENGINE name the built program and a native engine to aim at. What this machine cannot
provoke is skipped by name, and the exit status is then 77, which ctest shows as skipped.
"""

import http.server
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import cases

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROFILE = os.path.join(ROOT, "tests/native/engine_c.yaml")
SKIPPED = 77
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def fails(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60).returncode != 0


class Stranger(http.server.BaseHTTPRequestHandler):
    """A web server that is no flowtap."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Messages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        os.chmod(directory.name, 0o755)
        taken = socket.socket()
        cls.addClassCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        stranger = http.server.HTTPServer(("127.0.0.1", 0), Stranger)
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        cls.addClassCleanup(stranger.server_close)
        cls.addClassCleanup(stranger.shutdown)
        cls.known = {
            "directory": directory.name,
            "profile": PROFILE,
            "without": os.path.join(os.path.dirname(os.path.abspath(__file__)), "without_call.py"),
            "port": taken.getsockname()[1],
            "other": stranger.server_port,
            "sleeper": cls.start("sleep", "600"),
            "engine": cls.start(os.environ["FLOWTAP_ENGINE"]),
        }

    @classmethod
    def start(cls, *command):
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        cls.addClassCleanup(child.stdin.close)
        cls.addClassCleanup(child.wait)
        cls.addClassCleanup(child.kill)
        return child.pid

    def why_not(self, case):
        if case.nobody and (os.geteuid() != 0 or not shutil.which("setpriv")):
            return "dropping privileges takes root and setpriv"
        if case.launcher:
            return self.why_no_launcher(case.launcher)
        if case.name == "kernel thread" and not self.is_kernel_thread(2):
            return "process 2 is no kernel thread here"
        if case.name.startswith("trace ") and "--profile" in case.words and os.geteuid() != 0:
            return "attaching takes root"
        return ""

    @staticmethod
    def why_no_launcher(launcher):
        if launcher[0] != "env" and os.geteuid() != 0:
            return "not root"
        if not shutil.which(launcher[0]):
            return "not installed: " + launcher[0]
        if "{without}" in launcher and fails(launcher[0], "-c", "import seccomp"):
            return "not installed: python3-seccomp"
        if launcher[0] == "unshare" and fails(*launcher, "true"):
            return "namespaces are not allowed here"
        return ""

    @staticmethod
    def is_kernel_thread(pid):
        try:
            with open("/proc/{}/cmdline".format(pid), "rb") as file:
                return file.read() == b""
        except OSError:
            return False

    def provoke(self, case):
        for name, text in case.files.items():
            path = os.path.join(self.known["directory"], name)
            with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
            os.chmod(path, 0o600 if name.startswith("secret") else 0o644)
        words = [word.format(**self.known) for word in case.words]
        launcher = NOBODY if case.nobody else [word.format(**self.known) for word in case.launcher]
        command = launcher + [os.environ["FLOWTAP_PROGRAM"], *words]
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
            universal_newlines=True,
        )

    def check_all(self, table):
        skipped = []
        for case in table:
            with self.subTest(case.name):
                if self.why_not(case):
                    skipped.append("{} ({})".format(case.name, self.why_not(case)))
                    continue
                ran = self.provoke(case)
                last = ran.stderr.splitlines()[-1] if ran.stderr else ""
                self.assertEqual(ran.returncode, case.status, ran.stderr)
                self.assertTrue(last.startswith("flowtap: "), ran.stderr)
                for part in (case.subject, case.cause, case.remedy):
                    self.assertIn(part.format(**self.known), last)
        if skipped:
            self.skipTest("; ".join(skipped))

    def test_of_the_command_line(self):
        self.check_all(cases.COMMAND_LINE)

    def test_of_files(self):
        self.check_all(cases.FILES)

    def test_of_processes(self):
        self.check_all(cases.PROCESSES)

    def test_of_the_machine(self):
        self.check_all(cases.MACHINE)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped else 0)
