// SPDX-License-Identifier: Apache-2.0
// Results of the self-test for each kernel mechanism. Values only; userspace/selftest makes them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace flowtap {

// The mechanisms that observing a process depends on. The self-test tries each one separately.
enum class KernelMechanism : std::uint8_t {
    kEmulatedUprobe,
    kSingleSteppedUprobe,
    kUprobeMulti,  // one link for many uprobes of one process
    kPerfUprobe,   // one perf event for each uprobe
    kWriteWatch,   // a debug register that reports writes
    kAccessWatch,  // a debug register that reports reads and writes
    kRingBuffer,   // wakes its reader; its times use this process's clock
    kUserMemory,   // read by a BPF program at a probe
    kLifecycle,    // the tracepoints of fork, exec and exit
    kMapFiles,     // opening mapped files in /proc/PID/map_files
};

inline constexpr std::array kKernelMechanisms = {
    KernelMechanism::kEmulatedUprobe, KernelMechanism::kSingleSteppedUprobe, KernelMechanism::kUprobeMulti,
    KernelMechanism::kPerfUprobe,     KernelMechanism::kWriteWatch,          KernelMechanism::kAccessWatch,
    KernelMechanism::kRingBuffer,     KernelMechanism::kUserMemory,          KernelMechanism::kLifecycle,
    KernelMechanism::kMapFiles};

// Label value in flowtap_mechanism_available, and name in `flowtap check --json`: "emulated_uprobe".
const char* mechanism_name(KernelMechanism mechanism);

struct MechanismProof {
    KernelMechanism mechanism = KernelMechanism::kEmulatedUprobe;
    bool available = false;
    std::string reason = {};  // why it is not available
    std::string remedy = {};  // what to do about it; empty: nothing can be done
    std::uint64_t fired = 0;
    std::uint64_t triggered = 0;
};

// Available only if it fired exactly as often as it was triggered, and was triggered at all.
MechanismProof proof_of_hits(KernelMechanism mechanism, std::uint64_t fired, std::uint64_t triggered);
// Not available, because it could not be set up.
MechanismProof refused(KernelMechanism mechanism, std::string reason, std::string remedy);

}  // namespace flowtap
