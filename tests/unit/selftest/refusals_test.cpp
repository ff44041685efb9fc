// SPDX-License-Identifier: Apache-2.0
// Why nothing could be tried, on machines that there need not be.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#include <cerrno>

#include "selftest/probed_functions.h"
#include "selftest/self_test.h"
#include "selftest/subject.h"
#include "selftest/test_bed.h"
#include "tests/unit/process/in_child.h"
#include "tests/unit/process/no_descriptors.h"

namespace flowtap::refusals_test {
namespace {

const std::string kMoreProcesses =
    "raise the limit on processes and threads: pids.max of the cgroup, TasksMax= of a systemd unit, "
    "--pids-limit "
    "of a container, or ulimit -u";

// What the self-test says where these calls are refused.
std::string untried_without(std::initializer_list<test::RefusedCall> calls, int error) {
    return test::in_child([&] {
        test::refuse_calls(calls, error);
        return self_test().untried;
    });
}

TEST(SelfTestRefused, SaysThatItsProcessCannotBeStarted) {
    EXPECT_EQ(untried_without({{SYS_clone}, {SYS_clone3}, {SYS_fork}}, EAGAIN),
              "the self-test's process cannot be started; " + kMoreProcesses);
    const std::string subject = test::in_child([] {
        test::refuse_calls({{SYS_clone}, {SYS_clone3}, {SYS_fork}}, EAGAIN);
        const auto started = Subject::start();
        return started ? "started" : started.error().message();
    });
    EXPECT_EQ(subject,
              "fork the process that is probed: Resource temporarily unavailable (" + kMoreProcesses + ")");
}

TEST(SelfTestRefused, SaysThatItLacksDescriptors) {
    const test::NoDescriptors none;
    EXPECT_EQ(self_test().untried, "open a pipe for the self-test: Too many open files");
}

TEST(SelfTestRefused, SaysThatItsProcessEndedEarly) {
    const std::string before = test::in_child([] {
        test::end_at_calls({{SYS_dup2}});  // of which it is the first to make any
        return self_test().untried;
    });
    EXPECT_EQ(before, "the self-test's process ended before it began");
    const std::string later = test::in_child([] {
        test::end_at_calls({{SYS_bpf}});
        return self_test().untried;
    });
    EXPECT_EQ(later, "the self-test's process ended, or gave no result in 20 seconds");
}

class SelfTestOnAnotherKernel : public testing::Test {
protected:
    void SetUp() override {
        if (const MachineFacts facts = self_test(); !facts.untried.empty())
            GTEST_SKIP() << "missing: " << facts.untried;
    }
};

TEST_F(SelfTestOnAnotherKernel, SaysThatBpfIsForbidden) {
    EXPECT_EQ(untried_without({{SYS_bpf}}, EPERM),
              "load the programs of the self-test: Operation not permitted "
              "(let the seccomp profile and the kernel's lockdown allow bpf())");
}

TEST_F(SelfTestOnAnotherKernel, SaysThatTracepointsAreRefused) {
    EXPECT_EQ(untried_without({{SYS_bpf, BPF_RAW_TRACEPOINT_OPEN}, {SYS_bpf, BPF_LINK_CREATE}}, EPERM),
              "attach to the tracepoints of processes: Operation not permitted");
}

TEST(ProbedFunctions, AreNotFoundWithoutProc) {
    const std::string said = test::in_child([] {
        test::refuse_calls({{SYS_openat}}, ENOENT);
        const auto found = find_probed_functions();
        return found ? "found" : found.error().message();
    });
    EXPECT_EQ(said,
              "find the functions of the self-test: /proc/self/maps does not contain them (mount /proc)");
}

TEST(ProofOf, AMechanismThatNobodyTriggeredSaysSo) {
    const MechanismProof proof = proof_of(KernelMechanism::kRingBuffer, 0, 0);
    EXPECT_FALSE(proof.available);
    EXPECT_EQ(proof.reason, "the self-test's process did not answer");
}

}  // namespace
}  // namespace flowtap::refusals_test
