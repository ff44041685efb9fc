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
    std::string node;        // its pods are requested
};

inline constexpr const char* kServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

// From KUBERNETES_SERVICE_HOST and _PORT, which the kubelet sets in every container, and the directory where
// it puts ca.crt and token. Errors: kEnvironment where one of them is not set or not an address; kUsage where
// the node is not known.
Result<ClusterAccess> cluster_access(const std::string& directory, const std::string& node);

// The token in the file now. Errors: the file cannot be read, or does not contain a token.
Result<std::string> read_token(const std::string& path);

// The URL of a list, or of a watch: changes since a version, for a time.
std::string list_url(const ClusterAccess& access);
std::string watch_url(const ClusterAccess& access, const std::string& resource_version,
                      std::chrono::seconds duration);

}  // namespace flowtap
