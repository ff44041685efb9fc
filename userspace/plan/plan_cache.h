// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "elf/elf_files.h"
#include "plan/native_templates.h"
#include "plan/plan.h"
#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// Remembers what plan_python_taps() found in the interpreters' files. That takes most of the time of a plan
// (disassembly), and depends on the file and on the mechanisms that are used, not on the process.
class TapCache {
public:
    static constexpr std::size_t kMost = 32;

    // As plan_python_taps().
    void add_taps(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                  const PlanSettings& settings);

private:
    // What became of a point.
    struct Verdict {
        bool observed;
        std::string why_not;
        std::vector<std::string> warnings;
        std::vector<std::string> notes;
    };
    struct Entry {
        FileIdentity file;
        std::string mechanisms;
        std::vector<PlannedProbe> probes;  // addresses as linked
        std::vector<Verdict> points;
        std::uint8_t clocks = 0;  // struct ft_python
    };

    [[nodiscard]] const Entry* find(const FileIdentity& file, const std::string& mechanisms) const;
    const Entry& remember(Entry entry);
    static Entry made_for(const Plan& plan, const Interpreter& interpreter, const Memory& memory,
                          const PlanSettings& settings);

    std::deque<Entry> entries_;  // oldest first
};

// What plans of different processes share.
struct PlanCache {
    ElfFiles files;
    TapCache taps;
    NativeTemplates natives;
};

}  // namespace flowtap
