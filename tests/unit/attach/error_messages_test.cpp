// SPDX-License-Identifier: Apache-2.0
// What a user reads when the kernel refuses a probe, or a process or all of them need too much of a table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

#include "attach/attach_error.h"
#include "attach/kernel/table_limits.h"
#include "privilege/capability.h"
#include "privilege/give_up.h"
#include "tests/unit/process/in_child.h"

namespace flowtap::error_messages_test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr pid_t kPid = 4711;

PlannedProbe probe() {
    PlannedProbe probe;
    probe.name = "python:call";
    return probe;
}

TEST(AttachErrors, NameTheProbeTheProcessAndTheCause) {
    for (const int error : {EPERM, EMFILE, ENOMEM, ESRCH, EINVAL}) {
        EXPECT_THAT(attach_error(probe(), kPid, error).message(),
                    StartsWith("attach uprobe python:call in process 4711: "));
    }
    EXPECT_THAT(attach_error(probe(), kPid, ENOMEM).message(), EndsWith(": Cannot allocate memory"));
}

TEST(AttachErrors, SayThatTheProcessEnded) {
    for (const int error : {ESRCH, ENOENT}) {
        const Error refused = attach_error(probe(), kPid, error);
        EXPECT_EQ(refused.cause, "the process ended meanwhile");
        EXPECT_EQ(refused.kind, Error::Kind::kNoTarget);
    }
}

TEST(AttachErrors, NameTheLimitOfOpenFiles) {
    for (const int error : {EMFILE, ENFILE}) {
        EXPECT_EQ(
            attach_error(probe(), kPid, error).remedy,
            "raise the hard limit of open files: LimitNOFILE= in a systemd unit, ulimit -Hn in a shell");
    }
}

TEST(AttachErrors, ForMissingPrivilegesAreEnvironmentErrors) {
    for (const int error : {EPERM, EACCES}) {
        EXPECT_EQ(attach_error(probe(), kPid, error).kind, Error::Kind::kEnvironment);
        EXPECT_EQ(perf_error(probe(), kPid, error).kind, Error::Kind::kEnvironment);
    }
}

TEST(AttachErrors, OfPerfWithoutItsPrivilegeNameIt) {
    const std::string remedy = test::in_child([] {
        suspend(kCapSysAdmin);
        return perf_error(probe(), kPid, EPERM).remedy;
    });
    EXPECT_EQ(
        remedy,
        "this kernel, or `exit: uretprobe`, needs perf's uprobes, which require CAP_SYS_ADMIN: give it to "
        "flowtap, or run it as root, and restart it with the profile in use");
}

constexpr Kernel::Table kTables[] = {
    Kernel::Table::kTargets,  Kernel::Table::kLayouts,  Kernel::Table::kNumbered, Kernel::Table::kSites,
    Kernel::Table::kLandings, Kernel::Table::kWatches,  Kernel::Table::kReads,    Kernel::Table::kCodes,
    Kernel::Table::kPaths,    Kernel::Table::kOutcomes, Kernel::Table::kNames};

// As documented; the name is the one that bpftool shows.
constexpr std::pair<Kernel::Table, const char*> kDescribed[] = {
    {Kernel::Table::kTargets, "table `targets` (processes that are observed)"},
    {Kernel::Table::kLayouts, "table `layouts` (processes that are observed)"},
    {Kernel::Table::kLandings, "table `landings` (unwinders' probe sites)"},
    {Kernel::Table::kReads, "table `reads` (ids that native probes read)"},
    {Kernel::Table::kPaths, "table `paths` (paths to Python ids)"},
    {Kernel::Table::kOutcomes, "table `outcomes` (points with failed_when)"},
    {Kernel::Table::kNames, "table `names` (attribute names)"},
};

TEST(TableErrors, SayWhatATableHolds) {
    for (const auto& [table, described] : kDescribed) {
        EXPECT_THAT(table_error(table, kPid, E2BIG).message(),
                    StartsWith("attach to process 4711: " + std::string(described) + " is full: "));
    }
}

TEST(TableErrors, NameTheTableItsContentTheNumberAndARemedy) {
    std::set<std::string> causes;
    for (const Kernel::Table table : kTables) {
        const Error share = share_used_up(table, kPid);
        EXPECT_THAT(share.message(),
                    AllOf(StartsWith("attach to process 4711: it needs more than the " +
                                     std::to_string(most_entries_of_process(table)) +
                                     " entries that one process may have in table `"),
                          EndsWith("(narrow the profile's points, or leave the process out)")));
        EXPECT_TRUE(is_share_used_up(share));
        EXPECT_FALSE(is_table_full(share));
        causes.insert(share.cause);

        const Error full = table_error(table, kPid, E2BIG);
        EXPECT_THAT(full.message(),
                    AllOf(StartsWith("attach to process 4711: table `"), HasSubstr(" is full: "),
                          EndsWith(" entries, of all targets (observe fewer processes or fewer points)")));
        EXPECT_TRUE(is_table_full(full));
        EXPECT_FALSE(is_share_used_up(full));
    }
    EXPECT_EQ(causes.size(), std::size(kTables)) << "two tables are described alike";
}

TEST(TableErrors, KeepTheKernelsCause) {
    const Error refused = table_error(Kernel::Table::kCodes, kPid, EPERM);
    EXPECT_EQ(refused.message(),
              "write table `codes` (Python functions) for process 4711: Operation not permitted");
    EXPECT_FALSE(is_table_full(refused));
}

}  // namespace
}  // namespace flowtap::error_messages_test
