// SPDX-License-Identifier: Apache-2.0
#include "target.h"

#include "interpreters.h"
#include "paths.h"
#include "pythons/installed_pythons.h"

namespace flowtap::system_test {
namespace {

Target native_target(const char* name, const char* program, const char* profile, const char* held_type) {
    return {name,
            {program},
            {"--profile", profile},
            held_type,
            {"--threads", "3", "--runs", "800", "--nodes", "4", "--work-us", "50", "--fail-every", "7"}};
}

std::vector<Target> targets_of(const std::vector<std::string>& interpreters) {
    std::vector<Target> targets;
    for (const std::string& interpreter : interpreters) targets.push_back(python_target(interpreter));
    return targets;
}

}  // namespace

std::vector<std::string> Target::command(const Workload::Options& options) const {
    std::vector<std::string> command = program;
    command.insert(command.end(), options.begin(), options.end());
    return command;
}

std::vector<std::string> Target::watch(const std::vector<const Workload*>& workloads) const {
    std::vector<std::string> options = profile;
    for (const Workload* workload : workloads) {
        options.emplace_back("--pid");
        options.push_back(workload->pid_text());
    }
    return options;
}

Target python_target(const std::string& interpreter) {
    Target target{
        path_as_test_name(interpreter),
        {},
        {},
        "HoldNode",
        {"--shape", "threads", "--threads", "3", "--runs", "80", "--work-us", "500", "--fail-every", "3"}};
    // -B: no __pycache__ beside the sources.
    if (!interpreter.empty())
        target.program = {interpreter, "-B", std::string(kTestsDirectory) + "/engine/workload.py"};
    return target;
}

std::vector<Target> native_targets() {
    return {native_target("engine_c", kEngineC, kEngineCProfile, "run_node"),
            native_target("engine_c_O0", kEngineCUnoptimised, kEngineCProfile, "run_node"),
            native_target("engine_cpp", kEngineCpp, kEngineCppProfile, "engine::Node::run")};
}

std::vector<Target> python_targets() { return targets_of(interpreters()); }

std::vector<Target> other_python_targets() { return targets_of(other_interpreters()); }

std::vector<Target> all_targets() {
    std::vector<Target> targets = python_targets();
    // The unoptimised build matters to the counting tests only.
    for (Target& target : native_targets())
        if (target.name != "engine_c_O0") targets.push_back(std::move(target));
    return targets;
}

std::string missing_program(const Target& target) {
    if (!target.program.empty()) return {};
    return missing_interpreter();
}

void TargetTest::SetUp() {
    SystemTest::SetUp();
    const std::string missing = missing_program(target());
    if (!IsSkipped() && !missing.empty()) GTEST_SKIP() << "missing: " << missing;
}

}  // namespace flowtap::system_test
