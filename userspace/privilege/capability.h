// SPDX-License-Identifier: Apache-2.0
// The capabilities of Linux that flowtap uses (capabilities(7)), each with what it is for. All count in the
// initial user namespace only.
#pragma once

#include <linux/capability.h>

#include <array>
#include <functional>
#include <initializer_list>
#include <string>

namespace flowtap {

struct Capability {
    const char* name;
    unsigned number;
    const char* purpose;  // what the kernel asks it for, in a word
    const char* without;  // what is not observed without it; null: nothing is
    bool in_sys_admin;    // CAP_SYS_ADMIN stands for it
};

// kernel/bpf/syscall.c: bpf_capable().
inline constexpr Capability kCapBpf = {"CAP_BPF", CAP_BPF, "BPF programs and tables", nullptr, true};
// kernel/bpf/syscall.c for tracing programs.
inline constexpr Capability kCapPerfmon = {"CAP_PERFMON", CAP_PERFMON, "probes that read memory", nullptr,
                                           true};
// kernel/ptrace.c: __ptrace_may_access(), which guards /proc/PID/mem, maps, exe and root.
inline constexpr Capability kCapSysPtrace = {"CAP_SYS_PTRACE", CAP_SYS_PTRACE, "targets' memory and mappings",
                                             nullptr, false};
// The mode of /proc/PID/mem is 0600, of its user.
inline constexpr Capability kCapDacReadSearch = {"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH,
                                                 "other users' targets",
                                                 "processes of other users are refused", false};
// fs/proc/base.c: proc_map_files_get_link().
inline constexpr Capability kCapCheckpointRestore = {
    "CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE, "mapped files",
    "libraries that were deleted or replaced after a target mapped them are not observed", true};

// kernel/events/core.c: perf_uprobe_event_init() asks for it since commit ba677dbe77af (2025), which went
// into the stable kernels; before that for CAP_PERFMON. Only where links of many uprobes cannot be used.
inline constexpr Capability kCapSysAdmin = {"CAP_SYS_ADMIN", CAP_SYS_ADMIN, "perf's uprobes", nullptr, false};

// Debian's kernel/events/core.c: at a kernel.perf_event_paranoid of 3 or more it opens no event without, also
// not for CAP_PERFMON.
inline constexpr Capability kCapSysAdminForWatches = {
    "CAP_SYS_ADMIN", CAP_SYS_ADMIN, "hardware watches, at this kernel.perf_event_paranoid", nullptr, false};

// Those that are needed everywhere.
inline constexpr std::array<std::reference_wrapper<const Capability>, 5> kCapabilities = {
    kCapBpf, kCapPerfmon, kCapSysPtrace, kCapDacReadSearch, kCapCheckpointRestore};

// Whether this thread has it in effect, itself or by CAP_SYS_ADMIN.
bool holds(const Capability& capability);

// Takes it, and CAP_SYS_ADMIN that stands for it, out of effect in this thread: to try what works without.
void suspend(const Capability& capability);

// Capabilities of another user namespace do not count, whatever holds() says.
bool in_initial_user_namespace();
inline constexpr const char* kLeaveUserNamespace =
    "run outside of this user namespace: no rootless container, no PrivateUsers=yes";

// The remedy of an error that the kernel gave for want of one of these: to leave the user namespace, or those
// that this thread lacks; empty where it has them all, so that something else must have been the reason.
std::string remedy_for_lack_of(std::initializer_list<std::reference_wrapper<const Capability>> needed);

}  // namespace flowtap
