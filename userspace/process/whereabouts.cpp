// SPDX-License-Identifier: Apache-2.0
#include "process/whereabouts.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "process/cgroup_path.h"
#include "process/file_in_root.h"
#include "process/proc_file.h"

namespace flowtap {

namespace {

constexpr std::size_t kMaxCgroupBytes = 64 << 10;
constexpr std::size_t kMaxEnvironBytes = 1 << 20;
constexpr std::size_t kMaxNameBytes = 253;  // of a DNS name, which Kubernetes' names are
constexpr const char* kNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

// NAME=VALUE, each ended by NUL; as it was at the process's start.
std::string variable_in(std::string_view environ, std::string_view name) {
    while (!environ.empty()) {
        const std::string_view entry = environ.substr(0, environ.find('\0'));
        environ.remove_prefix(std::min(entry.size() + 1, environ.size()));
        if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
            return as_name(entry.substr(name.size() + 1));
    }
    return {};
}

// The first that is a name.
std::string first_of(std::initializer_list<std::string> names) {
    for (const std::string& name : names)
        if (!name.empty()) return name;
    return {};
}

}  // namespace

std::string as_name(std::string_view text) {
    text = text.substr(0, text.find('\n'));
    const auto belongs = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
               letter == '.';
    };
    if (text.size() > kMaxNameBytes || !std::ranges::all_of(text, belongs)) return {};
    return std::string(text);
}

Whereabouts read_whereabouts(pid_t pid, const std::string& node, const std::string& proc_root) {
    const std::string directory = proc_root + "/" + std::to_string(pid);
    CgroupNames groups = parse_cgroup(read_proc_file(directory + "/cgroup", kMaxCgroupBytes).text);
    Whereabouts found{std::move(groups.container), std::move(groups.pod_uid), {}, {}};
    if (found.pod_uid.empty()) return found;
    const std::string environ = read_proc_file(directory + "/environ", kMaxEnvironBytes).text;
    const std::string host =
        first_of({variable_in(environ, "HOSTNAME"),
                  as_name(read_file_in_root(pid, "/etc/hostname", kMaxNameBytes + 1, proc_root))});
    // A pod on the node's own network has the node's host name.
    found.pod = first_of({variable_in(environ, "POD_NAME"), host == node ? std::string() : host});
    found.pod_namespace =
        first_of({variable_in(environ, "POD_NAMESPACE"),
                  as_name(read_file_in_root(pid, kNamespaceFile, kMaxNameBytes + 1, proc_root))});
    return found;
}

std::string node_name() {
    if (const char* name = std::getenv("NODE_NAME")) return as_name(name);
    if (!parse_cgroup(read_proc_file("/proc/self/cgroup", kMaxCgroupBytes).text).container.empty()) return {};
    std::array<char, 256> host = {};
    if (::gethostname(host.data(), host.size() - 1) != 0) return {};
    return as_name(host.data());
}

}  // namespace flowtap
