// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace flowtap {

struct PodName {
    std::string namespace_name;
    std::string name;
    bool operator==(const PodName&) const = default;
};

struct Pod {
    std::string uid;  // as in cgroup paths; for a static pod, its hash
    PodName name;
    bool operator==(const Pod&) const = default;
};

}  // namespace flowtap
