// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "pipeline/outcome.h"

namespace flowtap {

// How many executions of each workflow are open in each process.
class OpenWorkflows {
public:
    // Ignores nodes.
    void began(std::uint32_t tgid, const Identity& identity, std::uint64_t token) {
        const auto* workflow = std::get_if<WorkflowIdentity>(&identity);
        if (workflow == nullptr) return;
        Same& same = open_[{tgid, workflow->workflow_id}];
        ++same.count;
        same.tokens ^= token;
    }
    void ended(std::uint32_t tgid, const Identity& identity, std::uint64_t token) {
        const auto* workflow = std::get_if<WorkflowIdentity>(&identity);
        if (workflow == nullptr) return;
        const auto found = open_.find({tgid, workflow->workflow_id});
        if (found == open_.end()) return;
        found->second.tokens ^= token;
        if (--found->second.count == 0) open_.erase(found);
    }

    [[nodiscard]] bool any(std::uint32_t tgid, const std::string& workflow_id) const {
        return open_.contains({tgid, workflow_id});
    }
    // The token of the only open execution; 0 if there is none or more than one.
    [[nodiscard]] std::uint64_t only(std::uint32_t tgid, const std::string& workflow_id) const {
        const auto found = open_.find({tgid, workflow_id});
        return found == open_.end() || found->second.count != 1 ? 0 : found->second.tokens;
    }

private:
    struct Same {
        std::size_t count = 0;
        std::uint64_t tokens = 0;  // XOR of all: if one is open, its token
    };
    std::map<std::pair<std::uint32_t, std::string>, Same> open_;
};

}  // namespace flowtap
