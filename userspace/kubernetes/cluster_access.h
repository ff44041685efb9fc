// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace flowtap {

// How a pod reaches the API server of its cluster.
struct ClusterAccess {
    std::string url;  // https, without a path
    std::string ca_file;
    std::string token_file;  // read for each request, because the token is replaced regularly
    std::string node;        // only the pods of this node are requested
};

inline constexpr const char* kServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

// Uses KUBERNETES_SERVICE_HOST and _PORT, which the kubelet sets in every container, and the directory with
// ca.crt and token. Errors: kEnvironment if a variable is not set or is not an address; kUsage if the node is
// unknown.
Result<ClusterAccess> cluster_access(const std::string& directory, const std::string& node);

// The token now in the file. Errors: the file cannot be read, or does not contain a token.
Result<std::string> read_token(const std::string& path);

// The URL of a list, or of a watch: changes since a version, for a time.
std::string list_url(const ClusterAccess& access);
std::string watch_url(const ClusterAccess& access, const std::string& resource_version,
                      std::chrono::seconds duration);

}  // namespace flowtap
