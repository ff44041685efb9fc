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
    // Of nodes, nothing happens.
    void began(std::uint32_t tgid, const Identity& identity) {
        if (const auto* workflow = std::get_if<WorkflowIdentity>(&identity))
            ++open_[{tgid, workflow->workflow_id}];
    }
    void ended(std::uint32_t tgid, const Identity& identity) {
        const auto* workflow = std::get_if<WorkflowIdentity>(&identity);
        if (workflow == nullptr) return;
        const auto found = open_.find({tgid, workflow->workflow_id});
        if (found != open_.end() && --found->second == 0) open_.erase(found);
    }

    [[nodiscard]] bool any(std::uint32_t tgid, const std::string& workflow_id) const {
        return open_.contains({tgid, workflow_id});
    }

private:
    std::map<std::pair<std::uint32_t, std::string>, std::size_t> open_;
};

}  // namespace flowtap
