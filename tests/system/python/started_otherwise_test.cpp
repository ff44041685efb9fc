// SPDX-License-Identifier: Apache-2.0
// Interpreters that are not started as python3.N: by the dynamic loader, under another name, with pages of
// their file mapped once more. Each is found, and counted as ever.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "pythons/installed_pythons.h"
#include "target.h"
#include "temporary_directory.h"

namespace flowtap::system_test::started_otherwise_test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";

class StartedOtherwiseTest : public SystemTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && GetParam().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
        if (IsSkipped()) return;
        Child python({GetParam(), "-c",
                      "import os, sys; print(os.path.realpath(sys.executable)); print(sys.base_prefix)"});
        ASSERT_EQ(python.wait(), 0) << python.errors();
        std::istringstream said(python.output());
        std::getline(said, executable_);
        std::getline(said, prefix_);
        if (!fs::exists(executable_))
            GTEST_SKIP() << "missing: an interpreter in this root, not " << GetParam();
    }

    [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }

    // "$@" are the interpreter's arguments.
    void expect_counted(const std::string& command) {
        const std::string launcher = path("launcher");
        std::ofstream(launcher) << "#!/bin/sh\nexec " << command << " \"$@\"\n";
        fs::permissions(launcher, fs::perms::owner_all);
        Workload workload(python_target(launcher).command({"--shape", "mixed", "--runs", "10"}));
        FlowtapDaemon flowtap({"--pid", workload.pid_text()});
        const Ledger ledger = workload.run_round();
        EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger)) << command;
        EXPECT_EQ(workload.leave(), 0);
    }

    TemporaryDirectory directory_;
    std::string executable_;
    std::string prefix_;
};

TEST_P(StartedOtherwiseTest, ByTheDynamicLoader) {
    if (!fs::exists(kLoader)) GTEST_SKIP() << "missing: " << kLoader;
    expect_counted(std::string(kLoader) + " " + executable_);
}

TEST_P(StartedOtherwiseTest, UnderAnotherName) {
    fs::copy_file(executable_, path("engine"));
    expect_counted("env PYTHONHOME=" + prefix_ + " " + path("engine"));
}

TEST_P(StartedOtherwiseTest, UnderAnotherNameByTheDynamicLoader) {
    if (!fs::exists(kLoader)) GTEST_SKIP() << "missing: " << kLoader;
    fs::copy_file(executable_, path("engine"));
    expect_counted("env PYTHONHOME=" + prefix_ + " " + kLoader + " " + path("engine"));
}

TEST_P(StartedOtherwiseTest, WithPagesOfItsFileMappedOnceMore) {
    expect_counted(executable_ + " -B " + kTestsDirectory + "/engine/mapped_again.py");
}

INSTANTIATE_TEST_SUITE_P(Found, StartedOtherwiseTest, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });

}  // namespace
}  // namespace flowtap::system_test::started_otherwise_test
