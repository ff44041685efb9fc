// SPDX-License-Identifier: Apache-2.0
#include "selftest/self_test.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest/median.h"
#include "selftest/subject.h"
#include "selftest/tester.h"
#include "selftest/tiny_program.h"

namespace flowtap::self_test_test {
namespace {

TEST(Median, IsTheMiddleOne) {
    EXPECT_EQ(median({}), 0);
    EXPECT_EQ(median({3}), 3);
    EXPECT_EQ(median({100, 1, 2}), 2);
}

TEST(Subject, ReportsHowOftenItTriggeredEachMechanism) {
    Result<Subject> subject = Subject::start();
    ASSERT_TRUE(subject);
    for (const Task task : {Task::kCallEmulated, Task::kCallSingleStepped, Task::kWrite, Task::kRead}) {
        const TaskDone done = subject->carry_out(task);
        EXPECT_GT(done.times, 100u);
        EXPECT_GE(done.seconds, 0);
        EXPECT_LT(done.seconds, 1e-3);
    }
    EXPECT_EQ(subject->carry_out(Task::kCallSoon).times, 1u);
    EXPECT_GT(subject->carry_out(Task::kSwitch).times, 100u);
    EXPECT_TRUE(subject->ended_as_another());
    EXPECT_EQ(subject->carry_out(Task::kWrite).times, 0u) << "it has ended";
}

TEST(TinyProgram, EndsWithItsStatus) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) become_tiny_program();
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), kTinyProgramStatus);
}

// Whatever this machine can do, each mechanism has a proof, and each that works what it was seen to do.
TEST(SelfTest, HasAProofOfEveryMechanismItTries) {
    const MachineFacts facts = self_test();
    if (!facts.untried.empty()) GTEST_SKIP() << "missing: " << facts.untried;
    for (const KernelMechanism mechanism : kKernelMechanisms) {
        const MechanismProof* proof = facts.proof(mechanism);
        if (mechanism == KernelMechanism::kPerfUprobe && facts.proven(KernelMechanism::kUprobeMulti)) {
            EXPECT_EQ(proof, nullptr) << "nothing needs it";
            continue;
        }
        ASSERT_NE(proof, nullptr) << mechanism_name(mechanism);
        EXPECT_EQ(proof->available, proof->triggered > 0 && proof->fired == proof->triggered)
            << mechanism_name(mechanism);
        EXPECT_EQ(proof->reason.empty(), proof->available) << mechanism_name(mechanism);
    }
    EXPECT_EQ(facts.prices.emulated.has_value(), facts.proven(KernelMechanism::kEmulatedUprobe));
    EXPECT_EQ(facts.prices.single_stepped.has_value(), facts.proven(KernelMechanism::kSingleSteppedUprobe));
    EXPECT_EQ(facts.prices.hardware_watch.has_value(),
              facts.proven(KernelMechanism::kWriteWatch) && facts.proven(KernelMechanism::kAccessWatch));
}

TEST(SelfTest, FindsTrapsDearerThanCalls) {
    const MachineFacts facts = self_test();
    if (!facts.proven(KernelMechanism::kEmulatedUprobe) ||
        !facts.proven(KernelMechanism::kSingleSteppedUprobe))
        GTEST_SKIP() << "missing: uprobes: " << facts.lack_of(KernelMechanism::kEmulatedUprobe)
                     << facts.untried;
    EXPECT_GT(facts.prices.emulated.value(), 0);
    EXPECT_GT(facts.prices.single_stepped.value(), facts.prices.emulated.value())
        << "a second trap on top of the first";
}

}  // namespace
}  // namespace flowtap::self_test_test
