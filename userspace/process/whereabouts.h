// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace flowtap {

// Where a process runs, as far as the process itself reveals it; empty otherwise. No server is asked.
struct Whereabouts {
    std::string container;  // the runtime's id
    std::string pod_uid;
    std::string pod;            // POD_NAME of its environment, or its host name unless that is the node's
    std::string pod_namespace;  // POD_NAMESPACE, or what Kubernetes puts beside the service account's token
};

// Pod and namespace are those of a process in a pod only. node: the name of this machine, where known.
Whereabouts read_whereabouts(pid_t pid, const std::string& node, const std::string& proc_root = "/proc");

// The text as the name of a pod, namespace or node, up to its line's end; empty where it is none (RFC 1123,
// lower case).
std::string as_name(std::string_view text);

// NODE_NAME of our own environment, which a DaemonSet sets from spec.nodeName; else this machine's host name,
// unless flowtap runs in a container, which has one of its own.
std::string node_name();

}  // namespace flowtap
