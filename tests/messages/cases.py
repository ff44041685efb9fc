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


def web(name, text, line, cause, remedy, subject="web.yaml"):
    words = ("run", "--listen", "127.0.0.1:0", "--all", "--web.config.file", "{directory}/web.yaml")
    return Case("web config, " + name, words, USAGE, "{directory}/" + subject + line, cause, remedy, {"web.yaml": text})


def engine(name, point, cause, remedy):
    """A profile of the engine that runs, with a point that is not in it."""
    text = "profile: mine\nruntime: native\nbinaries: [engine_c]\npoints:\n  - {name: n, kind: node, %s}\n" % point
    words = ("plan", "--pid", "{engine}", "--profile", "{directory}/profile.yaml")
    return Case(name, words, USAGE, "{directory}/profile.yaml:5", cause, remedy, {"profile.yaml": text})


POINT = "profile: mine\nruntime: native\nbinaries: [mine]\npoints:\n  - {name: n, kind: node, function: f%s}\n"
PYTHON = "profile: mine\nruntime: cpython\nmodules: [mine]\npoints:\n  - {name: n, kind: node, %s}\n"
TLS = "tls_server_config:\n  cert_file: none.pem\n  key_file: none.pem\n"
HASH = "$2b$10$" + 53 * "a"
API = ("--kubernetes-api", "--target_labels", "pod")
NOBODY = "4194303"  # a process number that Linux hands out last

COMMAND_LINE = [
    Case("no command", (), USAGE, "command line", "no command is given", "flowtap --help"),
    Case("no such command", ("fly",), USAGE, "command line", "fly", "flowtap --help"),
    Case("no such option", ("run", "--garbage"), USAGE, "command line", "--garbage", "flowtap --help"),
    Case("no value", ("run", "--pid"), USAGE, "command line", "--pid has no value", "flowtap --help"),
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
    option("overhead", "--all", "--max-overhead", "-1", subject="--max-overhead", cause="not a percentage",
           remedy="a number above 0"),
    Case("listen", ("run", "--all", "--listen", "nowhere"), USAGE, "--listen", "no port", "give ADDR:PORT"),
    option("web file", "--all", "--web.config.file", "/none.yaml", subject="--web.config.file", cause="No such file",
           remedy="check the path"),
    option("buffer", "--all", "--events-buffer", "5000", subject="--events-buffer", cause="power of two",
           remedy="8MiB"),
    option("open", "--all", "--max-open-executions", "1", subject="--max-open-executions", cause="16",
           remedy="65536"),
    Case("IPv6 address", ("run", "--all", "--listen", "[here]:1"), USAGE, "--listen", "no IPv6 address", "[::1]:9847"),
    Case("CA for no URL", ("top", "--all", "--cacert", "x.pem"), USAGE, "command line", "--cacert is for --url",
         "flowtap --help"),
    option("buckets", "--all", "--buckets", "2,1", subject="--buckets", cause="1 is not greater", remedy="ascending"),
    option("small bucket", "--all", "--buckets", "1e-12", subject="--buckets", cause="1e-12 is not between",
           remedy="in seconds"),
    option("many quantiles", "--all", "--latency-quantiles", ",".join("0.%d" % n for n in range(11, 28)),
           subject="--latency-quantiles", cause="more than 16", remedy="give fewer"),
    Case("API without labels", ("run", "--all", "--kubernetes-api"), USAGE, "kubernetes-api", "were not chosen",
         "target_labels: [namespace, pod]"),
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
    config("no YAML", "pid: [1\n", ":2", "not valid YAML", "fix the YAML"),
    config("a list", "- all\n", ":1", "not a mapping", "key: value"),
    config("two documents", "all: true\n---\nall: true\n", ":3", "second YAML document", "one config per file"),
    config("no key", "# all\n", ":1", "holds no config", "key: value"),
    config("no value", "pid:\n", ":1", 'key "pid" has no value', "give one"),
    config("a control character", "all: \x01\n", ":1", 'control character "\\x01"', "YAML file"),
    config("no UTF-8", "all: \udcff\n", ":1", "not UTF-8", "save it as UTF-8"),
    config("too large", "#" * (1 << 20) + "\nall: true\n", "", "larger than 1 MiB", "YAML file"),
    config("too deep", "pid: " + "[" * 3000 + "1" + "]" * 3000 + "\n", ":1", "nested too deeply", "it needs five levels at most"),
    config("the same twice", "all: true\nall: true\n", ":2", '"all" is given twice', "line 1"),
    profile("unknown key", POINT % "" + "colour: green\n", ":6", "colour", "known: profile"),
    profile("no function", "profile: mine\nruntime: native\nbinaries: [mine]\npoints:\n  - {name: n, kind: node}\n",
            ":5", 'missing key "function"', "add it"),
    profile("bad type", POINT % ", node_id: arg1 rope", ":5", "rope", "cstring"),
    profile("bad kind", (POINT % "").replace("kind: node", "kind: edge"), ":5", "edge", "workflow"),
    profile("no points", "profile: mine\nruntime: native\nbinaries: [mine]\n", ":1", 'missing key "points"', "add it"),
    profile("parameters", POINT.replace("function: f%s", 'function: "f(int)"'), ":5", "has parameters",
            "up to its parenthesis"),
    profile("no such argument", POINT % ", node_id: arg99 cstring", ":5", "index out of range", "at most arg31"),
    profile("no type", POINT % ", node_id: arg0", ":5", "has no type", "argN TYPE"),
    profile("no offset", POINT % ", node_id: arg0->x cstring", ":5", '"x" is not an offset', "argN TYPE"),
    profile("half a pair", POINT % ", end: g", ":5", 'key "function" is not for points', "remove it"),
    profile("function and marker", POINT.replace("function: f%s", 'function: f, done: "a:b", duration: arg0'), ":5",
            "names a function and markers", "keep one"),
    profile("no marker", POINT.replace("function: f%s", 'begin: a, end: "b:c"'), ":5", '"a" is not a marker',
            "provider:name"),
    profile("no duration", POINT.replace("function: f%s", 'done: "b:c"'), ":5", 'key "duration" is missing',
            "nanoseconds"),
    profile("key of the other runtime", POINT % ", overrides: true", ":5", "only for runtime: cpython", "known here"),
    profile("key of nodes", (POINT % ", node_id: arg0 cstring").replace("kind: node", "kind: workflow"), ":5",
            "only for kind: node", "remove it"),
    profile("name", (POINT % "").replace("name: n", 'name: "a b"'), ":5", "is not a name", "64 letters"),
    profile("one name twice", POINT % "" + "  - {name: n, kind: node, function: g}\n", ":6", "on line 5",
            "its own name"),
    profile("one function twice", POINT % "" + "  - {name: m, kind: node, function: f}\n", ":6", 'observes "f"',
            "remove one"),
    profile("no module", PYTHON % "function: f, call: method", ":5", "has no ':'", "module:Class.method"),
    profile("no call shape", PYTHON % 'function: "m:f", call: fly', ":5", 'unknown value "fly"', "known: coroutine"),
    profile("no path", PYTHON % 'function: "m:f", call: method, node_id: self.id()', ":5", "is not a path",
            "local.attribute"),
    profile("no rule", PYTHON % 'function: "m:f", call: coroutine, failed_when: "result =="', ":5", "cannot be read",
            "then == or !="),
    profile("no status", PYTHON % 'function: "m:f", call: coroutine, statuses: {E: fly}', ":5", '"E: fly"',
            "success, failed or cancelled"),
    profile("no variable", PYTHON % "call: variable, variable: v", ":5", "does not name a ContextVar", "module:name"),
    profile("no callee", PYTHON % 'function: "m:f", call: between, begins_at: "m:g"', ":5", 'missing key "ends_at"',
            "add it"),
    profile("late ids", PYTHON % 'function: "m:C.f", call: method, ids_at: end', ":5", "end is for call: coroutine",
            "remove it"),
    Case("two profiles of one name", ("run", "--listen", "127.0.0.1:0", "--all", "--profile", "{directory}/a.yaml",
                                      "--profile", "{directory}/b.yaml"), USAGE, "{directory}/b.yaml",
         "the name mine is also that of", "a name of its own", {"a.yaml": POINT % "", "b.yaml": POINT % ""}),
    web("unknown key", "colour: green\n", ":1", 'unknown key "colour"', "known: tls_server_config"),
    web("no hash", "basic_auth_users:\n  me: secret\n", ":2", "not a bcrypt hash", "htpasswd"),
    web("a user nobody can send", 'basic_auth_users:\n  "a:b": "%s"\n' % HASH, ":2", "no client can send",
        "not empty and has no colon"),
    web("no such header", "http_server_config:\n  headers:\n    X-Colour: green\n", ":3", "not a header that can be set",
        "X-Frame-Options"),
    web("versions", TLS + "  min_version: TLS13\n  max_version: TLS12\n", ":2", "min_version is above",
        "at least one version"),
    web("clients", TLS + "  client_auth_type: RequireAndVerifyClientCert\n", ":2", "contradict each other",
        "give client_ca_file if client_auth_type verifies"),
    web("half of TLS", "tls_server_config:\n  cert_file: a.pem\n", ":2", 'missing key "key_file"', "add it"),
    web("no certificate", TLS, "", "No such file", "check the path", subject="none.pem"),
    Case("web config, versions that the machine forbids",
         ("run", "--listen", "127.0.0.1:0", "--all", "--web.config.file", "{directory}/web.yaml"), USAGE,
         "set min_version and max_version", "insufficient priorities", "choose versions that this machine's GnuTLS allows",
         {"web.yaml": TLS.replace("none.pem", "web.yaml") + "  min_version: TLS13\n",
          "gnutls": "[overrides]\ndisabled-version = tls1.3\n"},
         launcher=("env", "GNUTLS_SYSTEM_PRIORITY_FILE={directory}/gnutls")),
    web("no PEM", TLS.replace("none.pem", "web.yaml"), "", "data were not available", "file in PEM", subject="web.yaml"),
    profile("no YAML", "profile: [\n", ":2", "not valid YAML", "fix the YAML"),
    Case("profile that is not there", ("plan", "--pid", "1", "--profile", "/none.yaml"), USAGE, "/none.yaml",
         "No such file", "check the path"),
    Case("unreadable config", ("run", "--config", "{directory}/secret.yaml"), USAGE, "secret.yaml",
         "Permission denied", "permissions", {"secret.yaml": "all: true\n"}, nobody=True),
    Case("trace file", ("trace", "--pid", "{engine}", "--profile", "{profile}", "--output", "/none/x.json"), FAILED,
         "/none/x.json", "No such file", "choose a file that this user can write"),
    Case("trace to a full disk", ("trace", "--pid", "{engine}", "--profile", "{profile}", "--duration", "0.2", "--output",
                                  "/dev/full"), FAILED, "/dev/full", "No space left", "free some space"),
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
    engine("no such function", "function: run_nod", "run_nod: not in engine_c", "there is run_node"),
    engine("no such marker", 'begin: "a:b", end: "a:c"', "have no markers", "readelf --notes"),
    engine("no debug information", "function: run_node, node_id: colour", "colour: the binary has no debug information",
           "build it with -g"),
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
    Case("time namespace", NO_TARGETS, ENVIRONMENT, "this process's clocks", "shifts the boottime clock", "unshare --time",
         launcher=("unshare", "--time", "--boottime", "1000", "--fork")),
    Case("no cluster", (*NO_TARGETS, *API), ENVIRONMENT, "Kubernetes API server", "KUBERNETES_SERVICE_HOST",
         "run in a pod", launcher=("env", "--unset=KUBERNETES_SERVICE_HOST")),
    Case("no address of this machine", ("run", "--match", NO_TARGETS[2], "--listen", "192.0.2.1:9000"), FAILED,
         "192.0.2.1:9000", "Cannot assign requested address", "--listen"),
    Case("run without privilege", ("run", "--listen", "127.0.0.1:0", "--all"), ENVIRONMENT, "", "CAP_", "root",
         nobody=True),
    Case("plan without privilege", ("plan", "--pid", "{engine}", "--profile", "{profile}"), ENVIRONMENT, "{engine}",
         "denied", "CAP_", nobody=True),
    Case("check without privilege", ("check",), ENVIRONMENT, "", "", "", nobody=True),
    Case("port in use", ("run", "--all", "--listen", "127.0.0.1:{port}"), FAILED, "127.0.0.1:{port}",
         "Address already in use", "--listen"),
    Case("nobody listens", ("top", "--once", "--url", "http://127.0.0.1:1"), FAILED, "127.0.0.1:1", "connect",
         "check the address"),
    Case("no daemon of ours", ("top", "--once", "--url", "http://127.0.0.1:{other}"), FAILED, "from http://127.0.0.1:{other}", "not the status",
         "check the address"),
    Case("bad URL", ("top", "--once", "--url", "file:///etc/passwd"), USAGE, "file:///etc/passwd", "http", "http://"),
]
