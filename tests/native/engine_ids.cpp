// SPDX-License-Identifier: Apache-2.0
// A workflow engine whose ids are in all kinds of places: members, pointers, strings, views, enumerations,
// structs in registers, arguments on the stack.
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "harness.h"

namespace engine {

enum class Stage : unsigned char { kLoad = 3, kTransform = 200 };

struct Spec {
    int version = 1;
    std::string id;
};

struct Context {
    long serial = 0;
    Spec workflow;
    const char* tenant = "tenant-a";
    char zone[8] = {'e', 'u', '-', 'w', 'e', 's', 't', '1'};  // filled whole: no zero byte
};

struct Ids {
    const char* workflow;
    int number;
};

class Named {
public:
    virtual ~Named() = default;

protected:
    std::string id_;
};

class Workflow : public Named {
public:
    explicit Workflow(std::string id) : spec_(std::make_unique<Spec>()) { spec_->id = std::move(id); }
    OBSERVED int run(int rounds);

private:
    std::unique_ptr<Spec> spec_;
};

class Node : public Named {
public:
    explicit Node(const char* id) { id_ = id; }
    OBSERVED virtual int run(const Context& context);
};

volatile int sink;

OBSERVED int run_view(std::string_view workflow, std::string_view node) {
    work();
    sink = static_cast<int>(workflow.size() + node.size());
    return 0;
}

OBSERVED int run_ids(Ids ids, std::string name) {
    work();
    sink = ids.number + static_cast<int>(name.size());
    return ids.number == 13 ? 4 : 0;
}

OBSERVED int run_stage(double, Context* context, Stage stage, int, int, int, int, const char* seventh) {
    work();
    sink = static_cast<int>(stage) + context->workflow.version + (seventh == nullptr);
    return 0;
}

OBSERVED int step_load(const char* id) {
    work();
    sink = id[0];
    return 0;
}

OBSERVED int step_save(const char* id) {
    work();
    sink = id[1];
    return 0;
}

int Node::run(const Context& context) {
    work();
    sink = static_cast<int>(id_.size() + context.workflow.id.size());
    return 0;
}

template <typename Call>
int counted(const std::string& workflow, const std::string& node, const char* type, const Call& call) {
    const bracket bracket = ledger_begin(workflow.c_str(), node.c_str(), type);
    const int result = call();
    ledger_end(bracket, result);
    return result;
}

// Longer than what a std::string holds in itself.
const std::string kLong = "a-name-longer-than-any-small-string";

void run_stages(Context& context) {
    const std::string& workflow = context.workflow.id;
    counted(workflow, "kLoad", "engine::run_stage",
            [&] { return run_stage(1.5, &context, Stage::kLoad, 1, 2, 3, 4, "kLoad"); });
    counted(workflow, "kTransform", "engine::run_stage",
            [&] { return run_stage(1.5, &context, Stage::kTransform, 1, 2, 3, 4, "kTransform"); });
    // No enumerator has this value.
    counted(workflow, "9", "engine::run_stage",
            [&] { return run_stage(1.5, &context, static_cast<Stage>(9), 1, 2, 3, 4, "9"); });
}

int Workflow::run(int rounds) {
    Context context;
    context.workflow.id = spec_->id;
    for (int i = 0; i < rounds; ++i) {
        counted("viewed", kLong, "engine::run_view",
                [&] { return run_view(std::string_view("viewed!!").substr(0, 6), kLong); });
        counted("copied", i % 7 == 0 ? "13" : "-4", "engine::run_ids", [&] {
            return run_ids({"two registers", i % 7 == 0 ? 13 : -4}, "copied");
        });
        counted(kLong, "-1", "engine::run_ids", [&] { return run_ids({"two registers", -1}, kLong); });
        counted(spec_->id, "load", "engine::step_load", [] { return step_load("load"); });
        counted(spec_->id, "save", "engine::step_save", [] { return step_save("save"); });
        run_stages(context);
        Node node("n1");
        counted(spec_->id, "n1", "engine::Node::run", [&] { return node.run(context); });
    }
    return rounds > 1000 ? 1 : 0;
}

}  // namespace engine

namespace {

void run_round() {
    for (const std::string& id : {std::string("short"), engine::kLong}) {
        engine::Workflow workflow(id);
        engine::counted(id, "", "", [&] { return workflow.run(options.runs); });
    }
}

void run_held() {}

}  // namespace

int main(int argc, char** argv) { return harness_main(argc, argv, run_round, run_held); }
