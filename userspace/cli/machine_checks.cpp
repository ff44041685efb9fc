// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include "attach/bpf_object.h"
#include "attach/hardware_watch.h"
#include "attach/perf_uprobe.h"
#include "attach/pid_namespace.h"
#include "attach/uprobe_multi.h"
#include "privilege/capability.h"
#include "process/proc_file.h"

namespace flowtap {
namespace {

constexpr std::size_t kMaxFileBytes = 4096;

// include/linux/proc_ns.h
constexpr ino_t kInitialUserNamespace = 0xEFFFFFFD;

Check made(std::string name, bool good, std::string found, std::string not_found, std::string remedy) {
    if (good) return {std::move(name), Check::State::kOk, std::move(found)};
    return {std::move(name), Check::State::kMissing, std::move(not_found), std::move(remedy)};
}

Check file_check(std::string name, const std::string& path, std::string remedy) {
    return made(std::move(name), ::access(path.c_str(), R_OK) == 0, path, path + " is missing or unreadable",
                std::move(remedy));
}

Check user_namespace_check() {
    struct stat status = {};
    const bool good = ::stat("/proc/self/ns/user", &status) == 0 && status.st_ino == kInitialUserNamespace;
    return made("user namespace", good, "the initial one",
                "not the initial one: the kernel counts no capability of another",
                "run outside of it: no rootless container, no PrivateUsers=yes");
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
    if (capability.without == nullptr)
        return {capability.name, Check::State::kMissing, capability.purpose, remedy};
    return {capability.name, Check::State::kLimited, capability.without, remedy};
}

// security/yama/yama_lsm.c: YAMA_SCOPE_NO_ATTACH refuses to open /proc/PID/mem whatever the capabilities.
Check yama_check() {
    const bool good =
        !read_proc_file("/proc/sys/kernel/yama/ptrace_scope", kMaxFileBytes).text.starts_with("3");
    return made("Yama", good, "does not forbid to read memory", "kernel.yama.ptrace_scope is 3",
                "boot with kernel.yama.ptrace_scope=2 or less; it cannot be lowered while the kernel runs");
}

Check lockdown_check() {
    const std::string text = read_proc_file("/sys/kernel/security/lockdown", kMaxFileBytes).text;
    return made("kernel lockdown", text.find("[confidentiality]") == std::string::npos,
                "does not forbid BPF to read memory", "confidentiality mode",
                "boot with lockdown=integrity or none");
}

// Asked only of who may load programs, since that is how links are tried.
bool needs_perf_uprobes() { return holds(kCapBpf) && holds(kCapPerfmon) && !kernel_links_many_uprobes(); }

Check perf_check() {
    return made("perf's uprobes", may_attach_perf_uprobes(),
                "the only ones of this kernel; it lets them be attached",
                "the only ones of this kernel, which refuses them",
                "give CAP_SYS_ADMIN, or run as root; kernels since 6.10 have others, which do without");
}

Check watch_check() {
    const std::string lack = lack_of_watches();
    if (lack.empty()) return {"hardware watches", Check::State::kOk, "for plain Python functions"};
    return {
        "hardware watches", Check::State::kLimited, "points with call: function are not observed: " + lack,
        "a virtual machine must have debug registers, and a seccomp profile must let perf_event_open pass"};
}

Check load_check() {
    Result<BpfObject> loaded =
        BpfObject::load({}, {.event = [](std::span<const std::byte>) {},
                             .late_end = [](std::span<const std::byte>, std::uint64_t) {},
                             .start = [](const ft_start&) {}});
    if (loaded) return {"BPF programs", Check::State::kOk, "the kernel takes them"};
    return {"BPF programs", Check::State::kMissing, loaded.error().cause, loaded.error().remedy};
}

}  // namespace

std::vector<Check> machine_checks() {
    std::vector<Check> checks = {
        file_check("kernel BTF", "/sys/kernel/btf/vmlinux", "use a kernel with CONFIG_DEBUG_INFO_BTF"),
        file_check("uprobes", "/sys/bus/event_source/devices/uprobe/type",
                   "use a kernel with CONFIG_UPROBE_EVENTS, and mount sysfs"),
        user_namespace_check(), pid_namespace_check()};
    for (const Capability& capability : kCapabilities) checks.push_back(capability_check(capability));
    if (needs_perf_uprobes()) checks.push_back(perf_check());
    checks.push_back(watch_check());
    checks.push_back(yama_check());
    checks.push_back(lockdown_check());
    checks.push_back(load_check());
    return checks;
}

}  // namespace flowtap
