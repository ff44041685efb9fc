# SPDX-License-Identifier: Apache-2.0
"""The files in deploy/ against flowtap itself: its routes, port, options, version, libraries and the README.

FLOWTAP_PROGRAM names the built program. What needs a tool that this machine lacks is skipped by name, and the
exit status is then 77, which ctest shows as skipped; each By... class is a test of its own there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    yaml = None

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASE = "deploy/kubernetes/base/"
DAEMONSET = BASE + "daemonset.yaml"
OVERLAY = "deploy/kubernetes/least-privilege/capabilities.yaml"
MONITOR = "deploy/kubernetes/podmonitor.yaml"
SCRAPE = "deploy/prometheus/kubernetes.yml"
NAMES = "deploy/kubernetes/pod-names/"
PROFILE = "deploy/kubernetes/seccomp/flowtap.json"
UNIT = "deploy/systemd/flowtap.service"
CONFIGS = (BASE + "flowtap.yaml", "deploy/systemd/flowtap.yaml")

SKIPPED = 77

needs_yaml = unittest.skipUnless(yaml, "python3-yaml is not installed")


def tool(name):
    unpacked = os.path.join(ROOT, "build/packages/usr/bin")
    return shutil.which(name) or shutil.which(name, path=unpacked)


def needs_tool(name):
    return unittest.skipUnless(tool(name), name + " is not installed")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def load(path):
    return yaml.safe_load(read(path))


def run(*command):
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=30
    )


def program():
    return os.environ["FLOWTAP_PROGRAM"]


def version():
    return re.search(r"project\(flowtap VERSION (\S+)", read("CMakeLists.txt")).group(1)


def routes():
    table = re.search(r"kRoutes\[\] = \{(.*?)\n\};", read("exporter/views/http_routes.cpp"), re.S).group(1)
    return set(re.findall(r'\{"(/[^"]*)"', table))


def default_port():
    usage = run(program(), "run", "--help").stdout
    return int(re.search(r"--listen .*?\(0\.0\.0\.0:(\d+)\)", usage, re.S).group(1))


def documented_capabilities():
    return set(re.findall(r"^\| (CAP_[A-Z_]+) \|", read("docs/requirements.md"), re.M))


def checked_capabilities():
    header = read("userspace/privilege/capability.h")
    names = dict(re.findall(r'(kCap\w+) = \{\s*"(CAP_\w+)"', header))
    everywhere = re.search(r"kCapabilities = \{(.*?)\}", header, re.S).group(1)
    return {names[constant] for constant in re.findall(r"kCap\w+", everywhere)}


def unit_values(key):
    return re.findall(r"^{}=(.*)$".format(re.escape(key)), read(UNIT), re.M)


def pod():
    return load(DAEMONSET)["spec"]["template"]["spec"]


def endpoint():
    return load(MONITOR)["spec"]["podMetricsEndpoints"][0]


def container(path=DAEMONSET):
    return load(path)["spec"]["template"]["spec"]["containers"][0]


def yaml_files():
    for directory, _, names in os.walk(os.path.join(ROOT, "deploy")):
        for name in names:
            if name.endswith((".yaml", ".yml")) and os.path.basename(directory) != "templates":
                yield os.path.relpath(os.path.join(directory, name), ROOT)


class Files(unittest.TestCase):
    @needs_yaml
    def test_every_yaml_file_parses(self):
        paths = list(yaml_files())
        self.assertIn(DAEMONSET, paths)
        for path in paths:
            with self.subTest(path):
                self.assertTrue(list(yaml.safe_load_all(read(path))))

    def test_flowtap_accepts_the_configs(self):
        for path in CONFIGS:
            with self.subTest(path):
                checked = run(program(), "run", "--config", os.path.join(ROOT, path), "--check")
                self.assertEqual((checked.returncode, checked.stdout), (0, ""))

    def test_the_capabilities_are_the_same_everywhere(self):
        documented = documented_capabilities()
        self.assertEqual(len(documented), 5)
        self.assertEqual(checked_capabilities(), documented)
        for key in ("CapabilityBoundingSet", "AmbientCapabilities"):
            self.assertEqual([set(line.split()) for line in unit_values(key)], [documented])

    @needs_yaml
    def test_the_overlay_grants_the_documented_capabilities_only(self):
        security = container(OVERLAY)["securityContext"]
        added = {"CAP_" + name for name in security["capabilities"]["add"]}
        self.assertEqual(added, documented_capabilities())
        self.assertEqual(security["capabilities"]["drop"], ["ALL"])
        self.assertIs(security["privileged"], False)
        self.assertIs(security["allowPrivilegeEscalation"], False)


@needs_yaml
class Kubernetes(unittest.TestCase):
    def test_probes_ask_for_paths_that_exist(self):
        self.assertEqual(container()["livenessProbe"]["httpGet"]["path"], "/health")
        self.assertEqual(container()["readinessProbe"]["httpGet"]["path"], "/ready")
        self.assertLessEqual({"/health", "/ready", endpoint()["path"]}, routes())

    def test_all_use_the_one_port_that_flowtap_listens_on(self):
        ports = container()["ports"]
        self.assertEqual(ports, [{"name": "metrics", "containerPort": default_port()}])
        self.assertNotIn("listen", load(CONFIGS[0]))
        for probe in ("livenessProbe", "readinessProbe"):
            self.assertEqual(container()[probe]["httpGet"]["port"], "metrics")
        self.assertEqual(endpoint()["port"], "metrics")
        self.assertIn("EXPOSE {}\n".format(default_port()), read("deploy/docker/Dockerfile"))

    def test_no_token_is_mounted(self):
        self.assertIs(pod()["automountServiceAccountToken"], False)
        self.assertIs(load(BASE + "serviceaccount.yaml")["automountServiceAccountToken"], False)

    def test_the_pod_sees_the_node_and_runs_on_every_one(self):
        self.assertIs(pod()["hostPID"], True)
        self.assertEqual(pod()["tolerations"], [{"operator": "Exists"}])
        names = {entry["name"]: entry["valueFrom"]["fieldRef"]["fieldPath"] for entry in container()["env"]}
        self.assertEqual(names, {"NODE_NAME": "spec.nodeName"})
        self.assertIn('getenv("NODE_NAME")', read("userspace/process/whereabouts.cpp"))

    def test_nothing_of_the_host_is_mounted_and_nothing_can_be_written(self):
        self.assertEqual([volume["configMap"] for volume in pod()["volumes"]], [{"name": "flowtap"}])
        self.assertIs(container()["securityContext"]["readOnlyRootFilesystem"], True)

    def test_the_config_is_where_the_arguments_say(self):
        mount = container()["volumeMounts"][0]["mountPath"]
        generated = load(BASE + "kustomization.yaml")["configMapGenerator"][0]["files"]
        self.assertEqual(container()["args"], ["run", "--config", "{}/{}".format(mount, generated[0])])

    def test_the_image_has_the_version_of_the_program(self):
        self.assertEqual(container()["image"], "flowtap:" + version())
        for path in ("deploy/docker/Dockerfile", "deploy/README.md"):
            self.assertIn("--tag flowtap:{} ".format(version()), read(path))

    def test_discovery_selects_the_pods(self):
        labels = load(DAEMONSET)["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(load(DAEMONSET)["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(load(MONITOR)["spec"]["selector"]["matchLabels"], labels)
        job = load(SCRAPE)["scrape_configs"][0]
        self.assertEqual(job["job_name"], "flowtap")
        self.assertEqual(job["relabel_configs"][0]["regex"], labels["app.kubernetes.io/name"] + ";metrics")


# The component that is added by those who want it, applied as far as it goes without kustomize.
@needs_yaml
class PodNames(unittest.TestCase):
    def setUp(self):
        self.component = load(NAMES + "kustomization.yaml")
        self.objects = {}
        for path in self.component["resources"]:
            for item in yaml.safe_load_all(read(NAMES + path)):
                self.objects[item["kind"]] = item

    def test_the_role_is_to_list_and_watch_pods_and_nothing_else(self):
        rules = self.objects["ClusterRole"]["rules"]
        self.assertEqual(rules, [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}])

    def test_it_is_bound_to_the_service_account_of_the_pods(self):
        binding = self.objects["ClusterRoleBinding"]
        self.assertEqual(binding["roleRef"]["kind"], "ClusterRole")
        self.assertEqual(binding["roleRef"]["name"], self.objects["ClusterRole"]["metadata"]["name"])
        account = load(BASE + "serviceaccount.yaml")
        namespace = load(BASE + "kustomization.yaml")["namespace"]
        self.assertEqual(pod()["serviceAccountName"], account["metadata"]["name"])
        subject = {"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": namespace}
        self.assertEqual(binding["subjects"], [subject])

    def test_its_patches_give_the_pods_a_token_and_flowtap_the_option(self):
        self.assertEqual(self.component["kind"], "Component")
        patch = self.component["patches"][0]
        self.assertEqual(patch["target"], {"kind": "DaemonSet", "name": load(DAEMONSET)["metadata"]["name"]})
        patched = load(DAEMONSET)
        for change in yaml.safe_load(patch["patch"]):
            *way, last = change["path"].split("/")[1:]
            place = patched
            for step in way:
                place = place[int(step) if isinstance(place, list) else step]
            if last == "-":
                self.assertEqual(change["op"], "add")
                place.append(change["value"])
            else:
                self.assertEqual((change["op"], last in place), ("replace", True))
                place[last] = change["value"]
        spec = patched["spec"]["template"]["spec"]
        self.assertIs(spec["automountServiceAccountToken"], True)
        config = ["--config", os.path.join(ROOT, CONFIGS[0])]
        self.assertEqual(spec["containers"][0]["args"], [*container()["args"], "--kubernetes-api"])
        checked = run(program(), "run", *config, *spec["containers"][0]["args"][3:], "--check")
        self.assertEqual((checked.returncode, checked.stdout), (0, ""))


class Image(unittest.TestCase):
    @needs_tool("readelf")
    @needs_tool("dpkg")
    def test_it_has_the_libraries_that_the_program_links(self):
        dynamic = run("readelf", "--dynamic", program()).stdout
        needed = re.findall(r"NEEDED.*\[(.+?)\]", dynamic)
        sanitizers = ("libasan", "libubsan", "libtsan")
        paths = re.findall(r"(\S+) => (/\S+)", run("ldd", program()).stdout)
        libraries = [(name, path) for name, path in paths if name in needed]
        linked = [os.path.realpath(path) for name, path in libraries if not name.startswith(sanitizers)]
        self.assertTrue(linked)
        # /lib is a link to /usr/lib, and dpkg knows a file by either name.
        names = linked + [path[len("/usr"):] for path in linked if path.startswith("/usr/")]
        found = set(re.findall(r"^([^\s:]+):", run("dpkg", "--search", *names).stdout, re.M))
        packages = found - {"dpkg-query", "libc6"}
        second_stage = read("deploy/docker/Dockerfile").split("\nFROM ")[-1]
        listed = re.findall(r"^ {8}(\S+) \\$", second_stage, re.M)
        self.assertEqual(set(listed), packages)
        self.assertEqual(listed, sorted(listed))


class Unit(unittest.TestCase):
    def test_it_hides_no_target(self):
        for key, value in (("ProtectProc", "default"), ("ProcSubset", "all"), ("PrivateUsers", "no")):
            self.assertEqual(unit_values(key), [value])

    def test_the_system_calls_for_probes_pass(self):
        self.assertEqual(unit_values("SystemCallFilter")[-1].split(), ["bpf", "perf_event_open", "capset"])

    def test_a_reload_is_the_signal_that_flowtap_takes(self):
        self.assertEqual(unit_values("ExecReload"), ["/bin/kill -HUP $MAINPID"])


@needs_yaml
@needs_tool("kubectl")
class ByKubectl(unittest.TestCase):
    def test_kustomize_renders_both_variants(self):
        for directory, privileged in (("base", True), ("least-privilege", False)):
            with self.subTest(directory):
                rendered = run("kubectl", "kustomize", os.path.join(ROOT, "deploy/kubernetes", directory))
                self.assertEqual(rendered.returncode, 0, rendered.stdout)
                objects = {item["kind"]: item for item in yaml.safe_load_all(rendered.stdout)}
                self.assertEqual(set(objects), {"Namespace", "ServiceAccount", "ConfigMap", "DaemonSet"})
                spec = objects["DaemonSet"]["spec"]["template"]["spec"]
                self.assertIs(spec["containers"][0]["securityContext"]["privileged"], privileged)
                generated = objects["ConfigMap"]["metadata"]["name"]
                self.assertEqual(spec["volumes"][0]["configMap"]["name"], generated)
                self.assertEqual(objects["ConfigMap"]["data"]["flowtap.yaml"], read(CONFIGS[0]))


    def test_kustomize_adds_the_names_of_pods_to_both(self):
        for directory in ("base", "least-privilege"):
            # Kustomize takes nothing from outside of the directory it is given, but by relative paths.
            with self.subTest(directory), tempfile.TemporaryDirectory() as parent:
                shutil.copytree(os.path.join(ROOT, "deploy/kubernetes"), os.path.join(parent, "k"))
                overlay = os.path.join(parent, "k", "mine")
                os.mkdir(overlay)
                with open(os.path.join(overlay, "kustomization.yaml"), "w", encoding="utf-8") as file:
                    yaml.safe_dump({"resources": ["../" + directory], "components": ["../pod-names"]}, file)
                rendered = run("kubectl", "kustomize", overlay)
                self.assertEqual(rendered.returncode, 0, rendered.stdout)
                objects = {item["kind"]: item for item in yaml.safe_load_all(rendered.stdout)}
                self.assertIn("ClusterRoleBinding", objects)
                spec = objects["DaemonSet"]["spec"]["template"]["spec"]
                self.assertIs(spec["automountServiceAccountToken"], True)
                self.assertEqual(spec["containers"][0]["args"][-1], "--kubernetes-api")


@needs_tool("systemd-analyze")
class BySystemd(unittest.TestCase):
    def test_systemd_finds_nothing_wrong(self):
        installed = "/usr/local/bin/flowtap "
        self.assertIn("ExecStart=" + installed + "run --config /etc/flowtap/flowtap.yaml\n", read(UNIT))
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "flowtap.service")
            with open(path, "w", encoding="utf-8") as file:
                file.write(read(UNIT).replace(installed, program() + " "))
            verified = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path)
        self.assertEqual((verified.returncode, verified.stdout), (0, ""))


    def members(self, name):
        listed = run("systemd-analyze", "syscall-filter", name).stdout.splitlines()
        self.assertEqual(listed[0], name)
        for member in (line.strip() for line in listed[1:]):
            if member.startswith("@"):
                yield from self.members(member)
            elif member and not member.startswith("#"):
                yield member

    # Later lines of a unit add to what earlier ones left, and @default always passes.
    def test_the_unit_lets_pass_what_the_seccomp_profile_does(self):
        passing = set(self.members("@default"))
        for line in unit_values("SystemCallFilter"):
            names = set()
            for word in line.lstrip("~").split():
                names |= set(self.members(word)) if word.startswith("@") else {word}
            passing = passing - names if line.startswith("~") else passing | names
        profile = json.loads(read(PROFILE))
        allowed = {name for rule in profile["syscalls"] for name in rule["names"]}
        self.assertGreater(len(allowed), 59)
        self.assertEqual(allowed - passing, set())


@needs_yaml
@needs_tool("promtool")
class ByPromtool(unittest.TestCase):
    # Debian's is built without the discovery of pods, so targets are given in its place.
    def test_prometheus_takes_the_scrape_config_but_for_the_discovery(self):
        config = load(SCRAPE)
        del config["scrape_configs"][0]["kubernetes_sd_configs"]
        config["scrape_configs"][0]["static_configs"] = [{"targets": ["localhost:9847"]}]
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "prometheus.yml")
            with open(path, "w", encoding="utf-8") as file:
                yaml.safe_dump(config, file)
            checked = run(tool("promtool"), "check", "config", "--syntax-only", path)
        self.assertEqual(checked.returncode, 0, checked.stdout)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped else 0)
