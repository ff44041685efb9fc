// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dwarf/debug_info.h"
#include "elf/elf_file.h"
#include "process/process_facts.h"
#include "profile/profile.h"

namespace flowtap {

// An executable file that a process has mapped.
struct NativeBinary {
    std::shared_ptr<const ElfFile> elf;
    std::shared_ptr<const DebugInfo> debug;  // null: there is none, or the profile needs none
    std::string path;                        // by which this process can open it
    std::string name;                        // base name in the target
    std::uint64_t load_bias = 0;
};

// "/opt/engine (deleted)" gives "engine".
std::string base_name(const std::string& path);

// Whether one of the names matches; '*' stands for any characters.
bool is_named(const std::vector<std::string>& names, std::string_view name);

// The mapped files that match the profile's names, once for each place where they are loaded. Errors
// (kNoTarget): one of them cannot be read.
Result<std::vector<NativeBinary>> open_binaries(const Profile& profile, const ProcessFacts& facts);

}  // namespace flowtap
