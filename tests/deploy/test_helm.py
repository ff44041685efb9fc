# SPDX-License-Identifier: Apache-2.0
"""The Helm chart against the program and the kustomize variants.

Its templates keep to a few forms, which render() below knows: so what the chart makes is tested without helm. ByHelm
does the same with helm itself, and BySchema asks the schemas of Kubernetes' objects; both are skipped by name where
scripts/kubernetes_tools.sh has not been run.
"""

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from test_deploy import (
    BASE, DAEMONSET, MONITOR, NAMES, OVERLAY, ROOT, SKIPPED, container, documented_capabilities, load, needs_tool,
    needs_yaml, pod, program, read, tool, version, yaml,
)

CHART = "deploy/helm/flowtap/"
TEMPLATES = sorted(os.listdir(os.path.join(ROOT, CHART, "templates")))
NAMESPACE = "monitoring"


def to_yaml(value):
    return yaml.safe_dump(value, default_flow_style=False, sort_keys=True).rstrip("\n")


class Renderer:
    """The forms of Go's templates that the chart uses; any other is an error."""

    def __init__(self, values):
        self.root = {
            "Values": values,
            "Chart": {"AppVersion": load(CHART + "Chart.yaml")["appVersion"]},
            "Release": {"Namespace": NAMESPACE},
        }
        self.used = set()

    def look_up(self, path):
        value = self.root
        for name in path.lstrip(".").split("."):
            value = value[name]
        if path.startswith(".Values."):
            self.used.add(path[len(".Values."):])
        return value

    def value(self, expression):
        first, *pipes = [part.split() for part in expression.split("|")]
        value = to_yaml(self.look_up(first[1])) if first[0] == "toYaml" else self.look_up(first[0])
        for pipe in pipes:
            if pipe[0] == "nindent":
                indent = "\n" + " " * int(pipe[1])
                value = indent + value.replace("\n", indent)
            elif pipe[0] == "default":
                value = value or self.look_up(pipe[1])
            elif pipe[0] == "sha256sum":
                value = hashlib.sha256(value.encode()).hexdigest()
            else:
                raise ValueError(expression)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def render(self, text):
        """Text with its actions carried out; blocks may not be nested."""
        text = re.sub(r"\s*\{\{-", "{{", text)
        block = re.compile(r"\{\{ if (\S+) \}\}(.*?)(?:\{\{ else \}\}(.*?))?\{\{ end \}\}", re.S)
        text = block.sub(lambda found: (found[2] if self.look_up(found[1]) else found[3]) or "", text)
        return re.sub(r"\{\{ (.*?) \}\}", lambda found: self.value(found[1]), text)


def values_with(**changes):
    return {**load(CHART + "values.yaml"), **changes}


def rendered(**changes):
    """{kind: object} of the whole chart."""
    renderer = Renderer(values_with(**changes))
    documents = []
    for name in TEMPLATES:
        documents += yaml.safe_load_all(renderer.render(read(CHART + "templates/" + name)))
    return {document["kind"]: document for document in documents if document}


def pod_of(objects):
    return objects["DaemonSet"]["spec"]["template"]["spec"]


@needs_yaml
class Chart(unittest.TestCase):
    def test_its_version_is_the_programs(self):
        chart = load(CHART + "Chart.yaml")
        self.assertEqual((chart["version"], chart["appVersion"]), (version(), version()))

    def test_every_value_is_used_and_every_used_one_has_a_default(self):
        used = set()
        for name in TEMPLATES:
            used |= set(re.findall(r"\.Values\.(\w+)", read(CHART + "templates/" + name)))
        self.assertEqual(used, set(load(CHART + "values.yaml")))

    def test_flowtap_accepts_its_config(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(rendered()["ConfigMap"]["data"]["flowtap.yaml"])
            file.flush()
            checked = subprocess.run(
                [program(), "run", "--config", file.name, "--check"], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, universal_newlines=True, timeout=30,
            )
        self.assertEqual((checked.returncode, checked.stdout), (0, ""))
        self.assertEqual(load(CHART + "values.yaml")["config"], load(BASE + "flowtap.yaml"))

    def test_by_default_its_pod_is_that_of_the_base(self):
        self.assertEqual(pod_of(rendered()), pod())
        self.assertEqual(rendered()["DaemonSet"]["spec"]["selector"], load(DAEMONSET)["spec"]["selector"])

    def test_with_least_privilege_its_container_is_that_of_the_overlay(self):
        security = pod_of(rendered(leastPrivilege=True))["containers"][0]["securityContext"]
        expected = {**container()["securityContext"], **container(OVERLAY)["securityContext"]}
        self.assertEqual(security, expected)
        self.assertEqual({"CAP_" + name for name in security["capabilities"]["add"]}, documented_capabilities())

    def test_pod_names_add_a_token_and_a_role(self):
        self.assertNotIn("ClusterRole", rendered())
        objects = rendered(podNames=True)
        self.assertIs(pod_of(objects)["automountServiceAccountToken"], True)
        self.assertEqual(pod_of(objects)["containers"][0]["args"][-1], "--kubernetes-api")
        role = next(yaml.safe_load_all(read(NAMES + "role.yaml")))
        self.assertEqual(objects["ClusterRole"]["rules"], role["rules"])
        self.assertEqual(objects["ClusterRoleBinding"]["subjects"][0]["namespace"], NAMESPACE)

    def test_the_pod_monitor_is_that_of_kustomize(self):
        self.assertNotIn("PodMonitor", rendered())
        self.assertEqual(rendered(podMonitor=True)["PodMonitor"]["spec"], load(MONITOR)["spec"])

    def test_a_changed_config_rolls_the_pods(self):
        def checksum(**changes):
            return rendered(**changes)["DaemonSet"]["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

        self.assertEqual(checksum(), checksum())
        self.assertNotEqual(checksum(), checksum(config={"all": False}))


@needs_yaml
@needs_tool("helm")
class ByHelm(unittest.TestCase):
    def helm(self, *words):
        ran = subprocess.run([tool("helm"), *words], stdout=subprocess.PIPE, universal_newlines=True, timeout=60)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        return ran.stdout

    def test_helm_finds_no_fault(self):
        self.helm("lint", "--strict", os.path.join(ROOT, CHART))

    def test_helm_renders_the_same(self):
        for flags in ((), ("leastPrivilege",), ("podNames", "podMonitor")):
            options = [word for flag in flags for word in ("--set", flag + "=true")]
            # An older helm knows no newer Kubernetes than itself, which the chart may ask for.
            options += ["--kube-version", "1.30.0", "--namespace", NAMESPACE]
            text = self.helm("template", "flowtap", os.path.join(ROOT, CHART), *options)
            documents = {one["kind"]: one for one in yaml.safe_load_all(text) if one}
            expected = rendered(**{flag: True for flag in flags})
            for one in (documents, expected):
                del one["DaemonSet"]["spec"]["template"]["metadata"]["annotations"]
                one["ConfigMap"]["data"] = yaml.safe_load(one["ConfigMap"]["data"]["flowtap.yaml"])
            with self.subTest(flags):
                self.assertEqual(documents, expected)


MODULES = os.path.join(ROOT, "build/packages/node_modules")

# Prints what is wrong with the objects that it reads; it knows no custom resources.
VALIDATE = """
for (const object of JSON.parse(require("fs").readFileSync(0))) {
    const path = "kubernetes-models/" + object.apiVersion + "/" + object.kind;
    try { new (require(path)[object.kind])(object).validate(); }
    catch (error) { console.log(object.kind + ": " + error.message); }
}
"""


@needs_yaml
@needs_tool("node")
@unittest.skipUnless(os.path.isdir(os.path.join(MODULES, "kubernetes-models")), "kubernetes-models is not installed")
class BySchema(unittest.TestCase):
    def faults(self, objects):
        ran = subprocess.run(
            [shutil.which("node"), "-e", VALIDATE], input=json.dumps(objects), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, universal_newlines=True, timeout=60, env={**os.environ, "NODE_PATH": MODULES},
        )
        self.assertEqual(ran.returncode, 0, ran.stdout)
        return ran.stdout

    def test_every_object_of_the_chart_is_of_the_form_that_kubernetes_wants(self):
        for flags in ({}, {"leastPrivilege": True}, {"podNames": True}):
            objects = list(rendered(**flags).values())
            with self.subTest(flags):
                self.assertEqual({one["kind"] for one in objects} >= {"ConfigMap", "DaemonSet", "ServiceAccount"}, True)
                self.assertEqual(self.faults(objects), "")

    def test_every_object_of_kustomize_is_too(self):
        for path in ("namespace.yaml", "serviceaccount.yaml", "daemonset.yaml"):
            with self.subTest(path):
                self.assertEqual(self.faults(list(yaml.safe_load_all(read(BASE + path)))), "")

    def test_a_wrong_type_is_found(self):
        wrong = copy.deepcopy(rendered()["DaemonSet"])
        wrong["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["periodSeconds"] = "ten"
        self.assertIn("must be integer", self.faults([wrong]))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped else 0)
