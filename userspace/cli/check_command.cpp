// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "attach/bpf_object.h"
#include "attach/pid_namespace.h"
#include "cli/commands.h"
#include "process/proc_file.h"

namespace flowtap {
namespace {

struct Check {
    std::string name;
    bool good = false;
    std::string found;
    std::string remedy;  // when not good
};

// Numbers of include/uapi/linux/capability.h.
struct Capability {
    const char* name;
    unsigned number;
    const char* why;
};
constexpr std::array<Capability, 3> kCapabilities = {{
    {"CAP_DAC_READ_SEARCH", 2, "opens the memory of other users' processes"},
    {"CAP_SYS_PTRACE", 19, "reads the target's memory"},
    {"CAP_SYS_ADMIN", 21,
     "loads BPF programs, and opens the files a process has mapped to attach uprobes to them"},
}};

std::uint64_t effective_capabilities() {
    const std::string status = read_proc_file("/proc/self/status", 64 << 10).text;
    const std::size_t at = status.find("CapEff:");
    return at == std::string::npos ? 0 : std::stoull(status.substr(at + 7, 32), nullptr, 16);
}

Check file_check(std::string name, const std::string& path, std::string remedy) {
    const bool good = access(path.c_str(), R_OK) == 0;
    return {std::move(name), good, good ? path : path + " is missing or unreadable", std::move(remedy)};
}

Check capability_check(const Capability& capability, std::uint64_t effective) {
    const bool good = (effective >> capability.number & 1) != 0;
    return {capability.name, good, capability.why, "run as root or give the process this capability"};
}

Check lockdown_check() {
    const std::string text = read_proc_file("/sys/kernel/security/lockdown", 4096).text;
    const bool good = text.find("[confidentiality]") == std::string::npos;
    return {"kernel lockdown", good, good ? "does not forbid BPF to read memory" : "confidentiality mode",
            "boot with lockdown=integrity or none"};
}

Check namespace_check() {
    const Result<void> same = check_pid_namespace();
    if (same) return {"PID namespace", true, "the initial one", {}};
    return {"PID namespace", false, same.error().cause, same.error().remedy};
}

Check load_check() {
    Result<BpfObject> loaded = BpfObject::load(
        {}, [](std::span<const std::byte>) {}, [](const ft_start&) {});
    if (loaded) return {"BPF programs", true, "the kernel takes them", {}};
    return {"BPF programs", false, loaded.error().cause, loaded.error().remedy};
}

std::vector<Check> all_checks() {
    std::vector<Check> checks;
    checks.push_back(
        file_check("kernel BTF", "/sys/kernel/btf/vmlinux", "use a kernel with CONFIG_DEBUG_INFO_BTF"));
    checks.push_back(file_check("uprobes", "/sys/bus/event_source/devices/uprobe/type",
                                "use a kernel with CONFIG_UPROBE_EVENTS, and mount sysfs"));
    const std::uint64_t effective = effective_capabilities();
    for (const Capability& capability : kCapabilities)
        checks.push_back(capability_check(capability, effective));
    checks.push_back(namespace_check());
    checks.push_back(lockdown_check());
    checks.push_back(load_check());
    return checks;
}

void write_text(const std::vector<Check>& checks, std::ostream& out) {
    for (const Check& check : checks) {
        out << (check.good ? "ok       " : "MISSING  ") << check.name << ": " << check.found;
        if (!check.good) out << " -> " << check.remedy;
        out << "\n";
    }
}

void write_json(const std::vector<Check>& checks, std::ostream& out) {
    nlohmann::json json = nlohmann::json::array();
    for (const Check& check : checks) {
        json.push_back({{"name", check.name},
                        {"ok", check.good},
                        {"found", check.found},
                        {"remedy", check.good ? "" : check.remedy}});
    }
    out << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

}  // namespace

Result<void> check_command(const CheckOptions& options, std::ostream& out) {
    const std::vector<Check> checks = all_checks();
    options.json ? write_json(checks, out) : write_text(checks, out);
    for (const Check& check : checks) {
        if (!check.good) {
            return Error{"check", "this machine", check.name + ": " + check.found, check.remedy,
                         Error::Kind::kEnvironment};
        }
    }
    return {};
}

}  // namespace flowtap
