// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "elf/file_identity.h"
#include "plan/plan.h"
#include "process/process_facts.h"

namespace flowtap {

// Everything about a process's files that determines its plan of native code: the version of each executable
// file, and how it is mapped, without addresses.
struct NativeLayout {
    struct Code {
        FileIdentity file;
        std::string path;
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        bool operator==(const Code&) const = default;
    };
    std::string exe;
    FileIdentity root;  // root directory, where debug files are searched
    std::vector<Code> code;
    bool operator==(const NativeLayout&) const = default;

    // nullopt if a file cannot be identified.
    static std::optional<NativeLayout> of(const ProcessFacts& facts);
};

// A plan of native code is valid in every process with the same layout, if each address is moved with its
// mapping. Analysing the files takes most of the time of a plan, so hundreds of processes of one program cost
// one analysis.
class NativeTemplates {
public:
    static constexpr std::size_t kMost = 32;

    // Adds points and probes to an empty plan. Returns false if there is no template for this layout.
    [[nodiscard]] bool fill(Plan& plan, const ProcessFacts& facts, const NativeLayout& layout) const;
    // Keeps a plan with only native points and probes. A plan with addresses of data is not kept.
    void keep(const Plan& plan, const ProcessFacts& facts, NativeLayout layout);
    // Call when the profiles change.
    void clear() { kept_.clear(); }

private:
    // The plan in the process that was analysed.
    struct Template {
        NativeLayout layout;
        std::vector<std::uint64_t> starts;  // of the layout's mappings
        std::vector<PlannedPoint> points;
        std::vector<PlannedProbe> probes;
    };

    std::deque<Template> kept_;  // oldest first
};

}  // namespace flowtap
