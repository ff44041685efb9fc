// SPDX-License-Identifier: Apache-2.0
// A native program that is observed does what it does alone: threads, C++ exceptions, frames that are left by
// longjmp() or an exception.
#include <csignal>
#include <tuple>

#include "compared.h"
#include "flowtap_daemon.h"
#include "target.h"

namespace flowtap::system_test::unharmed_test {
namespace {

struct Load {
    const char* name;
    Workload::Options options;

    friend std::ostream& operator<<(std::ostream& out, const Load& load) { return out << load.name; }
};

using Case = std::tuple<Target, Load>;

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
    return std::string(std::get<1>(info.param).name) + "_" + std::get<0>(info.param).name;
}

const std::vector<Load> kLoads = {
    {"failing", {"--threads", "3", "--runs", "200", "--nodes", "4", "--work-us", "200", "--fail-every", "7"}},
    {"left",
     {"--threads", "3", "--runs", "100", "--nodes", "4", "--work-us", "200", "--depth", "3", "--leave-every",
      "2"}},
};

class NativeUnharmedTest : public SystemTest, public testing::WithParamInterface<Case> {
protected:
    static const Target& target() { return std::get<0>(GetParam()); }
    static std::vector<std::string> command() { return target().command(std::get<1>(GetParam()).options); }
    // Its ledger of a round, once it has ended well.
    static Ledger run(Workload& workload) {
        Ledger ledger = workload.run_round();
        EXPECT_EQ(workload.leave(), 0) << workload.child().errors();
        return ledger;
    }
};

TEST_P(NativeUnharmedTest, AnObservedProgramBehavesAsAlone) {
    Workload alone(command());
    const Ledger expected = run(alone);
    Workload observed(command());
    FlowtapDaemon flowtap(target().watch({&observed}));
    EXPECT_TRUE(same_counts(run(observed), expected));
    EXPECT_EQ(observed.child().errors(), alone.child().errors());
    EXPECT_TRUE(identity_holds(flowtap.scrape()));
    print_times(name_of_case({GetParam(), 0}), alone.child(), observed.child());
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

INSTANTIATE_TEST_SUITE_P(Native, NativeUnharmedTest,
                         testing::Combine(testing::ValuesIn(native_targets()), testing::ValuesIn(kLoads)),
                         name_of_case);

}  // namespace
}  // namespace flowtap::system_test::unharmed_test
