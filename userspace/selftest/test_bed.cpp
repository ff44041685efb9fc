// SPDX-License-Identifier: Apache-2.0
#include "selftest/test_bed.h"

#include <algorithm>

namespace flowtap {

Trial try_task(TestBed& bed, Task task, const volatile __u64& counter) {
    const std::uint64_t before = counter;
    const TaskDone done = bed.subject.carry_out(task);
    return {counter - before, done};
}

MechanismProof proof_of(KernelMechanism mechanism, std::uint64_t fired, std::uint64_t triggered) {
    if (triggered == 0) return refused(mechanism, "the self-test's process did not answer", {});
    return proof_of_hits(mechanism, fired, triggered);
}

std::optional<double> price(const Trial& trial, const TaskDone& bare) {
    if (trial.fired == 0 || trial.fired != trial.done.times || bare.times == 0) return std::nullopt;
    return std::max(trial.done.seconds - bare.seconds, 0.0);
}

}  // namespace flowtap
