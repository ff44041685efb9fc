// SPDX-License-Identifier: Apache-2.0
// What of the kernel was seen to work on this machine. Values only: userspace/selftest finds them out.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace flowtap {

// What observing a process rests on, each tried on its own.
enum class KernelMechanism : std::uint8_t {
    kEmulatedUprobe,
    kSingleSteppedUprobe,
    kUprobeMulti,  // many uprobes as one link, for one process
    kPerfUprobe,   // one perf event for each
    kWriteWatch,   // a debug register that tells of writes
    kAccessWatch,  // one that tells of reads and writes
    kRingBuffer,   // wakes its reader, with the time of this process's clock
    kUserMemory,   // read by a program at a probe
    kLifecycle,    // the tracepoints of fork, exec and exit
    kMapFiles,     // mapped files, opened in /proc/PID/map_files
};

inline constexpr std::array kKernelMechanisms = {
    KernelMechanism::kEmulatedUprobe, KernelMechanism::kSingleSteppedUprobe, KernelMechanism::kUprobeMulti,
    KernelMechanism::kPerfUprobe,     KernelMechanism::kWriteWatch,          KernelMechanism::kAccessWatch,
    KernelMechanism::kRingBuffer,     KernelMechanism::kUserMemory,          KernelMechanism::kLifecycle,
    KernelMechanism::kMapFiles};

// Label of flowtap_mechanism_available, and name in `flowtap check --json`: "emulated_uprobe".
const char* mechanism_name(KernelMechanism mechanism);

struct MechanismProof {
    KernelMechanism mechanism = KernelMechanism::kEmulatedUprobe;
    bool available = false;
    std::string reason = {};  // why it is not available
    std::string remedy = {};  // what to do about that, where something can be done
    std::uint64_t fired = 0;
    std::uint64_t triggered = 0;
};

// Available only if it fired exactly as often as it was triggered, and was triggered at all.
MechanismProof proof_of_hits(KernelMechanism mechanism, std::uint64_t fired, std::uint64_t triggered);
// It could not be set up.
MechanismProof refused(KernelMechanism mechanism, std::string reason, std::string remedy);

}  // namespace flowtap
