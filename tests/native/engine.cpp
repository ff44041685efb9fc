// SPDX-License-Identifier: Apache-2.0
// A workflow engine in C++: methods and a namespace, exceptions thrown and caught inside the observed
// functions, and with --leave-every an exception that passes through them.
#include <stdexcept>
#include <string>

#include "harness.h"

namespace engine {

enum Result : int { kDone = 0, kRefused = 2, kNodeFailed = 3, kInnerFailed = 4 };

// What this run is to do.
struct Run {
    bool fail = false;
    bool retry = false;
    bool leave = false;
    bool hold = false;
    int depth = 0;
};

thread_local Run run;

class Node {
public:
    OBSERVED int run(const char* workflow_id, const char* node_id, int attempt);

private:
    void attempt_once(const std::string& node_id, int attempt);
};

class Workflow {
public:
    OBSERVED int run(const char* workflow_id, int nodes);

private:
    int run_inner(const char* workflow_id, int nodes);
    Node node_;
};

class Leave : public std::exception {};

int counted_run(Workflow& workflow, const char* workflow_id, int nodes) {
    const bracket bracket = ledger_begin(workflow_id, "", "");
    const int result = workflow.run(workflow_id, nodes);
    ledger_end(bracket, result);
    return result;
}

int counted_run(Node& node, const char* workflow_id, const char* node_id, int attempt) {
    const bracket bracket = ledger_begin(workflow_id, node_id, "engine::Node::run");
    const int result = node.run(workflow_id, node_id, attempt);
    ledger_end(bracket, result);
    return result;
}

__attribute__((noinline)) void Node::attempt_once(const std::string& node_id, int attempt) {
    work();
    if (engine::run.leave && node_id == "last") throw Leave();
    if (engine::run.fail && node_id == "middle") throw std::runtime_error("asked to fail");
    if (engine::run.retry && node_id == "first" && attempt < 2) throw std::out_of_range("not yet");
}

int Node::run(const char* workflow_id, const char* node_id, int attempt) {
    if (attempt < 0) return kRefused;
    if (std::string(node_id) == "gate") {
        hold();
        return kDone;
    }
    try {
        attempt_once(node_id, attempt);
    } catch (const std::out_of_range&) {
        return counted_run(*this, workflow_id, node_id, attempt + 1);
    } catch (const std::runtime_error&) {
        return kNodeFailed;
    }
    return kDone;
}

std::string node_name(int index, int nodes) {
    if (engine::run.hold) return "gate";
    if (index == 0) return "first";
    if (index == nodes - 1) return "last";
    if (index == nodes / 2) return "middle";
    return "node-" + std::to_string(index);
}

int Workflow::run_inner(const char* workflow_id, int nodes) {
    const std::string inner_id = std::string(workflow_id) + "/inner";
    --engine::run.depth;
    const int result = counted_run(*this, inner_id.c_str(), nodes);
    ++engine::run.depth;
    return result;
}

int Workflow::run(const char* workflow_id, int nodes) {
    if (nodes <= 0) return kRefused;
    if (engine::run.depth > 0 && run_inner(workflow_id, nodes) != kDone) return kInnerFailed;
    for (int i = 0; i < nodes; ++i) {
        const int result = counted_run(node_, workflow_id, node_name(i, nodes).c_str(), 0);
        if (result != kDone) return result;
    }
    return kDone;
}

}  // namespace engine

namespace {

bool every(int n, int index) { return n > 0 && index % n == 0; }

void run_round() {
    engine::Workflow workflow;
    for (int i = 0; i < options.runs; ++i) {
        engine::run = {.fail = every(options.fail_every, i),
                       .retry = every(options.retry_every, i),
                       .leave = every(options.leave_every, i),
                       .depth = options.depth};
        try {
            engine::counted_run(workflow, "native", options.nodes);
        } catch (const engine::Leave&) {
            ledger_threw(0, "engine::Leave");
        }
    }
}

void run_held() {
    engine::Workflow workflow;
    engine::run = {.hold = true};
    engine::counted_run(workflow, "held", 1);
    engine::run = {};
}

}  // namespace

int main(int argc, char** argv) { return harness_main(argc, argv, run_round, run_held); }
