// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "exporter/metrics/target_labels.h"
#include "kubernetes/pod.h"

namespace flowtap {

// What a process's environment and cgroup say about it.
struct TargetOrigin {
    TargetLabels labels;  // empty if the process does not say
    std::string pod_uid;  // empty: not in a pod
};

// Determines the values of target labels. A pod's name comes from the API server if it was asked and has
// answered; otherwise from the process's environment.
class TargetNames {
public:
    using FindPod = std::function<std::optional<PodName>(const std::string& uid)>;

    // node: name of this machine; empty if unknown.
    explicit TargetNames(std::string node, FindPod find_pod = {})
        : node_(std::move(node)), find_pod_(std::move(find_pod)) {}

    [[nodiscard]] TargetOrigin origin_of(pid_t pid, const std::string& proc_root = "/proc") const;

    // Replaces names for which the API server has others. Returns false if nothing changed. Series keep their
    // first labels unless those were wrong or missing.
    bool correct(TargetLabels& labels, const std::string& pod_uid) const;

private:
    std::string node_;
    FindPod find_pod_;
};

}  // namespace flowtap
