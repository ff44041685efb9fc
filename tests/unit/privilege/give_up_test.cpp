// SPDX-License-Identifier: Apache-2.0
#include "privilege/give_up.h"

#include <cap-ng.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <string>
#include <thread>

#include "privilege/capability.h"
#include "process/proc_file.h"
#include "tests/unit/process/in_child.h"

namespace flowtap::give_up_test {
namespace {

using test::in_child;
using testing::HasSubstr;
using testing::Not;

std::string line_of_status(const std::string& key) {
    const std::string status = read_proc_file("/proc/thread-self/status", 64 << 10).text;
    const std::size_t at = status.find("\n" + key + ":");
    return status.substr(at + 1, status.find('\n', at + 1) - at - 1);
}

// Only root has what can be given up.
class GiveUpPrivileges : public testing::Test {
protected:
    void SetUp() override {
        for (const Capability& capability : kCapabilities)
            if (!holds(capability)) GTEST_SKIP() << "missing: " << capability.name;
    }
};

// Of the capabilities of this process, as a mask.
std::string mask_of(std::initializer_list<unsigned> numbers) {
    std::uint64_t mask = 0;
    for (const unsigned number : numbers) mask |= 1ULL << number;
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(mask));
    return text;
}

TEST_F(GiveUpPrivileges, LeavesInEverySetWhatIsNeeded) {
    const std::string sets = in_child([] {
        if (!give_up_privileges({.tables = true, .perf_events = false})) return std::string("refused");
        return line_of_status("CapInh") + line_of_status("CapPrm") + line_of_status("CapEff") +
               line_of_status("CapBnd") + line_of_status("CapAmb") + line_of_status("NoNewPrivs");
    });
    const std::string mask = mask_of({CAP_BPF, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_CHECKPOINT_RESTORE});
    for (const char* set : {"CapPrm", "CapEff", "CapBnd"})
        EXPECT_THAT(sets, HasSubstr(std::string(set) + ":\t" + mask));
    for (const char* set : {"CapInh", "CapAmb"})
        EXPECT_THAT(sets, HasSubstr(std::string(set) + ":\t" + mask_of({})));
    EXPECT_THAT(sets, HasSubstr("NoNewPrivs:\t1"));
}

TEST_F(GiveUpPrivileges, LeavesOnlyReadingWhereTheProgramsAreLoadedAndLinksNeedNoMore) {
    const std::string set = in_child([] {
        const auto left = give_up_privileges({.tables = false, .perf_events = false});
        return left ? line_of_status("CapPrm") + left->kept : "refused";
    });
    EXPECT_THAT(set, HasSubstr(mask_of({CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_CHECKPOINT_RESTORE})));
    EXPECT_THAT(set, Not(HasSubstr("CAP_BPF")));
}

TEST_F(GiveUpPrivileges, LeavesWhatPerfEventsTake) {
    const std::string set = in_child([] {
        const auto left = give_up_privileges({.tables = false, .perf_events = true});
        return left ? line_of_status("CapPrm") + "; " + left->kept : "refused";
    });
    EXPECT_THAT(set, HasSubstr(mask_of({CAP_SYS_ADMIN, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH,
                                        CAP_CHECKPOINT_RESTORE})));
    EXPECT_THAT(set,
                HasSubstr("; CAP_PERFMON (probes that read memory), CAP_SYS_PTRACE (targets' memory and "
                          "mappings), CAP_DAC_READ_SEARCH (other users' targets), CAP_CHECKPOINT_RESTORE "
                          "(mapped files), CAP_SYS_ADMIN (perf's uprobes)"));
}

TEST_F(GiveUpPrivileges, LeavesWhatHardwareWatchesTakeAndSaysWhatFor) {
    const auto kept_for = [](WatchPrivilege watches) {
        return in_child([=] {
            const auto left = give_up_privileges({.tables = false, .perf_events = false, .watches = watches});
            return left ? left->kept : "refused";
        });
    };
    EXPECT_THAT(kept_for(WatchPrivilege::kNone), Not(HasSubstr("CAP_PERFMON")));
    EXPECT_THAT(kept_for(WatchPrivilege::kPerfmon), HasSubstr("CAP_PERFMON ("));
    EXPECT_THAT(kept_for(WatchPrivilege::kPerfmon), Not(HasSubstr("CAP_SYS_ADMIN")));
    EXPECT_THAT(kept_for(WatchPrivilege::kSysAdmin),
                HasSubstr("CAP_SYS_ADMIN (hardware watches, at this kernel.perf_event_paranoid)"));
}

TEST_F(GiveUpPrivileges, LeavesCapSysAdminWhereItStandsForOthers) {
    const std::string said = in_child([] {
        capng_clear(CAPNG_SELECT_CAPS);
        capng_updatev(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), CAP_SYS_ADMIN,
                      CAP_SYS_PTRACE, CAP_NET_ADMIN, -1);
        capng_apply(CAPNG_SELECT_CAPS);
        const auto left = give_up_privileges({});
        return left ? left->kept + "; " + left->lacking.at(0) + "; " + line_of_status("CapPrm") : "refused";
    });
    EXPECT_THAT(said, HasSubstr("CAP_SYS_ADMIN (stands for those not given), CAP_SYS_PTRACE"));
    EXPECT_THAT(said, HasSubstr("without CAP_DAC_READ_SEARCH processes of other users are refused"));
    EXPECT_THAT(said, HasSubstr(mask_of({CAP_SYS_ADMIN, CAP_SYS_PTRACE})));
}

TEST_F(GiveUpPrivileges, SaysSoWhereNothingIsLeft) {
    const std::string said = in_child([] {
        capng_clear(CAPNG_SELECT_CAPS);
        capng_apply(CAPNG_SELECT_CAPS);
        const auto left = give_up_privileges({});
        return left ? left->kept + "; " + left->lacking.at(1) + "; " +
                          remedy_for_lack_of({kCapBpf, kCapPerfmon})
                    : "refused";
    });
    EXPECT_EQ(said,
              "none; without CAP_CHECKPOINT_RESTORE libraries that were deleted or replaced after a target "
              "mapped them are not observed; give flowtap CAP_BPF and CAP_PERFMON, or run it as root");
}

TEST(GiveUpPrivilegesRefused, NamesTheSystemCallsThatTheKernelMustAllow) {
    for (const unsigned call : {SYS_capset, SYS_prctl, SYS_capget}) {
        const std::string said = in_child([call] {
            test::refuse_calls({{call}}, EPERM);
            const auto left = give_up_privileges({});
            return left ? "not refused" : left.error().message();
        });
        EXPECT_EQ(said,
                  "drop the privileges of this process: the kernel refused it "
                  "(let its seccomp profile allow capget, capset and prctl)");
    }
}

TEST_F(GiveUpPrivileges, OneIsSuspendedInOneThreadOnly) {
    bool held = true;
    std::thread([&] {
        suspend(kCapPerfmon);
        held = holds(kCapPerfmon);
    }).join();
    EXPECT_FALSE(held);
    EXPECT_TRUE(holds(kCapPerfmon));
    EXPECT_EQ(remedy_for_lack_of({kCapPerfmon, kCapSysPtrace}), "");
}

}  // namespace
}  // namespace flowtap::give_up_test
