// SPDX-License-Identifier: Apache-2.0
#include "probed_bytes.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "base/fd.h"
#include "child.h"
#include "paths.h"

namespace flowtap::system_test {
namespace {

constexpr std::uint8_t kBreakpoint = 0xcc;

nlohmann::json plan_of(pid_t pid, const std::vector<std::string>& options) {
    std::vector<std::string> command = {kFlowtap, "plan", "--json", "--pid", std::to_string(pid)};
    command.insert(command.end(), options.begin(), options.end());
    Child plan(command);
    if (plan.wait() != 0) throw std::runtime_error("no plan: " + plan.errors());
    return nlohmann::json::parse(plan.output());
}

}  // namespace

std::set<std::uint64_t> planned_addresses(pid_t pid, const std::vector<std::string>& options) {
    std::set<std::uint64_t> addresses;
    const nlohmann::json plan = plan_of(pid, options);
    for (const auto& probe : plan.at("probes")) addresses.insert(probe.at("address").get<std::uint64_t>());
    if (addresses.empty()) throw std::runtime_error("the plan has no probes");
    return addresses;
}

CodeBytes code_bytes(pid_t pid, const std::set<std::uint64_t>& addresses) {
    CodeBytes bytes;
    const std::string path = "/proc/" + std::to_string(pid) + "/mem";
    const Fd memory(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    for (std::uint64_t address : addresses) {
        if (::pread(memory.get(), &bytes[address], 1, static_cast<off_t>(address)) != 1)
            throw std::system_error(errno, std::generic_category(), path);
    }
    return bytes;
}

CodeBytes breakpoints_at(const std::set<std::uint64_t>& addresses) {
    CodeBytes bytes;
    for (std::uint64_t address : addresses) bytes[address] = kBreakpoint;
    return bytes;
}

}  // namespace flowtap::system_test
