# SPDX-License-Identifier: Apache-2.0
"""What a user can do wrong, or what this machine may lack, and what flowtap must then say.

Of each message: the exit status, what stands in it of the subject, of the cause and of the remedy. A subject such as
"{directory}/config.yaml:2" is filled in by the test.
"""

from typing import NamedTuple

DONE, FAILED, USAGE, ENVIRONMENT, NO_TARGET = 0, 1, 2, 3, 4


class Case(NamedTuple):
    name: str
    words: tuple  # of the command line
    status: int
    subject: str
    cause: str
    remedy: str
    files: dict = {}
    nobody: bool = False  # as a user without privileges
    launcher: tuple = ()  # what becomes flowtap on a machine that lacks something


def option(name, *words, cause, remedy, subject=None):
    return Case(name, ("run", "--listen", "127.0.0.1:0", *words), USAGE, subject or words[0], cause, remedy)


def config(name, text, line, cause, remedy):
    words = ("run", "--listen", "127.0.0.1:0", "--config", "{directory}/config.yaml")
    return Case(name, words, USAGE, "{directory}/config.yaml" + line, cause, remedy, {"config.yaml": text})


def profile(name, text, line, cause, remedy):
    words = ("run", "--listen", "127.0.0.1:0", "--all", "--profile", "{directory}/profile.yaml")
    return Case(name, words, USAGE, "{directory}/profile.yaml" + line, cause, remedy, {"profile.yaml": text})


POINT = "profile: mine\nruntime: native\nbinaries: [mine]\npoints:\n  - {name: n, kind: node, function: f%s}\n"
NOBODY = "4194303"  # a process number that Linux hands out last

COMMAND_LINE = [
    Case("no command", (), USAGE, "command line", "subcommand", "flowtap --help"),
    Case("no such command", ("fly",), USAGE, "command line", "fly", "flowtap --help"),
    Case("no such option", ("run", "--garbage"), USAGE, "command line", "--garbage", "flowtap --help"),
    Case("no value", ("run", "--pid"), USAGE, "command line", "--pid", "flowtap --help"),
    Case("no process chosen", ("run",), USAGE, "command line", "no target", "--pid"),
    Case("plan of nothing", ("plan",), USAGE, "command line", "--pid is required", "flowtap --help"),
    Case("trace to nowhere", ("trace", "--pid", "1"), USAGE, "command line", "--output is required", "flowtap --help"),
    Case("trace for no time", ("trace", "--pid", "1", "--output", "x", "--duration", "0"), USAGE, "command line",
         "--duration", "flowtap --help"),
    Case("top of nothing", ("top",), USAGE, "command line", "needs", "--url"),
    Case("top of both", ("top", "--url", "http://localhost", "--all"), USAGE, "command line", "either", "--url"),
    option("pid", "--pid", "abc", cause="not a process ID", remedy="positive number"),
    option("match", "--match", "[", cause="missing", remedy="regular expression"),
    option("prefer", "--all", "--prefer", "best", subject="--prefer", cause="neither", remedy="give one of them"),
    option("overhead", "--all", "--max-overhead", "-1", subject="--max-overhead", cause="no percentage",
           remedy="a number above 0"),
    Case("listen", ("run", "--all", "--listen", "nowhere"), USAGE, "--listen", "no port", "give ADDR:PORT"),
    option("web file", "--all", "--web.config.file", "/none.yaml", subject="--web.config.file", cause="No such file",
           remedy="check the path"),
    option("buffer", "--all", "--events-buffer", "5000", subject="--events-buffer", cause="power of two",
           remedy="8MiB"),
    option("open", "--all", "--max-open-executions", "1", subject="--max-open-executions", cause="16",
           remedy="65536"),
    option("buckets", "--all", "--buckets", "2,1", subject="--buckets", cause="not greater", remedy="ascending"),
    option("quantiles", "--all", "--latency-quantiles", "2", subject="--latency-quantiles", cause="0 to 1",
           remedy="0.5,0.99"),
    option("native", "--all", "--native-histograms", "9", subject="--native-histograms", cause="no such schema",
           remedy="-4 to 8"),
    option("expiry", "--all", "--series-expiry", "soon", subject="--series-expiry", cause="not a time", remedy="30m"),
    option("limit", "--all", "--series-limit", "0", subject="--series-limit", cause="not a number", remedy="10000"),
    option("labels", "--all", "--target_labels", "colour", subject="--target_labels", cause="not a list",
           remedy="choose from pid"),
    option("node", "--all", "--kubernetes-node", "", subject="--kubernetes-node", cause="not the name",
           remedy="kubectl get nodes"),
]

FILES = [
    Case("config that is not there", ("run", "--config", "/none.yaml"), USAGE, "/none.yaml", "No such file",
         "check the path"),
    Case("config that is a directory", ("run", "--config", "/etc"), USAGE, "/etc", "not a regular file",
         "name a YAML file"),
    config("unknown key", "# first\npid: 1\ncolour: green\n", ":3", 'unknown key "colour"', "known: pid"),
    config("wrong type", "all: perhaps\n", ":1", "all", "give one of them"),
    config("no YAML", "pid: [1\n", ":2", "not valid YAML", "mend the YAML"),
    config("a list", "- all\n", ":1", "not a mapping", "key: value"),
    config("the same twice", "all: true\nall: true\n", ":2", '"all" is given twice', "line 1"),
    profile("unknown key", POINT % "" + "colour: green\n", ":6", "colour", "known: profile"),
    profile("no function", "profile: mine\nruntime: native\nbinaries: [mine]\npoints:\n  - {name: n, kind: node}\n",
            ":5", 'missing key "function"', "add it"),
    profile("bad type", POINT % ", node_id: arg1 rope", ":5", "rope", "cstring"),
    profile("bad kind", (POINT % "").replace("kind: node", "kind: edge"), ":5", "edge", "workflow"),
    profile("no points", "profile: mine\nruntime: native\nbinaries: [mine]\n", ":1", 'missing key "points"', "add it"),
    profile("no YAML", "profile: [\n", ":2", "not valid YAML", "mend the YAML"),
    Case("profile that is not there", ("plan", "--pid", "1", "--profile", "/none.yaml"), USAGE, "/none.yaml",
         "No such file", "check the path"),
    Case("unreadable config", ("run", "--config", "{directory}/secret.yaml"), USAGE, "secret.yaml",
         "Permission denied", "permissions", {"secret.yaml": "all: true\n"}, nobody=True),
    Case("trace file", ("trace", "--pid", "{engine}", "--profile", "{profile}", "--output", "/none/x.json"), FAILED,
         "/none/x.json", "No such file", "may write"),
]

PROCESSES = [
    Case("no such process", ("run", "--listen", "127.0.0.1:0", "--pid", NOBODY), NO_TARGET, NOBODY, "no such process",
         "name the PID"),
    Case("plan of no process", ("plan", "--pid", NOBODY), NO_TARGET, NOBODY, "no such process", "name the PID"),
    Case("trace of no process", ("trace", "--pid", NOBODY, "--output", "{directory}/x.json"), NO_TARGET, NOBODY,
         "no such process", "name the PID"),
    Case("top of no process", ("top", "--pid", NOBODY, "--once"), NO_TARGET, NOBODY, "no such process", "name the PID"),
    Case("no profile fits", ("plan", "--pid", "{sleeper}"), NO_TARGET, "{sleeper}", "no profile fits", "--profile"),
    Case("another profile", ("run", "--listen", "127.0.0.1:0", "--pid", "{sleeper}", "--profile", "{profile}"),
         NO_TARGET, "{sleeper}", "no profile fits", "--profile"),
    Case("kernel thread", ("plan", "--pid", "2"), NO_TARGET, "2", "kernel thread", "name the PID"),
]

NO_TARGETS = ("run", "--match", "no process has this text", "--listen", "127.0.0.1:0")

MACHINE = [
    Case("no BPF", NO_TARGETS, ENVIRONMENT, "BPF programs", "Function not implemented", "Linux 5.10 or newer",
         launcher=("/usr/bin/python3", "{without}", "bpf")),
    Case("no descriptors", NO_TARGETS, ENVIRONMENT, "BPF programs", "Too many open files", "LimitNOFILE",
         launcher=("prlimit", "--nofile=12:12")),
    Case("user namespace", NO_TARGETS, ENVIRONMENT, "BPF programs", "not permitted", "user namespace",
         launcher=("unshare", "--user", "--map-root-user")),
    Case("PID namespace", NO_TARGETS, ENVIRONMENT, "find processes", "PID namespace", "hostPID",
         launcher=("unshare", "--pid", "--fork")),
    Case("run without privilege", ("run", "--listen", "127.0.0.1:0", "--all"), ENVIRONMENT, "", "CAP_", "root",
         nobody=True),
    Case("plan without privilege", ("plan", "--pid", "{engine}", "--profile", "{profile}"), ENVIRONMENT, "{engine}",
         "denied", "CAP_", nobody=True),
    Case("check without privilege", ("check",), ENVIRONMENT, "", "", "", nobody=True),
    Case("port in use", ("run", "--all", "--listen", "127.0.0.1:{port}"), FAILED, "127.0.0.1:{port}",
         "Address already in use", "--listen"),
    Case("nobody listens", ("top", "--once", "--url", "http://127.0.0.1:1"), FAILED, "127.0.0.1:1", "connect",
         "check the address"),
    Case("no daemon of ours", ("top", "--once", "--url", "http://127.0.0.1:{other}"), FAILED, "", "not the status",
         "check the address"),
    Case("bad URL", ("top", "--once", "--url", "file:///etc/passwd"), USAGE, "file:///etc/passwd", "http", "http://"),
]
