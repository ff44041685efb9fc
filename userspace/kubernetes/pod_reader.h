// SPDX-License-Identifier: Apache-2.0
// Reads the API server's answers about pods (core/v1, or the metadata alone as meta/v1
// PartialObjectMetadata).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kubernetes/pod.h"

namespace flowtap {

struct PodList {
    std::vector<Pod> pods;
    std::string resource_version;  // where a watch continues
};

struct PodEvent {
    enum class Kind {
        kPut,       // a pod was added or changed
        kRemove,    // a pod was deleted
        kBookmark,  // only the version
        kExpired,   // the version is too old: list again
    };
    Kind kind = Kind::kBookmark;
    Pod pod = {};
    std::string resource_version = {};
};

// Reads the complete answer to a list request. Errors: the text is not such an answer, has no version, or has
// more pods than a PodTable can hold.
Result<PodList> read_pod_list(std::string_view text);

// Reads one line of a watch. Errors: the text is not such a line, or reports an error other than an expired
// version.
Result<PodEvent> read_pod_event(std::string_view line);

}  // namespace flowtap
