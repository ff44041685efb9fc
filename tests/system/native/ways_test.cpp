// SPDX-License-Identifier: Apache-2.0
// Every way out of a native function, in programs of several compilers and linkers: tests/native/ways.cpp.
#include <csignal>
#include <filesystem>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::ways_test {
namespace {

struct Variant {
    const char* name;
    const char* ways = nullptr;  // those it survives by itself; none: all

    friend std::ostream& operator<<(std::ostream& out, const Variant& variant) { return out << variant.name; }
};

// A forced unwind by glibc's own copy of libgcc_s cannot pass frames that another unwinder serves.
constexpr const char* kWithoutForcedUnwinds =
    "return,throw,cleanup,catch,rethrow,rethrow-pointer,convert,destructor,recursion,longjmp,tail-call,"
    "fibres";

constexpr Variant kVariants[] = {
    {"gcc"},
    {"gcc_O0"},
    {"gcc_no_pie"},
    {"gcc_cet"},
    {"gcc_exported"},
    {"gcc_static"},
    {"gcc_static_libgcc", kWithoutForcedUnwinds},
    {"clang"},
    {"clang_O0"},
    {"clang_libcxx", kWithoutForcedUnwinds},
};

// What does not depend on how the program was made.
constexpr Variant kFewVariants[] = {{"gcc"}, {"clang_libcxx", kWithoutForcedUnwinds}};

class WaysTest : public SystemTest, public testing::WithParamInterface<Variant> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && !std::filesystem::exists(program())) GTEST_SKIP() << "missing: " << program();
    }

    static std::string program() { return std::string(kWaysDirectory) + "/" + GetParam().name + "/ways"; }

    static std::vector<std::string> command(const Workload::Options& options) {
        std::vector<std::string> command{program(), "--runs", "3"};
        command.insert(command.end(), options.begin(), options.end());
        if (GetParam().ways != nullptr) command.insert(command.end(), {"--way", GetParam().ways});
        return command;
    }

    static std::vector<std::string> watch(const Workload& workload) {
        return {"--profile", kWaysProfile, "--pid", workload.pid_text()};
    }
};

TEST_P(WaysTest, AreCountedAsTheProgramCountsThem) {
    Workload unwatched(command({}));
    const Ledger alone = unwatched.run_round();
    EXPECT_EQ(unwatched.leave(), 0);

    Workload workload(command({}));
    FlowtapDaemon flowtap(watch(workload));
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        if (round == 0) {
            EXPECT_TRUE(same_counts(ledger, alone)) << "the probes changed what the program does";
        }
        // A thread that ended is told of by the kernel only after it was joined.
        EXPECT_TRUE(eventually([&] { return flowtap.scrape().sum("active_workflows") == 0; }));
        const Exposition metrics = flowtap.scrape_at_rest();
        EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
        EXPECT_TRUE(identity_holds(metrics));
    }
    EXPECT_EQ(workload.leave(), 0);
}

class InFlightWaysTest : public WaysTest {};

TEST_P(InFlightWaysTest, WhatWasUnderWayAtTheAttachMayBeThrownThrough) {
    Workload workload(command({"--hold"}));
    workload.run_until_held();
    FlowtapDaemon flowtap(watch(workload));
    workload.release();
    workload.report();
    workload.reset();
    const Exposition before = flowtap.scrape_at_rest();
    EXPECT_EQ(before.sum("workflow_executions_total"), 0);
    EXPECT_EQ(before.sum("active_workflows"), 0);
    workload.run_until_held();
    workload.release();
    const Ledger ledger = workload.report();
    EXPECT_TRUE(eventually([&] { return flowtap.scrape().sum("active_workflows") == 0; }));
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest().since(before), ledger));
    EXPECT_EQ(workload.leave(), 0);
}

TEST_P(InFlightWaysTest, AnExceptionPassesWhereFlowtapWasWhenItLeft) {
    for (const int signal : {SIGTERM, SIGKILL}) {
        Workload workload(command({"--hold"}));
        FlowtapDaemon flowtap(watch(workload));
        workload.run_until_held();
        flowtap.stop(signal);
        workload.release();
        const Ledger ledger = workload.report();
        EXPECT_EQ(ledger.at("workflows").at("held").at("failed"), 1);
        EXPECT_EQ(workload.leave(), 0);
    }
}

std::string name_of_variant(const testing::TestParamInfo<Variant>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Variants, WaysTest, testing::ValuesIn(kVariants), name_of_variant);
INSTANTIATE_TEST_SUITE_P(Variants, InFlightWaysTest, testing::ValuesIn(kFewVariants), name_of_variant);

}  // namespace
}  // namespace flowtap::system_test::ways_test
