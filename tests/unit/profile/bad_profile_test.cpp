// SPDX-License-Identifier: Apache-2.0
// Each mistake gives exactly one line, with the file, the line, the offender and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "samples.h"

namespace flowtap::bad_profile_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

struct Mistake {
    const char* name;
    std::string_view profile;
    std::string_view from;
    std::string_view to;
    std::string message;
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.name; }

class BadProfile : public ::testing::TestWithParam<Mistake> {};

TEST_P(BadProfile, IsSaidInOneLine) {
    const auto& mistake = GetParam();
    const auto text = with(mistake.profile, mistake.from, mistake.to);
    ASSERT_NE(text, mistake.profile) << "the sample has no such text";
    EXPECT_THAT(messages_of(text), ElementsAre("load profile p.yaml:" + mistake.message));
}

const Mistake kVariables[] = {
    {"NoVariable", kVariable, "    variable: engine.job:CURRENT\n", "",
     R"(5: point "job": missing key "variable" (add it))"},
    {"VariableWithoutModule", kVariable, "engine.job:CURRENT", "CURRENT",
     R"(8: point "job": key "variable": "CURRENT" does not name a ContextVar )"
     R"((write module:name, as in "package.context:current_job"))"},
    {"VariableOfAClass", kVariable, "engine.job:CURRENT", "engine.job:Class.CURRENT",
     R"(8: point "job": key "variable": "engine.job:Class.CURRENT" does not name a ContextVar )"
     R"((write module:name, as in "package.context:current_job"))"},
    {"PathFromALocal", kVariable, "value.origin", "self.origin",
     R"(9: point "job": key "workflow_id": begins with "self", but call: variable has only its value )"
     R"((write value, or value.attribute))"},
    {"FunctionBesideAVariable", kVariable, "    kind: node", "    function: a:b\n    kind: node",
     R"(6: point "job": key "function": is not for call: variable, which has no function (remove it))"},
    {"TypeOfAVariable", kVariable, "    kind: node", "    node_type: value\n    kind: node",
     R"(6: point "job": key "node_type": with call: variable it is the class of the value (remove it))"},
    {"OverridesOfAVariable", kVariable, "    kind: node", "    overrides: true\n    kind: node",
     R"(6: point "job": key "overrides": is not for call: variable (remove it))"},
    {"CarriersOfAVariable", kVariable, "    kind: node",
     "    carriers: [{function: 'engine.pool:step', node: n}]\n    kind: node",
     R"(6: point "job": key "carriers": is not for call: variable (remove it))"},
    {"VariableOfAMethod", kPython, "    call: method", "    variable: a:b\n    call: method",
     R"(14: point "node": key "variable": is only for call: variable (remove it, or write call: variable))"},
    {"TwoPointsOnAVariable", kVariable, "  - name: job",
     "  - name: other\n    kind: workflow\n    call: variable\n    variable: engine.job:CURRENT\n  - name: "
     "job",
     R"(9: point "job": observes "engine.job:CURRENT" like the point on line 5 (remove one))"},
};

const Mistake kOutcomes[] = {
    {"OutcomeWithoutComparison", kPython, "    call: method",
     "    failed_when: result.is_err true\n    call: method",
     R"(14: point "node": key "failed_when": "result.is_err true" cannot be read (write result or local NAME, then .attribute, ['key'] or [0], then == or !=, then true, false, none, a number or 'text'))"},
    {"OutcomeOfAnArgument", kPython, "    call: method", "    failed_when: self.state == 1\n    call: method",
     R"(14: point "node": key "failed_when": "self.state == 1" cannot be read (write result or local NAME, then .attribute, ['key'] or [0], then == or !=, then true, false, none, a number or 'text'))"},
    {"OutcomeThroughFiveSteps", kPython, "    call: method",
     "    failed_when: result.a.b.c.d.e == 1\n    call: method",
     R"(14: point "node": key "failed_when": "result.a.b.c.d.e == 1" cannot be read (write result or local NAME, then .attribute, ['key'] or [0], then == or !=, then true, false, none, a number or 'text'))"},
    {"OutcomeWithAnOpenBracket", kPython, "    call: method",
     "    failed_when: result[0 == 1\n    call: method",
     R"(14: point "node": key "failed_when": "result[0 == 1" cannot be read (write result or local NAME, then .attribute, ['key'] or [0], then == or !=, then true, false, none, a number or 'text'))"},
    {"OutcomeComparedWithAName", kPython, "    call: method",
     "    failed_when: result == FAILURE\n    call: method",
     R"(14: point "node": key "failed_when": "result == FAILURE" cannot be read (write result or local NAME, then .attribute, ['key'] or [0], then == or !=, then true, false, none, a number or 'text'))"},
    {"LocalOfAMethod", kPython, "    call: method", "    failed_when: local state == 1\n    call: method",
     R"(14: point "node": key "failed_when": a local can be read only at the return of call: coroutine (remove it))"},
    {"OutcomeOfALocalInOverrides", kPython, "    call: method\n    overrides: true",
     "    call: coroutine\n    overrides: true\n    failed_when: local state == \"failed\"",
     R"(16: point "node": key "failed_when": a local cannot be read in overrides (remove it))"},
    {"OutcomeOfAFunction", kPython, "    call: method\n    overrides: true",
     "    failed_when: result == 1\n    call: function",
     R"(14: point "node": key "failed_when": is for call: coroutine, method and instance, whose results are observed (remove it))"},
    {"UnknownStatus", kPython, "    call: method", "    statuses: {Retry: ignored}\n    call: method",
     R"(14: point "node": key "statuses": "Retry: ignored" does not give an exception class a status (write Class: success, failed or cancelled, where Class is its name without the module))"},
    {"StatusesOfAList", kPython, "    call: method", "    statuses: [Retry]\n    call: method",
     R"(14: point "node": key "statuses" is not a mapping of words to words (write one to 32 "word: word" lines))"},
};

constexpr std::string_view kBetween = R"(profile: queue
runtime: cpython
modules: [queue.api]
points:
  - name: task
    kind: node
    call: between
    function: queue.api:Queue._execute
    begins_at: builtins:set.add
    ends_at: queue.api:Result
)";

const Mistake kBetweens[] = {
    {"BetweenWithoutEnd", kBetween, "    ends_at: queue.api:Result\n", "",
     R"(5: point "task": missing key "ends_at" (add it))"},
    {"BetweenWithoutModule", kBetween, "builtins:set.add", "set.add",
     R"(9: point "task": key "begins_at": "set.add" does not name a class or a function (name a class, a built-in function or a method of a built-in class, as in "engine.job:Context", "time:monotonic" or "builtins:set.add"))"},
    {"BetweenOneCall", kBetween, "queue.api:Result", "builtins:set.add",
     R"(5: point "task": key "ends_at": names the same call as begins_at (name another call, which the function makes at the end of the execution))"},
    {"BetweenOfOverrides", kBetween, "    kind: node", "    overrides: true\n    kind: node",
     R"(5: point "task": key "overrides": is not for call: function or call: between (remove overrides, and give the overrides points of their own))"},
    {"BetweenWithCarriers", kBetween, "    kind: node",
     "    carriers: [{function: 'queue.pool:step', node: n}]\n    kind: node",
     R"(6: point "task": key "carriers": is not for call: between (remove it))"},
    {"BetweenOfAMethod", kPython, "    call: method", "    begins_at: a:b\n    call: method",
     R"(14: point "node": key "begins_at": is only for call: between (remove it, or write call: between))"},
    {"BetweenJudgedByAResult", kBetween, "    kind: node", "    failed_with: result\n    kind: node",
     R"(6: point "task": key "failed_with": the execution of call: between ends before the function returns a result (remove it))"},
    {"FailedTwice", kPython, "    call: method",
     "    failed_when: result == 1\n    failed_with: result.error\n    call: method",
     R"(15: point "node": key "failed_with": there is a failed_when already (remove one of the two))"},
    {"FailedByAndWhen", kPython, "    call: method",
     "    failed_when: result == 1\n    failed_by: a:b\n    call: method",
     R"(15: point "node": key "failed_by": there is a failed_when or failed_with already (remove one of the two))"},
    {"FailedByNoFunction", kPython, "    call: method", "    failed_by: on_error\n    call: method",
     R"(14: point "node": key "failed_by": "on_error" does not name a Python function (write module:function or module:Class.method))"},
    {"FailedByOfAFunction", kPython, "    call: method\n    overrides: true",
     "    failed_by: a:b\n    call: function",
     R"(14: point "node": key "failed_by": is not for call: function and call: variable (remove it))"},
    {"FailedWithAComparison", kPython, "    call: method", "    failed_with: result == 1\n    call: method",
     R"(14: point "node": key "failed_with": "result == 1" cannot be read (write result or local NAME, then .attribute, ['key'] or [0]))"},
};

const Mistake kExpectedHits[] = {
    {"HitsOfANativeEngine", kNative, "points:", "expected_hits: {python:raised: 1}\npoints:",
     R"(4: key "expected_hits" is only for runtime: cpython )"
     R"((remove it; known here: profile, runtime, binaries, made_up_names, points))"},
    {"HitsWithoutProbes", kPython, "points:", "expected_hits: 20\npoints:",
     R"(4: key "expected_hits" is not a mapping (write "key: value" lines below it))"},
    {"HitsOfAnUnknownProbe", kPython, "points:", "expected_hits: {python:call-entri: 1}\npoints:",
     R"(4: expected_hits: unknown key "python:call-entri" (known: python:abandoned, python:builtin-call, )"
     R"(python:call-entry, python:call-exit, python:class-call, python:class-new, python:completion, )"
     R"(python:context-destroyed, python:context-set, python:created, python:destroyed, python:drive-entry, )"
     R"(python:drive-exit, python:frame-kept, python:instance-entry, python:instance-exit, python:raised, )"
     R"(python:step-entry, python:step-exit, python:traceback, python:variable-set, python:variable-reset))"},
    {"HitsThatAreNoNumber", kPython, "points:", "expected_hits:\n  python:raised: many\npoints:",
     R"(5: expected_hits: key "python:raised": "many" is not a number of hits )"
     R"((write the hits of one execution, such as 2 or 0.5))"},
    {"HitsBelowZero", kPython, "points:", "expected_hits: {python:raised: {3.12: -1}}\npoints:",
     R"(4: expected_hits: key "python:raised": "-1" is not a number of hits )"
     R"((write the hits of one execution, such as 2 or 0.5))"},
    {"HitsOfAVersionOfTwo", kPython, "points:", "expected_hits: {python:raised: {2.7: 1}}\npoints:",
     R"(4: expected_hits: key "python:raised": "2.7" is not a version of CPython (write, for example, 3.12))"},
    {"HitsOfAPatchRelease", kPython, "points:", "expected_hits: {python:raised: {3.12.1: 1}}\npoints:",
     R"(4: expected_hits: key "python:raised": "3.12.1" is not a version of CPython (write, for example, 3.12))"},
    {"HitsOfAVersionGivenTwice", kPython,
     "points:", "expected_hits: {python:raised: {3.12: 1, 3.12: 2}}\npoints:",
     R"(4: expected_hits: key "3.12" is given twice (remove one; the first is on line 4))"},
};

const Mistake kHead[] = {
    {"UnknownKey", kPython, "modules:", "extra: 1\nmodules:",
     R"(3: unknown key "extra" (known: profile, runtime, modules, made_up_names, expected_hits, points))"},
    {"VariableWithoutColon", kPython, "    call: method", "    context_variable: current\n    call: method",
     R"(14: point "node": key "context_variable": "current" has no ':' )"
     R"((write module:name, as in "package.context:current_node"))"},
    {"VariableOfACoroutine", kPython, "    call: method\n    overrides: true",
     "    call: coroutine\n    context_variable: a:b\n    overrides: true",
     R"(11: point "node": key "context_variable": is for nodes with call: method )"
     R"((remove it: coroutines are cheap to observe))"},
    {"TokenIsNoLocal", kPython, "    call: method",
     "    context_variable: a:b\n    context_token: the token\n    call: method",
     R"(15: point "node": key "context_token": "the token" is not a local variable )"
     R"((name the local that keeps what setting the variable returned))"},
    {"TokenWithoutVariable", kPython, "    call: method", "    context_token: token\n    call: method",
     R"(11: point "node": key "context_token": is of no use without context_variable )"
     R"((remove it, or name the variable))"},
    {"PassingOnWithoutClass", kPython, "    call: method",
     "    context_variable: a:b\n    passing_on: [execute]\n    call: method",
     R"(15: point "node": key "passing_on": "execute" has no ':' )"
     R"((write module:Class.method, as in "package.module:Engine.run"))"},
    {"MissingName", kPython, "profile: engine\n", "", R"(1: missing key "profile" (add it))"},
    {"BadName", kPython, "profile: engine", "profile: my engine",
     R"(1: key "profile": "my engine" is not a name (use up to 64 letters, digits, '_', '-' and '.'))"},
    {"NoValue", kPython, "profile: engine",
     "profile:", R"(1: key "profile" has no value (give one or remove the key))"},
    {"ListForWord", kPython, "profile: engine", "profile: [engine]",
     R"(1: key "profile" has a list or a mapping where a single value is expected (write a single value))"},
    {"MissingRuntime", kPython, "runtime: cpython\n", "", R"(1: missing key "runtime" (add it))"},
    {"BadRuntime", kPython, "runtime: cpython", "runtime: ruby",
     R"(2: key "runtime": unknown value "ruby" (known: cpython, native))"},
    {"MissingModules", kPython, "modules: [engine.runtime, engine]\n", "",
     R"(1: missing key "modules" (add it))"},
    {"WordForList", kPython, "[engine.runtime, engine]", "engine",
     R"(3: key "modules" is not a list (write it as [a, b] or as "- " lines))"},
    {"BadModule", kPython, "[engine.runtime, engine]", "[engine, engine/x]",
     R"(3: key "modules": "engine/x" is not valid (write a module as package.module))"},
    {"MadeUpNameWithoutDigits", kPython, "modules:", "made_up_names: [Workflow]\nmodules:",
     R"(3: key "made_up_names": "Workflow" is not valid (write one x for each hexadecimal digit))"},
    {"BinariesInPython", kPython, "modules:", "binaries: [x]\nmodules:",
     R"(3: key "binaries" is only for runtime: native (remove it; known here: profile, runtime, modules, made_up_names, expected_hits, points))"},
    {"ModulesInNative", kNative, "binaries:", "modules: [x]\nbinaries:",
     R"(3: key "modules" is only for runtime: cpython (remove it; known here: profile, runtime, binaries, made_up_names, points))"},
    {"BinaryWithPath", kNative, "my-engine", "/usr/bin/my-engine",
     R"(3: key "binaries": "/usr/bin/my-engine" is not valid (write a file's name without its path))"},
    {"KeyTwice", kPython, "modules:", "runtime: native\nmodules:",
     R"(3: key "runtime" is given twice (remove one; the first is on line 2))"},
    {"KeyIsAList", kPython,
     "modules:", "[a, b]: c\nmodules:", R"(3: has a key that is not a word (write "key: value" lines))"},
    {"OpenFlowList", kPython, "[engine.runtime, engine]", "[engine.runtime",
     R"(4: not valid YAML: end of sequence flow not found (fix the YAML around this line))"},
    {"SecondDocument", kPython, "runtime: cpython", "runtime: cpython\n---\nx: y",
     R"(4: a second YAML document (write one profile per file))"},
};

const Mistake kPoint[] = {
    {"CarrierOfNoLocal", kPython, "    callers:\n",
     "    carriers:\n      - {function: 'engine.pool:step', node: a.b}\n    callers:\n",
     R"(19: point "node": carrier 1: key "node": "a.b" is not a local variable (name the local that holds the node, as in "node_instance"))"},
    {"CarrierIsAWord", kPython, "    callers:\n", "    carriers: [step]\n    callers:\n",
     R"(18: point "node": carrier 1: is not a mapping (write "key: value" lines))"},
    {"CarrierWithoutNode", kPython, "    callers:\n",
     "    carriers: [{function: 'engine.pool:step'}]\n    callers:\n",
     R"(18: point "node": carrier 1: missing key "node" (add it))"},
    {"CarrierWithUnknownKey", kPython, "    callers:\n",
     "    carriers: [{function: 'engine.pool:step', node: n, node_id: n}]\n    callers:\n",
     R"(18: point "node": carrier 1: unknown key "node_id" (known: function, node))"},
    {"UnknownKey", kPython, "    call: method", "    foo: method\n    call: method",
     R"(14: point "node": unknown key "foo" (known: name, kind, function, call, variable, begins_at, ends_at, arguments, overrides, failed_when, failed_with, failed_by, statuses, workflow_id, )"
     R"(workflow_name, node_id, node_type, ids_at, callers, only_from_callers, carriers, )"
     R"(context_variable, context_token, passing_on, limits))"},
    {"MissingName", kPython, "  - name: node\n    kind", "  - kind",
     R"(11: point 2: missing key "name" (add it))"},
    {"MissingKind", kPython, "    kind: node\n", "", R"(11: point "node": missing key "kind" (add it))"},
    {"BadKind", kPython, "kind: node", "kind: nod",
     R"(12: point "node": key "kind": unknown value "nod" (known: workflow, node))"},
    {"MissingFunction", kPython, "    function: engine.nodes:Node.execute\n", "",
     R"(11: point "node": missing key "function" (add it))"},
    {"FunctionWithoutColon", kPython, "engine.nodes:Node", "engine.nodes.Node",
     R"(13: point "node": key "function": "engine.nodes.Node.execute" has no ':' )"
     R"((write module:Class.method, as in "package.module:Engine.run"))"},
    {"FunctionWithSpace", kPython, "engine.nodes:Node", "engine.nodes:No de",
     R"(13: point "node": key "function": "engine.nodes:No de.execute" does not name a Python function )"
     R"((write module:Class.method, as in "package.module:Engine.run"))"},
    {"MissingCall", kPython, "    call: method\n", "", R"(11: point "node": missing key "call" (add it))"},
    {"BadCall", kPython, "call: method", "call: closure",
     R"(14: point "node": key "call": unknown value "closure" (known: coroutine, generator, method, instance, function, variable, between))"},
    {"InstanceOfAnotherMethod", kPython, "call: method", "call: instance",
     R"(11: point "node": key "call": instance is for a class's __call__, not for "Node.execute" )"
     R"((name Class.__call__, or say call: method))"},
    {"ArgumentsOfACoroutine", kPython, "    call: method\n    overrides: true",
     "    call: coroutine\n    arguments: unpacked\n    overrides: true",
     R"(11: point "node": key "arguments": is for call: method (remove it))"},
    {"UnknownArguments", kPython, "    call: method", "    arguments: few\n    call: method",
     R"(14: point "node": key "arguments": unknown value "few" (known: unpacked, any))"},
    {"BadFlag", kPython, "overrides: true", "overrides: yes",
     R"(15: point "node": key "overrides": unknown value "yes" (known: true, false))"},
    {"OverridesOfAFunction", kPython, "engine.nodes:Node.execute", "engine.nodes:execute",
     R"(11: point "node": key "overrides": "execute" is not a method of a class )"
     R"((remove overrides, or name the method as Class.method))"},
    {"BadNodeType", kPython, "node_type: self", "node_type: self kind",
     R"(16: point "node": key "node_type": "self kind" is not a path from a local variable )"
     R"((write local, local.attribute or local['key']; argN TYPE is only for runtime: native))"},
    {"TooManySteps", kPython, "self._node_id", "self.a.b['c'][0].e",
     R"(17: point "node": key "node_id": "self.a.b['c'][0].e" goes through 5 attributes and items (at most 4))"},
    {"OpenBracket", kPython, "self._node_id", "self.ids['a]",
     R"(17: point "node": key "node_id": "self.ids['a]" has a '[' that is not closed (write ['key'] or [0]))"},
    {"KeyWithoutQuotes", kPython, "self._node_id", "self.ids[a]",
     R"(17: point "node": key "node_id": "self.ids[a]" has [a], which is not an item )"
     R"((write ['key'] for an item of a dict, [0] for one of a list or tuple))"},
    {"NegativeIndex", kPython, "self._node_id", "self.ids[-1]",
     R"(17: point "node": key "node_id": "self.ids[-1]" has [-1], which is not an item )"
     R"((write ['key'] for an item of a dict, [0] for one of a list or tuple))"},
    {"EmptyKey", kPython, "self._node_id", "self.ids['']",
     R"(17: point "node": key "node_id": "self.ids['']" has the key '' (keys have 1 to 63 ASCII characters))"},
    {"TextBehindAnItem", kPython, "self._node_id", "self.ids['a']b",
     R"(17: point "node": key "node_id": "self.ids['a']b" is not a path from a local variable )"
     R"((write local, local.attribute or local['key']; argN TYPE is only for runtime: native))"},
    {"EmptyAttribute", kPython, "self._node_id", "self..id",
     R"(17: point "node": key "node_id": "self..id" is not a path from a local variable )"
     R"((write local, local.attribute or local['key']; argN TYPE is only for runtime: native))"},
    {"ArgumentInPython", kPython, "self._node_id", "arg0 cstring",
     R"(17: point "node": key "node_id": "arg0 cstring" is not a path from a local variable )"
     R"((write local, local.attribute or local['key']; argN TYPE is only for runtime: native))"},
    {"NativeKeyInPython", kPython, "    call: method", "    exit: return\n    call: method",
     R"(14: point "node": key "exit" is only for runtime: native (remove it; known here: name, kind, function, )"
     R"(call, variable, begins_at, ends_at, arguments, overrides, failed_when, failed_with, failed_by, statuses, workflow_id, workflow_name, node_id, node_type, ids_at, callers, only_from_callers, carriers, )"
     R"(context_variable, context_token, passing_on, limits))"},
    {"NodeKeyInWorkflow", kPython, "    call: coroutine", "    node_id: x\n    call: coroutine",
     R"(8: point "run": key "node_id" is only for kind: node (remove it; known here: name, kind, function, )"
     R"(call, variable, begins_at, ends_at, arguments, overrides, failed_when, failed_with, failed_by, statuses, workflow_id, workflow_name, limits))"},
    {"PointIsAWord", kPython, "  - name: run", "  - word\n  - name: run",
     R"(5: point 1: is not a mapping (write "key: value" lines))"},
    {"SameName", kPython, "name: node", "name: run",
     R"(11: point "run": has the name of the point on line 5 (give each point its own name))"},
    {"SameFunction", kPython, "engine.nodes:Node.execute", "engine.runtime:Runtime._run",
     R"(11: point "node": observes "engine.runtime:Runtime._run" like the point on line 5 (remove one))"},
};

const Mistake kCaller[] = {
    {"UnknownKey", kPython, "        node_id: a.b.c.d", "        kind: a",
     R"(21: point "node": caller 1: unknown key "kind" (known: function, workflow_id, workflow_name, node_id))"},
    {"MissingFunction", kPython, "- function: engine.runtime:Runtime._run_node.<locals>.step\n        work",
     "- work", R"(19: point "node": caller 1: missing key "function" (add it))"},
    {"BadPath", kPython, "workflow_id: workflow\n", "workflow_id: 1st\n",
     R"(20: point "node": caller 1: key "workflow_id": "1st" is not a path from a local variable )"
     R"((write local, local.attribute or local['key']; argN TYPE is only for runtime: native))"},
    {"NoId", kPython, "\n        workflow_id: workflow\n        node_id: a.b.c.d", "",
     R"(19: point "node": caller 1: gives no id (add workflow_id, workflow_name or node_id, or remove it))"},
    {"SameCaller", kPython, "        node_id: a.b.c.d",
     "      - function: engine.runtime:Runtime._run_node.<locals>.step\n        node_id: a",
     R"(21: point "node": caller 2: is the same function as the caller on line 19 (merge the two))"},
    {"OnlyFromCallersOfAMethod", kPython, "    overrides: true\n",
     "    overrides: true\n    only_from_callers: true\n",
     R"(11: point "node": key "only_from_callers": is for nodes with call: coroutine (remove it))"},
    {"LateIdsOfAMethod", kPython, "    overrides: true\n", "    overrides: true\n    ids_at: end\n",
     R"(11: point "node": key "ids_at": end is for call: coroutine, generator and between (remove it))"},
    {"LateIdsOfAWorkflow", kPython, "    call: coroutine", "    ids_at: end\n    call: coroutine",
     R"(8: point "run": key "ids_at" is only for kind: node (remove it; known here: name, kind, function, )"
     R"(call, variable, begins_at, ends_at, arguments, overrides, failed_when, failed_with, failed_by, statuses, workflow_id, workflow_name, limits))"},
    {"NotAList", kPython, "      - function: engine.runtime:Runtime._run_node.<locals>.step\n", "",
     R"(18: point "node": key "callers" is not a list (write it as [a, b] or as "- " lines))"},
};

const Mistake kNativePoint[] = {
    {"PythonKey", kNative, "    exit:", "    call: method\n    exit:",
     R"(14: point "node": key "call" is only for runtime: cpython (remove it; known here: name, kind, function, )"
     R"(exit, failed_when, begin, end, done, key, end_key, duration, result, workflow_id, workflow_name, node_id, limits))"},
    {"IndexOutOfRange", kNative, "arg1   int32", "arg32 int32",
     R"(13: point "node": key "node_id": "arg32 int32": argument index out of range )"
     R"((at most arg31))"},
    {"HugeIndex", kNative, "arg1   int32", "arg99999999999999999999 int32",
     R"(13: point "node": key "node_id": "arg99999999999999999999 int32": argument index out of range )"
     R"((at most arg31))"},
    {"NegativeIndex", kNative, "arg1   int32", "arg-1 int32",
     R"(13: point "node": key "node_id": "arg-1 int32" is not an argument )"
     R"((write argN TYPE, as in "arg0 cstring", or a name, as in "this->id"))"},
    {"BadType", kNative, "arg1   int32", "arg1 double",
     R"(13: point "node": key "node_id": "arg1 double": unknown type "double" )"
     R"((known: cstring, string, string_view, libcxx_string, libcxx_string_view, str, int8, uint8, int16, )"
     R"(uint16, int32, uint32, int64, uint64, pointer))"},
    {"NoType", kNative, "arg1   int32", "arg1",
     R"(13: point "node": key "node_id": "arg1" has no type )"
     R"((write argN TYPE, as in "arg0 cstring", or a name, as in "this->id"))"},
    {"NotAPath", kNative, "arg1   int32", "this->",
     R"(13: point "node": key "node_id": "this->" is not an argument )"
     R"((write argN TYPE, as in "arg0 cstring", or a name, as in "this->id"))"},
    {"LongPath", kNative, "arg1   int32", "a.b.c.d.e.f.g.h.i.j",
     R"(13: point "node": key "node_id": "a.b.c.d.e.f.g.h.i.j" goes through 9 members (at most 8))"},
    {"BadHop", kNative, "arg1   int32", "arg1->x int32",
     R"(13: point "node": key "node_id": "arg1->x int32": "x" is not an offset )"
     R"((write argN TYPE, as in "arg0 cstring", or a name, as in "this->id"))"},
    {"ManyHops", kNative, "arg1   int32", "arg1->1->2->3->4->5->6->7 int32",
     R"(13: point "node": key "node_id": "arg1->1->2->3->4->5->6->7 int32" follows too many pointers (at most 6))"},
    {"HalfAPair", kNative, "function: engine::Workflow::run", "begin: engine:begin",
     R"(5: point "workflow": its markers do not fit together (name begin and end, or done alone))"},
    {"NotAMarker", kNative, "function: engine::Workflow::run", "done: engine\n    duration: arg0",
     R"(7: point "workflow": key "done": "engine" is not a marker )"
     R"((write provider:name, as readelf --notes shows them))"},
    {"DurationOfAFunction", kNative, "exit: uretprobe", "duration: arg1",
     R"(14: point "node": key "duration" is only for markers (remove it))"},
    {"KeyOfATextType", kNative, "exit: uretprobe", "key: arg0 cstring",
     R"(14: point "node": key "key": "arg0 cstring" is not a number )"
     R"((write a number or an address, as in "arg0 pointer" or "this"))"},
    {"KeyWithoutType", kNative, "exit: uretprobe", "key: arg0",
     R"(14: point "node": key "key": "arg0" has no type )"
     R"((write argN TYPE, as in "arg0 cstring", or a name, as in "this->id"))"},
    {"EndKeyOfOneFunction", kNative, "exit: uretprobe", "end_key: arg0 pointer",
     R"(14: point "node": key "end_key" is only for points with begin and end (remove it))"},
    {"KeyAndReturnProbe", kNative, "exit: uretprobe", "key: arg0 pointer\n    exit: uretprobe",
     R"(15: point "node": key "exit" is not for points with a key (remove it))"},
    {"FunctionAndPair", kNative, "function: engine::Workflow::run",
     "function: engine::Workflow::run\n    begin: engine_begin\n    end: engine_end",
     R"(7: point "workflow": key "function" is not for points with begin and end (remove it))"},
    {"PairWithoutEnd", kNative, "function: engine::Workflow::run", "begin: engine_begin",
     R"(5: point "workflow": missing key "end" (add it))"},
    {"PatternOfAPair", kNative, "function: engine::Workflow::run", "begin: engine_b*\n    end: engine_end",
     R"(5: point "workflow": "engine_b*": begin and end each name one function )"
     R"((write a point for each pair of functions))"},
    {"BadExit", kNative, "exit: uretprobe", "exit: ret",
     R"(14: point "node": key "exit": unknown value "ret" (known: return, uretprobe))"},
    {"BadRule", kNative, "failed_when: nonzero", "failed_when: -1",
     R"(15: point "node": key "failed_when": unknown value "-1" (known: never, nonzero, zero, negative))"},
    {"Parameters", kNative, "engine::Workflow::run", "engine::Workflow::run(int)",
     R"-(7: point "workflow": key "function": "engine::Workflow::run(int)" has parameters )-"
     R"((write the symbol up to its parenthesis, as in engine::Node::run))"},
    {"EndKeyWithoutKey", kNative, "function: engine::Workflow::run",
     "begin: engine_begin\n    end: engine_end\n    end_key: arg0 pointer",
     R"(9: point "workflow": key "end_key" is of no use without "key" (remove it))"},
    {"ResultOfOneFunction", kNative, "exit: uretprobe", "result: arg0 int32",
     R"(14: point "node": key "result" is only for points with begin and end, or done (remove it))"},
    {"ControlCharacterInASymbol", kNative, "engine::Workflow::run", R"("engine\x07run")",
     R"(7: point "workflow": key "function": "engine\x07run" is not a symbol )"
     R"((write the symbol up to its parenthesis, as in engine::Node::run))"},
    {"FunctionAndMarkers", kNative, "function: engine::Workflow::run",
     "function: engine::Workflow::run\n    begin: engine:begin\n    end: engine:end",
     R"(5: point "workflow": names a function and markers (keep one of them))"},
    {"ExitOfMarkers", kNative, "function: engine::Workflow::run",
     "begin: engine:begin\n    end: engine:end\n    exit: return",
     R"(5: point "workflow": key "exit" is only for functions (remove it))"},
    {"DurationOfAPair", kNative, "function: engine::Workflow::run",
     "begin: engine:begin\n    end: engine:end\n    duration: arg1",
     R"(5: point "workflow": key "duration" is only for done (remove it))"},
    {"DoneWithoutDuration", kNative, "function: engine::Workflow::run", "done: engine:done",
     R"(5: point "workflow": key "duration" is missing )"
     R"((add it: the argument of done with the duration in nanoseconds))"},
    {"KeyOfDone", kNative, "function: engine::Workflow::run",
     "done: engine:done\n    duration: arg1\n    key: arg0",
     R"(5: point "workflow": key "key" is only for begin and end (remove it))"},
    {"NameInAMarker", kNative, "function: engine::Workflow::run\n    workflow_id: arg5 uint64",
     "begin: engine:begin\n    end: engine:end\n    workflow_id: this->id",
     R"(9: point "workflow": key "workflow_id": a marker has no such argument )"
     R"((write argN for a number, or "argN cstring", as in "arg1 cstring"))"},
    {"SameSymbol", kNative, "engine_run_node", "engine::Workflow::run",
     R"(9: point "node": observes "engine::Workflow::run" like the point on line 5 (remove one))"},
};

const auto kName = [](const auto& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(Outcome, BadProfile, ::testing::ValuesIn(kOutcomes), kName);
INSTANTIATE_TEST_SUITE_P(Between, BadProfile, ::testing::ValuesIn(kBetweens), kName);
INSTANTIATE_TEST_SUITE_P(Variable, BadProfile, ::testing::ValuesIn(kVariables), kName);
INSTANTIATE_TEST_SUITE_P(ExpectedHits, BadProfile, ::testing::ValuesIn(kExpectedHits), kName);
INSTANTIATE_TEST_SUITE_P(Head, BadProfile, ::testing::ValuesIn(kHead), kName);
INSTANTIATE_TEST_SUITE_P(Point, BadProfile, ::testing::ValuesIn(kPoint), kName);
INSTANTIATE_TEST_SUITE_P(Caller, BadProfile, ::testing::ValuesIn(kCaller), kName);
INSTANTIATE_TEST_SUITE_P(NativePoint, BadProfile, ::testing::ValuesIn(kNativePoint), kName);

constexpr std::string_view kHeadOnly = "profile: p\nruntime: cpython\nmodules: [m]\n";

TEST(BadProfiles, NeedPoints) {
    EXPECT_THAT(messages_of(kHeadOnly),
                ElementsAre("load profile p.yaml:1: missing key \"points\" (add it)"));
    EXPECT_THAT(messages_of(std::string(kHeadOnly) + "points: []\n"),
                ElementsAre("load profile p.yaml:4: key \"points\" is an empty list (add an item)"));
    EXPECT_THAT(messages_of(std::string(kHeadOnly) + "points:\n"),
                ElementsAre(HasSubstr(":4: key \"points\" is not a list (")));
}

TEST(BadProfiles, SayAllMistakesAtOnceByLine) {
    auto text = with(kPython, "profile: engine", "profile: a b");
    text = with(text, "modules:", "module: x\nmodules:");
    text = with(text, "call: coroutine", "call: x");
    text = with(text, "self._node_id", "self.");
    text = with(text, "node_id: a.b.c.d", "node: a");
    EXPECT_THAT(messages_of(text),
                ElementsAre(StartsWith("load profile p.yaml:1: key \"profile\""),
                            StartsWith("load profile p.yaml:3: unknown key \"module\""),
                            StartsWith("load profile p.yaml:9: point \"run\": key \"call\""),
                            StartsWith("load profile p.yaml:18: point \"node\": key \"node_id\""),
                            StartsWith("load profile p.yaml:22: point \"node\": caller 1: unknown key")));
}

TEST(BadProfiles, NeedCallersForNodesOfCallersOnly) {
    constexpr std::string_view kNode = R"(profile: p
runtime: cpython
modules: [m]
points:
  - {name: node, kind: node, function: m:step, call: coroutine, only_from_callers: true}
)";
    EXPECT_THAT(
        messages_of(kNode),
        ElementsAre(R"(load profile p.yaml:5: point "node": key "only_from_callers": there are no callers )"
                    R"((name the callers, or remove it))"));
}

TEST(BadProfiles, AreBadUsage) {
    const auto loaded = parse_profile("profile: p\nx: y\n", "p.yaml");
    ASSERT_TRUE(std::holds_alternative<ProfileErrors>(loaded));
    for (const auto& error : std::get<ProfileErrors>(loaded).errors) {
        EXPECT_EQ(error.kind, Error::Kind::kUsage);
        EXPECT_FALSE(error.remedy.empty()) << error.message();
    }
}

TEST(BadProfiles, FitInOneErrorForACallerThatCarriesOne) {
    const auto loaded = parse_profile("profile: a b\nruntime: ruby\n", "p.yaml");
    ASSERT_TRUE(std::holds_alternative<ProfileErrors>(loaded));
    const auto error = to_error(std::get<ProfileErrors>(loaded));
    EXPECT_THAT(error.message(), StartsWith("load profile p.yaml:1: key \"profile\""));
    EXPECT_THAT(error.others, ElementsAre(StartsWith("load profile p.yaml:2: key \"runtime\"")));
    EXPECT_EQ(error.kind, Error::Kind::kUsage);
}

TEST(BadProfiles, AreSaidInASingleLineWhateverTheyHold) {
    const auto lines =
        messages_of(with(kPython, "kind: node", "kind: \"no\\nde\\x01" + std::string(500, 'k') + "\""));
    ASSERT_THAT(lines, SizeIs(1));
    EXPECT_THAT(
        lines[0],
        StartsWith(R"(load profile p.yaml:12: point "node": key "kind": unknown value "no\x0ade\x01k)"));
    EXPECT_EQ(lines[0].find('\n'), std::string::npos);
    EXPECT_LT(lines[0].size(), 250U);
}

}  // namespace
}  // namespace flowtap::bad_profile_test
