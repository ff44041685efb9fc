// SPDX-License-Identifier: Apache-2.0
// A libpython without its symbols, as distributions ship it: coroutines that are awaited without a task, and
// nodes carried to other threads, are counted all the same.
#include <filesystem>
#include <fstream>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "pythons/installed_pythons.h"
#include "system_test.h"
#include "target.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::stripped_python_test {
namespace {

namespace fs = std::filesystem;

class StrippedPythonTest : public SystemTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        const fs::path library = shared_library();
        if (library.empty() || !fs::exists(library))
            GTEST_SKIP() << "missing: a shared libpython in this root, of " << GetParam();
        Child strip({kStrip, "--strip-all", "-o", directory_ / library.filename().string(), library});
        ASSERT_EQ(strip.wait(), 0) << strip.errors();
        launcher_ = directory_ / "python";
        std::ofstream(launcher_) << "#!/bin/sh\nLD_LIBRARY_PATH="
                                 << fs::path(launcher_).parent_path().string() << " exec " << GetParam()
                                 << " \"$@\"\n";
        fs::permissions(launcher_, fs::perms::owner_all);
    }

    // Empty for an interpreter that is one executable.
    static fs::path shared_library() {
        if (GetParam().empty()) return {};
        Child child({GetParam(), "-c",
                     "print(next((line.split()[-1] for line in open('/proc/self/maps') if 'libpython3' in "
                     "line), 'none'))"});
        if (child.wait() != 0) return {};
        const std::string path = child.output().substr(0, child.output().find('\n'));
        return path == "none" ? fs::path() : fs::path(path);
    }

    void expect_counted(const std::string& shape) {
        Workload workload(python_target(launcher_).command({"--shape", shape, "--runs", "20"}));
        FlowtapDaemon flowtap({"--pid", workload.pid_text()});
        EXPECT_TRUE(agrees(flowtap_after_round(flowtap, workload), ledger_)) << shape;
        EXPECT_EQ(workload.leave(), 0);
    }

private:
    Exposition flowtap_after_round(FlowtapDaemon& flowtap, Workload& workload) {
        ledger_ = workload.run_round();
        return flowtap.scrape();
    }

    TemporaryDirectory directory_;
    std::string launcher_;
    Ledger ledger_;
};

TEST_P(StrippedPythonTest, CountsWhatIsAwaitedWithoutATask) {
    for (const char* shape : {"local-await", "await"}) expect_counted(shape);
}

TEST_P(StrippedPythonTest, KnowsTheWorkflowOfNodesOnOtherThreads) { expect_counted("cyclic"); }

INSTANTIATE_TEST_SUITE_P(Python, StrippedPythonTest, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });

}  // namespace
}  // namespace flowtap::system_test::stripped_python_test
