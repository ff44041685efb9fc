// SPDX-License-Identifier: Apache-2.0
#include "machine/mechanism_proof.h"

#include <utility>

namespace flowtap {

const char* mechanism_name(KernelMechanism mechanism) {
    switch (mechanism) {
        case KernelMechanism::kEmulatedUprobe:
            return "emulated_uprobe";
        case KernelMechanism::kSingleSteppedUprobe:
            return "single_stepped_uprobe";
        case KernelMechanism::kUprobeMulti:
            return "uprobe_multi";
        case KernelMechanism::kPerfUprobe:
            return "perf_uprobe";
        case KernelMechanism::kWriteWatch:
            return "hardware_watch_write";
        case KernelMechanism::kAccessWatch:
            return "hardware_watch_access";
        case KernelMechanism::kRingBuffer:
            return "ring_buffer_wakeup";
        case KernelMechanism::kUserMemory:
            return "user_memory_read";
        case KernelMechanism::kLifecycle:
            return "process_lifecycle";
        case KernelMechanism::kMapFiles:
            return "map_files";
    }
    return "unknown";
}

MechanismProof proof_of_hits(KernelMechanism mechanism, std::uint64_t fired, std::uint64_t triggered) {
    MechanismProof proof{.mechanism = mechanism, .fired = fired, .triggered = triggered};
    proof.available = triggered > 0 && fired == triggered;
    if (!proof.available)
        proof.reason = "it fired " + std::to_string(fired) + " of " + std::to_string(triggered) + " times";
    return proof;
}

MechanismProof refused(KernelMechanism mechanism, std::string reason, std::string remedy) {
    return {.mechanism = mechanism, .reason = std::move(reason), .remedy = std::move(remedy)};
}

}  // namespace flowtap
