// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

namespace flowtap::system_test {

// What a PromQL expression asks for: each metric, with the labels its matchers name.
struct Selector {
    std::string metric;
    std::set<std::string> labels;
};

struct Selectors {
    std::vector<Selector> metrics;
    std::set<std::string>
        groupings;  // labels in by (), without (), on (), ignoring (), group_left () and ..._right ()
};

// For expressions that Prometheus accepts; unspecified for others.
Selectors selectors_of(const std::string& expression);

}  // namespace flowtap::system_test
