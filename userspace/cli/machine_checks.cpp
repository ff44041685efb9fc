// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_checks.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "attach/kernel/bpf_object.h"
#include "attach/kernel/hardware_watch.h"
#include "attach/kernel/pid_namespace.h"
#include "attach/kernel/time_namespace.h"
#include "base/open_files.h"
#include "cli/mechanism_checks.h"
#include "privilege/capability.h"
#include "process/proc_file.h"

namespace flowtap {
namespace {

constexpr std::size_t kMaxFileBytes = 4096;

Check made(std::string name, bool good, std::string found, std::string not_found, std::string remedy) {
    if (good) return {std::move(name), Check::State::kOk, std::move(found)};
    return {std::move(name), Check::State::kMissing, std::move(not_found), std::move(remedy)};
}

Check file_check(std::string name, const std::string& path, std::string remedy) {
    return made(std::move(name), ::access(path.c_str(), R_OK) == 0, path, path + " is missing or unreadable",
                std::move(remedy));
}

Check user_namespace_check() {
    return made("user namespace", in_initial_user_namespace(), "the initial one",
                "not the initial one: capabilities in another user namespace do not count",
                kLeaveUserNamespace);
}

Check pid_namespace_check() {
    const Result<void> same = check_pid_namespace();
    if (same) return {"PID namespace", Check::State::kOk, "the initial one"};
    return {"PID namespace", Check::State::kMissing, same.error().cause, same.error().remedy};
}

Check capability_check(const Capability& capability) {
    if (holds(capability)) return {capability.name, Check::State::kOk, capability.purpose};
    const std::string remedy =
        "run as root, or give it: AmbientCapabilities= in a systemd unit, capabilities.add in a pod";
    if (capability.without == nullptr) {
        return {capability.name, Check::State::kMissing, std::string("needed for ") + capability.purpose,
                remedy};
    }
    return {capability.name, Check::State::kLimited, capability.without, remedy};
}

// security/yama/yama_lsm.c: YAMA_SCOPE_NO_ATTACH denies access to /proc/PID/mem even with all capabilities.
Check yama_check(const std::string& root) {
    const bool good =
        !read_proc_file(root + "/proc/sys/kernel/yama/ptrace_scope", kMaxFileBytes).text.starts_with("3");
    return made("Yama", good, "allows reading process memory", "kernel.yama.ptrace_scope is 3",
                "boot with kernel.yama.ptrace_scope=2 or less; it cannot be lowered while the kernel runs");
}

Check lockdown_check(const std::string& root) {
    const std::string text = read_proc_file(root + "/sys/kernel/security/lockdown", kMaxFileBytes).text;
    return made("kernel lockdown", text.find("[confidentiality]") == std::string::npos,
                "allows BPF to read memory", "confidentiality mode", "boot with lockdown=integrity or none");
}

Check time_namespace_check() {
    const Result<void> same = check_time_namespace();
    if (same) return {"time namespace", Check::State::kOk, "no clock offset"};
    return {"time namespace", Check::State::kMissing, same.error().cause, same.error().remedy};
}

// Each target takes several descriptors; a hardware watch takes one for each thread of the target.
Check open_files_check() {
    constexpr rlim_t kEnough = 4096;
    rlimit limit = {};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::string found = limit.rlim_max == RLIM_INFINITY ? "no limit" : std::to_string(limit.rlim_max);
    if (limit.rlim_max >= kEnough) return {"open files (RLIMIT_NOFILE, hard)", Check::State::kOk, found};
    return {"open files (RLIMIT_NOFILE, hard)", Check::State::kLimited,
            found + ": a target takes about 15, and more where its threads are watched", kRaiseOpenFiles};
}

Check load_check(const MachineFacts& machine) {
    Result<BpfObject> loaded = BpfObject::load({.links_many = machine.proven(KernelMechanism::kUprobeMulti)},
                                               {.event = [](std::span<const std::byte>) {},
                                                .late_end = [](std::span<const std::byte>, std::uint64_t) {},
                                                .start = [](const ft_start&) {}});
    if (loaded) return {"BPF programs", Check::State::kOk, "load and verify"};
    return {"BPF programs", Check::State::kMissing, loaded.error().cause, loaded.error().remedy};
}

}  // namespace

std::vector<Check> setting_checks(const std::string& root) {
    std::vector<Check> checks = {
        file_check("kernel BTF", root + "/sys/kernel/btf/vmlinux", "use a kernel with CONFIG_DEBUG_INFO_BTF"),
        file_check("uprobes", root + "/sys/bus/event_source/devices/uprobe/type",
                   "use a kernel with CONFIG_UPROBE_EVENTS, and mount sysfs"),
        user_namespace_check(), pid_namespace_check(), time_namespace_check()};
    for (const Capability& capability : kCapabilities) checks.push_back(capability_check(capability));
    checks.push_back(open_files_check());
    checks.push_back(yama_check(root));
    checks.push_back(lockdown_check(root));
    return checks;
}

std::vector<Check> machine_checks(const MachineFacts& machine) {
    std::vector<Check> checks = setting_checks();
    std::ranges::move(mechanism_checks(machine, privilege_of_watches()), std::back_inserter(checks));
    checks.push_back(load_check(machine));
    return checks;
}

}  // namespace flowtap
