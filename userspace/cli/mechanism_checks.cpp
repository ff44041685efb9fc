// SPDX-License-Identifier: Apache-2.0
#include "cli/mechanism_checks.h"

#include <array>
#include <cstdio>

namespace flowtap {
namespace {

// What is not observed, or only later, without the mechanism. nullptr: nothing can be observed without it.
const char* consequence_of(KernelMechanism mechanism) {
    switch (mechanism) {
        case KernelMechanism::kEmulatedUprobe:
        case KernelMechanism::kPerfUprobe:
            return nullptr;
        case KernelMechanism::kSingleSteppedUprobe:
            return "points that need one are not observed";
        case KernelMechanism::kUprobeMulti:
            return "probes are perf events, which take longer to attach and detach";
        case KernelMechanism::kWriteWatch:
        case KernelMechanism::kAccessWatch:
            return "points with call: function are not observed";
        case KernelMechanism::kRingBuffer:
            return "events are late, or have wrong times";
        case KernelMechanism::kUserMemory:
            return "ids of workflows and nodes are not read";
        case KernelMechanism::kLifecycle:
            return "new processes, and executions that end with their process, are noticed late";
        case KernelMechanism::kMapFiles:
            return "libraries that were deleted or replaced after a target mapped them are not observed";
    }
    return nullptr;
}

std::optional<double> price_of(KernelMechanism mechanism, const Prices& prices) {
    switch (mechanism) {
        case KernelMechanism::kEmulatedUprobe:
            return prices.emulated;
        case KernelMechanism::kSingleSteppedUprobe:
            return prices.single_stepped;
        case KernelMechanism::kWriteWatch:
        case KernelMechanism::kAccessWatch:
            return prices.hardware_watch;
        default:
            return std::nullopt;
    }
}

bool is_watch(KernelMechanism mechanism) {
    return mechanism == KernelMechanism::kWriteWatch || mechanism == KernelMechanism::kAccessWatch;
}

std::string microseconds_text(double seconds) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g us", seconds * 1e6);
    return text.data();
}

std::string fired_text(const MechanismProof& proof) {
    return "fired " + std::to_string(proof.fired) + " of " + std::to_string(proof.triggered);
}

Check works(const MechanismProof& proof, const MachineFacts& machine, WatchPrivilege watches) {
    Check check{mechanism_name(proof.mechanism), Check::State::kOk, fired_text(proof)};
    check.price_seconds = price_of(proof.mechanism, machine.prices);
    if (check.price_seconds) check.found += ", " + microseconds_text(*check.price_seconds) + " a hit";
    if (proof.mechanism == KernelMechanism::kAccessWatch && machine.prices.watched_switch)
        check.found +=
            ", " + microseconds_text(*machine.prices.watched_switch) + " a switch to a watched thread";
    if (is_watch(proof.mechanism) && watches == WatchPrivilege::kSysAdmin)
        check.found += "; kernel.perf_event_paranoid is above 2, so flowtap keeps CAP_SYS_ADMIN for them";
    return check;
}

Check fails(const MechanismProof& proof, const MachineFacts& machine) {
    const char* consequence = consequence_of(proof.mechanism);
    const bool other =
        proof.mechanism == KernelMechanism::kPerfUprobe && machine.proven(KernelMechanism::kUprobeMulti);
    Check check{mechanism_name(proof.mechanism),
                consequence != nullptr || other ? Check::State::kLimited : Check::State::kMissing,
                proof.reason};
    if (consequence != nullptr) check.found += ": " + std::string(consequence);
    check.remedy = proof.remedy.empty() ? "flowtap cannot change this: it depends on the kernel or the "
                                          "virtual machine"
                                        : proof.remedy;
    return check;
}

Check not_tried(KernelMechanism mechanism, const MachineFacts& machine) {
    if (machine.untried.empty())
        return {mechanism_name(mechanism), Check::State::kOk, "not tried: not needed"};
    return {mechanism_name(mechanism), Check::State::kLimited, "not tried", "fix what is missing first"};
}

Check check_of(KernelMechanism mechanism, const MachineFacts& machine, WatchPrivilege watches) {
    const MechanismProof* proof = machine.proof(mechanism);
    Check check = proof == nullptr   ? not_tried(mechanism, machine)
                  : proof->available ? works(*proof, machine, watches)
                                     : fails(*proof, machine);
    check.proof = proof == nullptr ? refused(mechanism, check.found, {}) : *proof;
    return check;
}

}  // namespace

std::vector<Check> mechanism_checks(const MachineFacts& machine, WatchPrivilege watches) {
    std::vector<Check> checks;
    if (!machine.untried.empty())
        checks.push_back({"self-test", Check::State::kMissing, machine.untried, "fix what is missing above"});
    for (const KernelMechanism mechanism : kKernelMechanisms)
        checks.push_back(check_of(mechanism, machine, watches));
    return checks;
}

}  // namespace flowtap
