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
    std::string token_file;  // read for each request: what is in it changes
    std::string node;        // whose pods are asked for
};

inline constexpr const char* kServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

// From KUBERNETES_SERVICE_HOST and _PORT, which the kubelet sets in every container, and the directory where
// it puts ca.crt and token. Errors: kEnvironment where one of them is not set, or is no address; kUsage where
// the node is not known.
Result<ClusterAccess> cluster_access(const std::string& directory, const std::string& node);

// What the file holds now. Errors: it cannot be read, or holds what is no token.
Result<std::string> read_token(const std::string& path);

// What is asked for: a list, or what changed since a version and will change for so long.
std::string list_url(const ClusterAccess& access);
std::string watch_url(const ClusterAccess& access, const std::string& resource_version,
                      std::chrono::seconds duration);

}  // namespace flowtap
