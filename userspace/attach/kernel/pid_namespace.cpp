// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/pid_namespace.h"

#include <unistd.h>

#include <array>
#include <optional>

namespace flowtap {
namespace {

// PROC_PID_INIT_INO of include/linux/proc_ns.h, the same since 3.8; PID_NS_INIT_INO of uapi/linux/nsfs.h
// since.
constexpr const char* kInitialNamespace = "pid:[4026531836]";

std::optional<std::string> link_at(const std::string& path) {
    std::array<char, 64> target = {};
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0) return std::nullopt;
    return std::string(target.data(), static_cast<std::size_t>(length));
}

Error refused(std::string cause) {
    return {"find processes by number", "", std::move(cause),
            "start flowtap in the host's PID namespace: hostPID: true in Kubernetes, --pid=host with Docker "
            "and Podman",
            Error::Kind::kEnvironment};
}

}  // namespace

Result<void> check_pid_namespace(const std::string& proc_root) {
    const std::optional<std::string> self = link_at(proc_root + "/self");
    const std::optional<std::string> space = link_at(proc_root + "/self/ns/pid");
    if (!self || !space) return refused("there is no " + proc_root + " of this process's PID namespace");
    if (*space != kInitialNamespace) return refused("flowtap runs in a PID namespace of its own");
    if (*self != std::to_string(::getpid()))
        return refused(proc_root + " is that of another PID namespace than flowtap's");
    return {};
}

}  // namespace flowtap
