// SPDX-License-Identifier: Apache-2.0
// Methods that are no plain functions of their class: decorated, kept by other objects, or given other code
// while they are observed. Each is counted, or named as not observed.
#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "eventually.h"
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "system_test.h"
#include "target.h"
#include "temporary_directory.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test::odd_methods_test {
namespace {

using testing::HasSubstr;

// A line on stdin names a class, whose method is called five times.
constexpr const char* kProgram = R"(
import asyncio, functools, sys

def plainly(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

def silently(function):
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

def awaiting(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)
    return wrapper

class FunctionWrapper:
    "As a proxy: calls what it keeps as a bound method."
    def __init__(self, wrapped):
        self.__wrapped__ = wrapped
    def __get__(self, instance, owner):
        bound = self.__wrapped__.__get__(instance, owner)
        return lambda *args, **kwargs: bound(*args, **kwargs)

class Unbound:
    "Calls what it keeps as a plain function."
    def __init__(self, function):
        self.function = function
    def __get__(self, instance, owner):
        return functools.partial(self.function, instance)

class Flow:
    name = 'flow'
    @plainly
    async def run(self):
        return 1

class SuperFlow(Flow):
    name = 'super'
    async def run(self):
        return await super().run()

class OwnFlow(Flow):
    name = 'own'
    async def run(self):
        return 2

class OtherFlow:
    name = 'other'
    @awaiting
    async def run(self):
        return 1

class Task:
    async def run(self):
        return 1

class DecoratedTask(Task):
    @plainly
    async def run(self):
        return 2

class SilentTask(Task):
    @silently
    async def run(self):
        return 5

class ReplacedTask(Task):
    async def run(self):
        return 3

class PlainTask(Task):
    def run(self):
        return asyncio.sleep(0)

class Job:
    def run(self, **named):
        return 1

class Proxied(Job):
    @FunctionWrapper
    def run(self, **named):
        return 2

class Partial(Job):
    def work(self, mode, **named):
        return 3
    run = functools.partialmethod(work, 'mode')

class OfClass(Job):
    @classmethod
    def run(cls, **named):
        return 4

class Kept(Job):
    @Unbound
    def run(self, **named):
        return 5

class Static(Job):
    @staticmethod
    def run(**named):
        return 6

class Awaited(Job):
    async def run(self, **named):
        return 7

def define():
    class Later(Task):
        def run(self):
            return asyncio.sleep(0)
    globals()['Later'] = Later

def define_hidden():
    def hidden(function):
        def wrapper(self, **named):
            return function(self, **named)
        return wrapper
    class Hidden(Job):
        @hidden
        def run(self, **named):
            return 8
    globals()['Hidden'] = Hidden
    call('Hidden')

def replace():
    def other(self):
        async def run(self):
            return 4
        return run
    ReplacedTask.run.__code__ = other(None).__code__.replace(co_name='other', co_qualname='other')

async def await_all(one):
    for _ in range(5):
        await asyncio.create_task(one.run()) if isinstance(one, Task) else await one.run()

def call(name):
    one = globals()[name]()
    if isinstance(one, Job):
        for _ in range(5):
            one.run(**{'a': 1})
    elif hasattr(one, 'name'):
        for _ in range(5):
            asyncio.run(one.run())
    else:
        asyncio.run(await_all(one))

print('ready', flush=True)
for line in sys.stdin:
    name = line.strip()
    if name in ('replace', 'define', 'define_hidden'):
        globals()[name]()
    else:
        call(name)
    print(name, flush=True)
)";

constexpr const char* kProfile = R"(profile: odd
runtime: cpython
modules: [__main__]
points:
  - name: flow
    kind: workflow
    function: __main__:Flow.run
    call: coroutine
    workflow_id: self.name
  - name: other
    kind: workflow
    function: __main__:OtherFlow.run
    call: coroutine
    workflow_id: self.name
  - name: task
    kind: node
    function: __main__:Task.run
    call: coroutine
    overrides: true
    node_type: self
  - name: job
    kind: node
    function: __main__:Job.run
    call: method
    overrides: true
    node_type: self
)";

class OddMethods : public SystemTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        if (GetParam().empty()) GTEST_SKIP() << "missing: an interpreter";
        program_ = std::make_unique<Child>(
            std::vector<std::string>{GetParam(), "-B", directory_.write("odd.py", kProgram)});
        program_->next_line();
        flowtap_ = std::make_unique<FlowtapDaemon>(std::vector<std::string>{
            "--profile", directory_.write("odd.yaml", kProfile), "--pid", std::to_string(program_->pid())});
    }
    void run(const std::string& name) {
        program_->send_line(name);
        program_->next_line();
    }
    double workflows(const std::string& name) const {
        return flowtap_->scrape().sum("workflow_executions_total",
                                      {{"workflow_id", name}, {"status", "success"}});
    }
    double nodes(const std::string& type) const {
        return flowtap_->scrape().sum("workflow_node_executions_total",
                                      {{"node_type", type}, {"status", "success"}});
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Child> program_;
    std::unique_ptr<FlowtapDaemon> flowtap_;
};

TEST_P(OddMethods, ThatAreDecoratedAreCountedEachOnce) {
    for (const char* name : {"Flow", "SuperFlow", "OtherFlow", "Task", "DecoratedTask", "SilentTask"})
        run(name);
    EXPECT_EQ(workflows("flow"), 5);
    EXPECT_EQ(workflows("super"), 5);
    EXPECT_EQ(workflows("other"), 5);
    EXPECT_EQ(nodes("Task"), 5);
    EXPECT_EQ(nodes("DecoratedTask"), 5);
    EXPECT_EQ(nodes("SilentTask"), 5);
    EXPECT_TRUE(identity_holds(flowtap_->scrape()));
}

TEST_P(OddMethods, ThatOtherObjectsCallAsBoundMethodsAreCountedEachOnce) {
    for (const char* name : {"Job", "Proxied", "Partial", "OfClass"}) {
        run(name);
        EXPECT_EQ(nodes(name), 5) << name;
    }
    EXPECT_TRUE(identity_holds(flowtap_->scrape()));
}

TEST_P(OddMethods, ThatAreNotObservedAreNamedInLogPlanStatusAndMetrics) {
    run("OwnFlow");
    EXPECT_EQ(workflows("own"), 0) << "if it is seen, it should not be named";
    for (const char* name : {"Kept", "Static", "PlainTask"}) {
        run(name);
        EXPECT_EQ(nodes(name), 0) << name << ": if it is seen, it should not be named";
    }
    const nlohmann::json status =
        nlohmann::json::parse(test::request(flowtap_->port(), "GET", "/api/v1/status").body);
    Child plan(
        {kFlowtap, "plan", "--pid", std::to_string(program_->pid()), "--profile", directory_ / "odd.yaml"});
    EXPECT_EQ(plan.wait(), 0) << plan.errors();
    for (const char* name : {"Kept.run (Unbound)", "Static.run (a staticmethod)",
                             "Awaited.run (a coroutine function)", "PlainTask.run (not a coroutine function)",
                             "not observed, unless they call what they replace: OwnFlow.run"}) {
        EXPECT_THAT(flowtap_->child().errors(), HasSubstr(name));
        EXPECT_THAT(plan.output(), HasSubstr(name));
        EXPECT_THAT(status["targets"][0]["inexact"].dump(), HasSubstr(name));
    }
    EXPECT_EQ(flowtap_->scrape().sum("flowtap_points", {{"state", "inexact"}}), 3);
}

TEST_P(OddMethods, ThatAppearAfterTheAttachAreNamedToo) {
    const std::string later = "Later.run (not a coroutine function)";
    run("define");
    EXPECT_TRUE(eventually([&] { return flowtap_->child().errors().find(later) != std::string::npos; }))
        << flowtap_->child().errors();
    EXPECT_TRUE(eventually([&] {
        const std::string status = test::request(flowtap_->port(), "GET", "/api/v1/status").body;
        return nlohmann::json::parse(status)["targets"][0]["inexact"].dump().find(later) != std::string::npos;
    }));
}

// Its decorator takes the method's name from it, by which its class would be known at once.
TEST_P(OddMethods, ThatRanBeforeTheyWereFoundAreReported) {
    run("define_hidden");
    const auto is_said = [&] {
        return flowtap_->scrape().sum("flowtap_functions_run_unobserved_total") == 1 &&
               flowtap_->child().errors().find("hidden.<locals>.wrapper") != std::string::npos;
    };
    EXPECT_TRUE(eventually(is_said)) << flowtap_->child().errors();
    const double before = nodes("Hidden");
    EXPECT_LT(before, 5);
    run("Hidden");
    EXPECT_EQ(nodes("Hidden") - before, 5);
}

TEST_P(OddMethods, WhoseCodeIsReplacedAreCountedOrReportedAsUnobserved) {
    run("ReplacedTask");
    ASSERT_EQ(nodes("ReplacedTask"), 5);
    run("replace");
    run("ReplacedTask");
    const std::string replaced = "ReplacedTask.run (its code was replaced)";
    const bool all_seen = nodes("ReplacedTask") == 10;
    EXPECT_TRUE(eventually([&] {
        return all_seen || flowtap_->child().errors().find(replaced) != std::string::npos;
    })) << flowtap_->child().errors();
    if (!all_seen) {
        EXPECT_GE(flowtap_->scrape().sum("flowtap_functions_run_unobserved_total"), 1);
        EXPECT_THAT(flowtap_->child().errors(), HasSubstr(replaced));
    }
    const double before = nodes("ReplacedTask");
    run("ReplacedTask");
    EXPECT_EQ(nodes("ReplacedTask") - before, 5);
}

INSTANTIATE_TEST_SUITE_P(Pythons, OddMethods, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return python_target(info.param).name; });

}  // namespace
}  // namespace flowtap::system_test::odd_methods_test
