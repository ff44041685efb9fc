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
    std::string uid;  // as cgroup paths name it: a static pod's is its hash
    PodName name;
    bool operator==(const Pod&) const = default;
};

}  // namespace flowtap
