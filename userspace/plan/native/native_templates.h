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

// What of a process's files decides its plan of native code: each version of a file with code, and how it is
// mapped. Its addresses do not.
struct NativeLayout {
    struct Code {
        FileIdentity file;
        std::string path;
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        bool operator==(const Code&) const = default;
    };
    std::string exe;
    FileIdentity root;  // where debug files are looked for
    std::vector<Code> code;
    bool operator==(const NativeLayout&) const = default;

    // Nullopt where a file cannot be told.
    static std::optional<NativeLayout> of(const ProcessFacts& facts);
};

// Plans of native code hold for every process with the same layout, each address moved as its mapping is.
// Analysing the files takes most of the time of a plan, so hundreds of processes of one program cost one
// analysis.
class NativeTemplates {
public:
    static constexpr std::size_t kMost = 32;

    // Adds points and probes to a plan without any. False where no plan of this layout was kept.
    [[nodiscard]] bool fill(Plan& plan, const ProcessFacts& facts, const NativeLayout& layout) const;
    // A plan that has native points and probes only. One that holds addresses of data is not kept.
    void keep(const Plan& plan, const ProcessFacts& facts, NativeLayout layout);
    // Other profiles from now on.
    void clear() { kept_.clear(); }

private:
    // As in the process that was analysed.
    struct Template {
        NativeLayout layout;
        std::vector<std::uint64_t> starts;  // of the layout's mappings
        std::vector<PlannedPoint> points;
        std::vector<PlannedProbe> probes;
    };

    std::deque<Template> kept_;  // oldest first
};

}  // namespace flowtap
