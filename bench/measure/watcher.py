# SPDX-License-Identifier: Apache-2.0
"""A flowtap daemon attached to one process, and its metrics."""

import os
import re
import subprocess
import urllib.request

SAMPLE_LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Watcher:
    def __init__(self, flowtap, pid, options=()):
        command = [flowtap, "run", "--pid", str(pid), "--listen", "127.0.0.1:0", *options]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self._url = None
        said = []
        for line in self._process.stderr:
            said.append(line)
            served = re.search(r"serving (http://\S+/metrics)", line)
            if served:
                self._url = served.group(1)
                return
        raise RuntimeError("flowtap did not attach: " + "".join(said))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=30)
        self._process.stderr.close()

    def scrape(self):
        """[(metric, {label: value}, value)]"""
        with urllib.request.urlopen(self._url, timeout=10) as answer:
            page = answer.read().decode()
        samples = []
        for line in page.splitlines():
            found = SAMPLE_LINE.fullmatch(line)
            if found:
                name, labels, value = found.groups()
                samples.append((name, dict(LABEL.findall(labels or "")), float(value)))
        return samples

    def total(self, metric, **wanted):
        return sum(
            value
            for name, labels, value in self.scrape()
            if name == metric and wanted.items() <= labels.items()
        )

    def hits(self):
        """{probe: hits}"""
        return {
            labels["probe"]: value
            for name, labels, value in self.scrape()
            if name == "flowtap_probe_hits_total"
        }

    def cpu_seconds(self):
        with open("/proc/{}/stat".format(self._process.pid)) as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
