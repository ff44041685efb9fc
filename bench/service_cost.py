# SPDX-License-Identifier: Apache-2.0
"""What flowtap costs a web service: CPU time of the service per request, with a workflow and without.

Several processes run the same service side by side: one bare, one instrumented with prometheus_client, and
one for each way in which flowtap watches. They take turns, round by round. The tables show medians.

FLOWTAP_PYTHONS         interpreters, separated by colons; ROOT=PYTHON runs PYTHON by chroot in the directory
                        ROOT (default: the interpreter that runs this). Interpreters without FastAPI and
                        uvicorn are skipped; those without uvloop run asyncio's event loop.
FLOWTAP_BENCH_KAILASH   directory of the real SDK's package (default: the sample engine of tests/engine)
FLOWTAP_PROGRAM         flowtap (default: build/flowtap)
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

from measure.service import Interpreter, Service
from measure.table import markdown
from measure.watcher import Watcher

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SDK = os.environ.get("FLOWTAP_BENCH_KAILASH")
ENGINE = SDK or os.path.join(ROOT, "tests/engine")
FLOWTAP = os.environ.get("FLOWTAP_PROGRAM") or os.path.join(ROOT, "build/flowtap")
FOLDERS = [os.path.join(ROOT, "bench/targets"), ENGINE]

# The budget would change the plan during the measurement.
UNLIMITED = ["--max-overhead", "off"]
WATCHED = {
    "default": UNLIMITED,
    "cheap": UNLIMITED + ["--prefer", "cheap", "--no-running-seconds"],
    "complete": UNLIMITED + ["--prefer", "complete"],
}
ROUTES = {"/run": 6, "/ping": 0}
NEEDED = "import fastapi, uvicorn, platform; print(platform.python_version())"


def started(interpreter, open_):
    services = {"bare": open_.enter_context(Service(interpreter, FOLDERS))}
    if interpreter.runs("import prometheus_client") is not None:
        services["prometheus_client"] = open_.enter_context(Service(interpreter, FOLDERS, "--instrument"))
    for name in WATCHED:
        services[name] = open_.enter_context(Service(interpreter, FOLDERS))
    return services


def seen_nodes(watcher):
    return watcher.total("workflow_node_executions_total", status="success")


def check(name, watcher, nodes):
    """Exits with an error if flowtap missed or lost executions: their cost would mean nothing."""
    for _ in range(20):
        if seen_nodes(watcher) == nodes and not watcher.total("flowtap_events_lost_total"):
            return
        time.sleep(1)
    sys.exit("error: {}: {} nodes ran, flowtap saw {:.0f}".format(name, nodes, seen_nodes(watcher)))


def rounds_of(services, watchers, options):
    """Returns {route: {service: [CPU microseconds per request]}}, {route: {service: {probe: hits per request}}}
    and {service: nodes that ran}."""
    costs = {route: {name: [] for name in services} for route in ROUTES}
    hits = {route: {name: {} for name in watchers} for route in ROUTES}
    requests = dict.fromkeys(ROUTES, 0)
    nodes = dict.fromkeys(services, 0)
    for number in range(options.rounds):
        names = list(services)[number % len(services) :] + list(services)[: number % len(services)]
        for route, ran in ROUTES.items():
            for name in names:
                before = watchers[name].hits() if name in watchers else {}
                seconds, count = services[name].load(route, options.requests)
                costs[route][name].append(1e6 * seconds / count)
                nodes[name] += ran * count
                if name not in watchers:
                    continue
                for probe, value in watchers[name].hits().items():
                    more = value - before.get(probe, 0)
                    hits[route][name][probe] = hits[route][name].get(probe, 0) + more
            requests[route] += count
    for route in ROUTES:
        for name in watchers:
            hits[route][name] = {probe: value / requests[route] for probe, value in hits[route][name].items()}
    return costs, hits, nodes


def measure(interpreter, options):
    with ExitStack() as open_:
        services = started(interpreter, open_)
        for service in services.values():
            for route in ROUTES:
                service.load(route, options.requests)
        watchers = {
            name: open_.enter_context(Watcher(FLOWTAP, services[name].pid, more)) for name, more in WATCHED.items()
        }
        costs, hits, nodes = rounds_of(services, watchers, options)
        for name, watcher in watchers.items():
            check(name, watcher, nodes[name])
    return costs, hits


def cost_rows(costs):
    for route, of in costs.items():
        yield [route] + ["{:.0f}".format(statistics.median(of[name])) for name in of]
        ratios = (statistics.median(a / b for a, b in zip(of[name], of["bare"])) for name in of)
        yield [route + ", to bare"] + ["{:.2f}".format(ratio) for ratio in ratios]


def hit_rows(hits):
    probes = sorted({probe for of in hits.values() for by_probe in of.values() for probe in by_probe})
    for probe in probes:
        cells = [of[name].get(probe, 0) for of in hits.values() for name in of]
        if any(cells):
            yield [probe] + ["{:.1f}".format(cell) for cell in cells]
    yield ["all"] + ["{:.1f}".format(sum(of[name].values())) for of in hits.values() for name in of]


def prices():
    """The output of `flowtap check`, which measures the prices of hits on this machine."""
    return subprocess.run([FLOWTAP, "check"], capture_output=True, text=True, check=False).stdout


def report(interpreter, version, options):
    loop = "asyncio" if interpreter.runs("import uvloop") is None else "uvloop"
    print("### CPython {}, {}, {}\n".format(version, loop, "Kailash SDK" if SDK else "sample engine"))
    costs, hits = measure(interpreter, options)
    print(markdown(["CPU us per request"] + list(costs["/run"]), cost_rows(costs)) + "\n")
    heads = ["{} {}".format(route, name) for route in hits for name in hits[route]]
    print(markdown(["hits per request"] + heads, hit_rows(hits)) + "\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: to see that it works")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=400, help="requests to each route in a round")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.requests = 2, 40
    print(prices())
    chosen = [python for python in os.environ.get("FLOWTAP_PYTHONS", "").split(":") if python]
    for text in chosen or [sys.executable]:
        interpreter = Interpreter(text)
        version = interpreter.runs(NEEDED)
        if version is None:
            print("SKIPPED: {} cannot import fastapi and uvicorn\n".format(text))
            continue
        report(interpreter, version, options)


if __name__ == "__main__":
    main()
