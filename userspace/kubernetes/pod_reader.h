// SPDX-License-Identifier: Apache-2.0
// What the API server says of pods (core/v1, or the metadata alone as meta/v1 PartialObjectMetadata).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kubernetes/pod.h"

namespace flowtap {

struct PodList {
    std::vector<Pod> pods;
    std::string resource_version;  // a watch goes on from there
};

struct PodEvent {
    enum class Kind {
        kPut,       // it is there, or changed
        kRemove,    // it is there no more
        kBookmark,  // only the version
        kExpired,   // too old a version was asked for: list again
    };
    Kind kind = Kind::kBookmark;
    Pod pod = {};
    std::string resource_version = {};
};

// The whole answer to a list. Errors: it is none, names no version, or has more pods than a PodTable takes.
Result<PodList> read_pod_list(std::string_view text);

// One line of a watch. Errors: it is none, or tells of an error other than that the version is too old.
Result<PodEvent> read_pod_event(std::string_view line);

}  // namespace flowtap
