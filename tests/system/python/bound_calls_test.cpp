// SPDX-License-Identifier: Apache-2.0
// The ways in which programs call a bound method that `call: method` is about, with either `arguments`.
#include <memory>
#include <sstream>
#include <tuple>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "system_test.h"
#include "target.h"
#include "temporary_directory.h"

namespace flowtap::system_test::bound_calls_test {
namespace {

// A line on stdin names a shape; the answer is how often it ran the method, and how often that raised.
constexpr const char* kProgram = R"(
import asyncio, contextvars, functools, sys, threading
from concurrent.futures import ThreadPoolExecutor

class Job:
    ran = failed = 0
    def run(self, *given, fail=False, inner=None, **named):
        Job.ran += 1
        if inner is not None:
            inner.run(**named)
        if fail:
            Job.failed += 1
            raise ValueError(fail)
        return len(given)
    def key(self, value):
        return -value

job = Job()
pool = ThreadPoolExecutor(1)

def in_thread(*given, **named):
    thread = threading.Thread(target=job.run, args=given, kwargs=named)
    thread.start()
    thread.join()

def in_pool(*given, **named):
    return pool.submit(job.run, *given, **named).result()

def in_context(*given, **named):
    return contextvars.copy_context().run(job.run, *given, **named)

def in_partial(*given, **named):
    functools.partial(job.run, *given)(**named)
    return functools.partial(job.run, **named)(*given)

def all_arguments(call):
    for _ in range(3):
        call()
        call(1)
        call(1, 2, 3, 4, 5, 6, 7)
        call(a=1)
        call(1, a=1, b=2)
        try:
            call(fail=True)
        except ValueError:
            pass

def no_string():
    for _ in range(5):
        try:
            job.run(**{1: 2})
        except TypeError:
            pass

shapes = {
    'direct': lambda: all_arguments(lambda *given, **named: job.run(*given, **named)),
    'pool': lambda: all_arguments(in_pool),
    'context': lambda: all_arguments(in_context),
    'partial': lambda: all_arguments(in_partial),
    'to_thread': lambda: all_arguments(lambda *g, **n: asyncio.run(asyncio.to_thread(job.run, *g, **n))),
    'thread': lambda: [in_thread(), in_thread(1), in_thread(a=1)],
    'map': lambda: list(map(job.run, range(5))),
    'nested': lambda: job.run(**{'inner': Job(), 'a': 1}),
    'no_string': no_string,
    'sort': lambda: sorted(range(4), key=job.run),
    'other': lambda: sorted(range(10000), key=job.key),
}
print('ready', flush=True)
for line in sys.stdin:
    Job.ran = Job.failed = 0
    shapes[line.strip()]()
    print(Job.ran, Job.failed, flush=True)
)";

std::string profile(const std::string& arguments) {
    return "profile: jobs\nruntime: cpython\nmodules: [__main__]\npoints:\n  - name: job\n    kind: node\n"
           "    function: __main__:Job.run\n    call: method\n    node_type: self\n    arguments: " +
           arguments + "\n";
}

struct Counts {
    double ran = 0;
    double failed = 0;
    bool operator==(const Counts&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Counts& counts) {
        return out << counts.ran << " of which " << counts.failed << " failed";
    }
};

using Case = std::tuple<std::string, std::string>;  // interpreter, arguments

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
    return std::get<1>(info.param) + "_" + std::to_string(info.index);
}

class BoundCalls : public SystemTest, public testing::WithParamInterface<Case> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        const auto& [interpreter, arguments] = GetParam();
        if (interpreter.empty()) GTEST_SKIP() << "missing: an interpreter";
        program_ = std::make_unique<Child>(
            std::vector<std::string>{interpreter, "-B", directory_.write("jobs.py", kProgram)});
        program_->next_line();
        flowtap_ = std::make_unique<FlowtapDaemon>(
            std::vector<std::string>{"--profile", directory_.write("jobs.yaml", profile(arguments)), "--pid",
                                     std::to_string(program_->pid())});
    }
    Counts run(const std::string& shape) {
        program_->send_line(shape);
        std::istringstream line(program_->next_line());
        Counts counts;
        line >> counts.ran >> counts.failed;
        return counts;
    }
    // What flowtap has counted since it was last asked.
    Counts counted() {
        const Exposition metrics = flowtap_->scrape();
        EXPECT_EQ(metrics.sum("workflow_node_executions_active"), 0);
        EXPECT_EQ(unpaired_executions(metrics), 0);
        const Counts all{metrics.sum("workflow_node_executions_total", {{"status", "started"}}),
                         metrics.sum("workflow_node_executions_total", {{"status", "failed"}})};
        const Counts more{all.ran - before_.ran, all.failed - before_.failed};
        before_ = all;
        return more;
    }
    double entries() const {
        return flowtap_->scrape().sum("flowtap_probe_hits_total", {{"probe", "python:call-entry"}});
    }
    // As the plan says.
    bool sees_all_calls() const {
        Child plan({kFlowtap, "plan", "--pid", std::to_string(program_->pid()), "--profile",
                    directory_ / "jobs.yaml", "--sites"});
        EXPECT_EQ(plan.wait(), 0) << plan.errors();
        return plan.output().find("not by sorted(key=object.method)") == std::string::npos;
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Child> program_;
    std::unique_ptr<FlowtapDaemon> flowtap_;
    Counts before_;
};

TEST_P(BoundCalls, AreCountedEachOnceWithItsStatus) {
    for (const char* shape :
         {"direct", "pool", "context", "partial", "to_thread", "thread", "map", "nested", "no_string"}) {
        const Counts ran = run(shape);
        EXPECT_EQ(counted(), ran) << shape;
    }
}

TEST_P(BoundCalls, ThatOthersHaveInCommonAreHitOnlyWhereTheyAreWanted) {
    const bool all = sees_all_calls();
    if (std::get<1>(GetParam()) == "any") {
        EXPECT_TRUE(all);
    }
    const Counts sorted = run("sort");
    EXPECT_EQ(sorted.ran, 4);
    EXPECT_EQ(counted().ran, all ? 4 : 0);
    const double before = entries();
    run("other");
    const double hits = entries() - before;
    if (all) {
        EXPECT_GE(hits, 10'000);
    } else {
        EXPECT_LT(hits, 1'000);
    }
}

INSTANTIATE_TEST_SUITE_P(Pythons, BoundCalls,
                         testing::Combine(testing::ValuesIn(interpreters()),
                                          testing::Values(std::string("unpacked"), std::string("any"))),
                         name_of_case);

}  // namespace
}  // namespace flowtap::system_test::bound_calls_test
