// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "elf/analysed_code.h"
#include "plan/planned/site_details.h"
#include "plan/program.h"
#include "sites/site.h"

namespace flowtap {

// A uprobe that a plan places.
struct PlannedProbe {
    std::string name;  // label of flowtap_probe_hits_total; probes of one name share counters
    SiteDetails details = FunctionEntry{};
    std::string file;  // a path by which this process can open it
    AnalysedCode code;
    std::uint64_t file_offset = 0;
    std::uint64_t address = 0;  // in the target
    SiteCost cost = SiteCost::kSingleStep;
    std::optional<std::size_t> point;  // index into Plan::points; native only
    std::string why;

    [[nodiscard]] Program program() const { return program_of(details); }
    // Null if its details are of another kind.
    template <typename Kind>
    [[nodiscard]] const Kind* as() const {
        return std::get_if<Kind>(&details);
    }
};

}  // namespace flowtap
