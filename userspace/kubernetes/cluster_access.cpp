// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/cluster_access.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "process/proc_file.h"

namespace flowtap {

namespace {

constexpr std::size_t kMaxTokenBytes = 64 << 10;
constexpr std::size_t kMaxPortDigits = 5;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool is_letter_or_digit(char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z');
}

bool is_host(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char letter) {
        return is_letter_or_digit(letter) || letter == '.' || letter == '-' || letter == ':';
    });
}

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= kMaxPortDigits &&
           std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

// For the query of a URL.
std::string escaped(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string safe;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (is_letter_or_digit(letter) || letter == '-' || letter == '.') {
            safe += letter;
        } else {
            safe.append("%").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
        }
    }
    return safe;
}

// version=0: whatever the server has cached, so that it need not ask its database.
std::string pods_url(const ClusterAccess& access, const std::string& version) {
    return access.url + "/api/v1/pods?fieldSelector=spec.nodeName%3D" + escaped(access.node) +
           "&resourceVersion=" + escaped(version);
}

}  // namespace

Result<ClusterAccess> cluster_access(const std::string& directory, const std::string& node) {
    const std::string host = variable("KUBERNETES_SERVICE_HOST");
    const std::string port = variable("KUBERNETES_SERVICE_PORT");
    if (!is_host(host) || !is_port(port)) {
        return Error{"find the Kubernetes API server", "",
                     "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT do not name one",
                     "run in a pod, or leave kubernetes-api out", Error::Kind::kEnvironment};
    }
    if (node.empty()) {
        return Error{"list the pods of this node", "", "the name of the node is unknown",
                     "give --kubernetes-node, or set NODE_NAME from spec.nodeName", Error::Kind::kUsage};
    }
    const bool bare_ipv6 = host.find(':') != std::string::npos;
    return ClusterAccess{"https://" + (bare_ipv6 ? "[" + host + "]" : host) + ":" + port,
                         directory + "/ca.crt", directory + "/token", node};
}

Result<std::string> read_token(const std::string& path) {
    ProcFile file = read_proc_file(path, kMaxTokenBytes);
    if (file.error != 0) return errno_error("read token", path, file.error);
    while (!file.text.empty() && std::string_view(" \r\n\t").find(file.text.back()) != std::string_view::npos)
        file.text.pop_back();
    const auto visible = [](char letter) { return letter > ' ' && letter <= '~'; };
    if (file.text.empty() || !std::ranges::all_of(file.text, visible))
        return Error{"read token", path, "the file does not contain a token"};
    return std::move(file.text);
}

std::string list_url(const ClusterAccess& access) { return pods_url(access, "0"); }

std::string watch_url(const ClusterAccess& access, const std::string& resource_version,
                      std::chrono::seconds duration) {
    return pods_url(access, resource_version) +
           "&watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(duration.count());
}

}  // namespace flowtap
