# SPDX-License-Identifier: Apache-2.0
"""The demo after the build: a sample process, flowtap attached to it, and the two counts side by side.

Started by demo.sh. Ends only the two processes it starts. Exit status: 0 the counts agree and nothing was
lost, 1 otherwise.
"""

import collections
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKLOAD = [sys.executable, os.path.join(ROOT, "tests/engine/workload.py")]
WORKLOAD += "--shape override --runs 300 --nodes 4 --fail-every 5 --work-us 2000 --work sleep".split()
FLOWTAP = os.path.join(ROOT, "build/flowtap")
LONGEST_RUN_S = 50
SAMPLE_LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Failure(Exception):
    pass


def start_sample(children):
    sample = subprocess.Popen(WORKLOAD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    children.append(sample)
    if sample.stdout.readline().split()[:1] != ["ready"]:
        raise Failure("start the sample: it did not say that it is ready")
    return sample


def start_flowtap(children, pid):
    """The URL it serves; port 0 lets the system choose a free one."""
    command = [FLOWTAP, "run", "--pid", str(pid), "--listen", "127.0.0.1:0"]
    flowtap = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    children.append(flowtap)
    for line in flowtap.stderr:
        print(line.rstrip())
        served = re.search(r"serving (http://\S+)/metrics", line)
        if served:
            return served.group(1)
    raise Failure("attach: flowtap ended with status {}".format(flowtap.wait()))


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def scrape(url):
    """{metric: {(label value, ...) in the order of the page: value}}"""
    metrics = collections.defaultdict(dict)
    for line in get(url + "/metrics").splitlines():
        found = SAMPLE_LINE.fullmatch(line)
        if found:
            name, labels, value = found.groups()
            metrics[name][tuple(text for _, text in LABEL.findall(labels or ""))] = float(value)
    return metrics


def show_at_work(url):
    time.sleep(1)
    metrics = scrape(url)
    print("\nA scrape while it works: {:.0f} workflow active".format(metrics["active_workflows"][()]))
    for labels, count in sorted(metrics["workflow_node_executions_active"].items()):
        if count:
            print("  in workflow {}: node {} ({})".format(*labels))
    print("  GET /health -> {}".format(get(url + "/health").strip()))


def own_count(report):
    """The sample's own report, under the names and labels of the metrics."""
    workflows, nodes, errors = {}, {}, {}
    for workflow, row in report["workflows"].items():
        for status in ("started", "success", "failed", "cancelled"):
            workflows[(workflow, status)] = row[status]
    for row in report["nodes"]:
        nodes[(row["workflow_id"], row["node_id"], row["node_type"], row["status"])] = row["count"]
    for row in report["errors"]:
        errors[(row["workflow_id"], row["node_id"], row["error_type"])] = row["count"]
    return {
        "workflow_executions_total": workflows,
        "workflow_node_executions_total": nodes,
        "workflow_errors_total": errors,
    }


def compare(counts, metrics):
    """Prints every count that either side has; returns how many there are, and how many differ."""
    print("\nThe sample has ended its round. What it counted itself, beside what flowtap saw from outside:")
    compared = differing = 0
    for metric, own in counts.items():
        scraped = metrics[metric]
        print("\n{:<58} {:>8} {:>8}".format(metric, "sample", "flowtap"))
        for labels in sorted(set(own) | set(scraped)):
            mine, theirs = own.get(labels, 0), scraped.get(labels, 0)
            if mine or theirs:
                same = mine == theirs
                compared += 1
                differing += not same
                name = "  ".join(label or "-" for label in labels)
                print("  {:<56} {:>8} {:>8.0f}{}".format(name, mine, theirs, "" if same else "  DIFFERS"))
    return compared, differing


def show_durations(report, metrics):
    print("\n{:<58} {:>8} {:>8}".format("mean duration of successful nodes, ms", "sample", "flowtap"))
    for row in report["nodes"]:
        labels = (row["workflow_id"], row["node_id"], row["node_type"], row["status"])
        count = metrics["workflow_node_duration_seconds_count"].get(labels)
        if row["status"] == "success" and count:
            mine = 1e3 * row["seconds"] / row["count"]
            theirs = 1e3 * metrics["workflow_node_duration_seconds_sum"][labels] / count
            print("  {:<56} {:>8.3f} {:>8.3f}".format("  ".join(labels[:3]), mine, theirs))


def run(children):
    sample = start_sample(children)
    print("\nThe sample, process {}, runs workflows and knows nothing of flowtap:".format(sample.pid))
    print("  python3 " + " ".join([os.path.relpath(WORKLOAD[1], ROOT)] + WORKLOAD[2:]))
    print("\nflowtap attaches to it while it runs: build/flowtap run --pid {}".format(sample.pid))
    url = start_flowtap(children, sample.pid)
    sample.stdin.write("go\n")
    sample.stdin.flush()
    show_at_work(url)
    report = json.loads(sample.stdout.readline())
    metrics = scrape(url)
    compared, differing = compare(own_count(report), metrics)
    show_durations(report, metrics)
    received = metrics["flowtap_events_received_total"][()]
    lost = sum(metrics["flowtap_events_lost_total"].values())
    unpaired = sum(metrics["flowtap_executions_unpaired_total"].values())
    summary = "{:.0f} events received, {:.0f} lost, {:.0f} unpaired".format(received, lost, unpaired)
    if differing or lost or unpaired or not received:
        raise Failure("compare: {} counts differ; {}".format(differing, summary))
    print("\nAll {} counts agree; {}.".format(compared, summary))
    print("Your own process: build/flowtap plan --pid N says what would be observed, and attaches nothing.")


def end(child):
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def interrupt(number, _frame):
    if number == signal.SIGALRM:
        raise Failure("finish: took longer than {} s".format(LONGEST_RUN_S))
    raise Failure("finish: interrupted")


def main():
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    signal.alarm(LONGEST_RUN_S)
    children = []
    try:
        run(children)
    except (Failure, OSError, ValueError) as failure:
        sys.exit("error: {}".format(failure))
    finally:
        for child in reversed(children):
            end(child)


if __name__ == "__main__":
    main()
