// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flowtap {

// Why a file cannot be a profile or config, found before it is parsed as YAML.
struct TextFault {
    int line = 0;
    std::string cause;
    std::string remedy;
};

// Detects files that are too large or are not text: they contain control characters that no editor leaves in
// a YAML file.
[[nodiscard]] std::optional<TextFault> text_fault(std::string_view text);

// The whole contents of a regular file of at most FileLimits::kFileBytes. Never waits for a pipe or a
// device.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

}  // namespace flowtap
