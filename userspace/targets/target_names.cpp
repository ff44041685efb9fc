// SPDX-License-Identifier: Apache-2.0
#include "targets/target_names.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "process/whereabouts.h"

namespace flowtap {

TargetOrigin TargetNames::origin_of(pid_t pid, const std::string& proc_root) const {
    std::error_code error;
    const std::string text = std::to_string(pid);
    Whereabouts place = read_whereabouts(pid, node_, proc_root);
    TargetLabels labels{.pid = text,
                        .exe = std::filesystem::read_symlink(proc_root + "/" + text + "/exe", error).string(),
                        .container = std::move(place.container),
                        .pod = std::move(place.pod),
                        .namespace_name = std::move(place.pod_namespace),
                        .node = node_};
    return {std::move(labels), std::move(place.pod_uid)};
}

bool TargetNames::correct(TargetLabels& labels, const std::string& pod_uid) const {
    if (!find_pod_ || pod_uid.empty()) return false;
    const std::optional<PodName> pod = find_pod_(pod_uid);
    if (!pod || *pod == PodName{labels.namespace_name, labels.pod}) return false;
    labels.namespace_name = pod->namespace_name;
    labels.pod = pod->name;
    return true;
}

}  // namespace flowtap
