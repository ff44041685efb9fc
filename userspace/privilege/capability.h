// SPDX-License-Identifier: Apache-2.0
// The Linux capabilities that flowtap uses (capabilities(7)), and what each is for. They count in the initial
// user namespace only.
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
    const char* purpose;  // what the kernel requires it for
    const char* without;  // what is not observed without it; null: nothing can be observed
    bool in_sys_admin;    // CAP_SYS_ADMIN includes it
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

// kernel/events/core.c: perf_uprobe_event_init() requires it since commit ba677dbe77af (2025), which went
// into the stable kernels; before, it required CAP_PERFMON. Needed only if links of many uprobes cannot be
// used.
inline constexpr Capability kCapSysAdmin = {"CAP_SYS_ADMIN", CAP_SYS_ADMIN, "perf's uprobes", nullptr, false};

// Debian's kernel/events/core.c: if kernel.perf_event_paranoid is 3 or more, it opens no event without
// CAP_SYS_ADMIN; CAP_PERFMON does not suffice.
inline constexpr Capability kCapSysAdminForWatches = {
    "CAP_SYS_ADMIN", CAP_SYS_ADMIN, "hardware watches, at this kernel.perf_event_paranoid", nullptr, false};

// The capabilities that are needed on every kernel.
inline constexpr std::array<std::reference_wrapper<const Capability>, 5> kCapabilities = {
    kCapBpf, kCapPerfmon, kCapSysPtrace, kCapDacReadSearch, kCapCheckpointRestore};

// Whether this thread has the capability in effect, by itself or through CAP_SYS_ADMIN.
bool holds(const Capability& capability);

// Removes the capability, and CAP_SYS_ADMIN if that includes it, from this thread's effective set, to try
// what works without it.
void suspend(const Capability& capability);

// In another user namespace, capabilities have no effect, whatever holds() returns.
bool in_initial_user_namespace();
inline constexpr const char* kLeaveUserNamespace =
    "run flowtap outside this user namespace: not in a rootless container, and without PrivateUsers=yes";

// The remedy for an error that the lack of one of these capabilities may have caused: to leave the user
// namespace, or to grant those that this thread lacks. Empty if it has them all, so that the cause must be
// another one.
std::string remedy_for_lack_of(std::initializer_list<std::reference_wrapper<const Capability>> needed);

}  // namespace flowtap
