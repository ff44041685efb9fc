// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "exporter/metrics/target_labels.h"
#include "kubernetes/pod.h"

namespace flowtap {

// What a process tells of itself.
struct ToldByTarget {
    TargetLabels labels;  // empty where it does not tell
    std::string pod_uid;  // empty: it is in no pod
};

// What target_labels say of processes. A pod's name is what the API server calls it, where that is asked and
// has told; else what the process tells.
class TargetNames {
public:
    using FindPod = std::function<std::optional<PodName>(const std::string& uid)>;

    // node: the name of this machine; empty where it is not known.
    explicit TargetNames(std::string node, FindPod find_pod = {})
        : node_(std::move(node)), find_pod_(std::move(find_pod)) {}

    [[nodiscard]] ToldByTarget told_by(pid_t pid, const std::string& proc_root = "/proc") const;

    // Names what the API server has a name for; false where nothing in the labels is another than before. So
    // series go on under what they were called at first, unless that is wrong or was missing.
    bool correct(TargetLabels& labels, const std::string& pod_uid) const;

private:
    std::string node_;
    FindPod find_pod_;
};

}  // namespace flowtap
