# SPDX-License-Identifier: Apache-2.0
"""The measured web service and its load generator: a bounded number of requests on a few connections."""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import threading


class Interpreter:
    """A Python interpreter, given as PYTHON, or as ROOT=PYTHON to run it by chroot in the directory ROOT."""

    def __init__(self, text):
        root, equals, python = text.partition("=")
        self.root = root if equals else ""
        self.python = python if equals else text

    def command(self, *arguments):
        return (["chroot", self.root] if self.root else []) + [self.python, *arguments]

    def runs(self, script):
        done = subprocess.run(self.command("-c", script), capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None


class Service:
    def __init__(self, interpreter, folders, *options):
        """folders: the one with service.py, then those of PYTHONPATH. They are copied into the interpreter's root."""
        self._directory = tempfile.TemporaryDirectory(dir=os.path.join(interpreter.root or "/", "tmp"))
        inside = [self._copy(interpreter, folder, number) for number, folder in enumerate(folders)]
        self._process = subprocess.Popen(
            interpreter.command("-B", os.path.join(inside[0], "service.py"), *options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(inside), PYTHONHASHSEED="0"),
        )
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the service did not start; try: " + " ".join(self._process.args))
        self.pid, self._port = (int(word) for word in line.split()[1:])

    def _copy(self, interpreter, folder, number):
        copy = os.path.join(self._directory.name, str(number))
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
        return copy[len(interpreter.root) :] if interpreter.root else copy

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._directory.cleanup()

    def _get(self, connection, path):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError("GET {} answered {}".format(path, answer.status))
        return json.loads(body)

    def _connection(self):
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)

    def cpu_seconds(self):
        return self._get(self._connection(), "/cpu")["seconds"]

    def load(self, path, count, connections=4):
        """Sends about `count` requests. Returns the CPU seconds that the service used, and the number of requests."""
        failures = []

        def send():
            try:
                connection = self._connection()
                for _ in range(count // connections):
                    self._get(connection, path)
                connection.close()
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                failures.append(error)

        began = self.cpu_seconds()
        threads = [threading.Thread(target=send) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError("the service failed under load: {}".format(failures[0]))
        return self.cpu_seconds() - began, count // connections * connections
