// SPDX-License-Identifier: Apache-2.0
// Checks the kinds of names that a profile may contain, and formats names for messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flowtap {

// Text from a file for a message of one line: in quotes, with control characters as \xNN, and truncated.
// Call it as flowtap::quoted(): of a std::string, std::quoted() is found as well.
[[nodiscard]] std::string quoted(std::string_view text);

// Like Python's str.split(separator): n separators give n + 1 parts, empty ones too.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string_view>& words);

// Letters, digits, '_', '-', '.', at most 64 characters: it becomes a label value and an argument of options.
[[nodiscard]] bool is_label(std::string_view text);

// A Python identifier. Letters outside of ASCII are not checked.
[[nodiscard]] bool is_identifier(std::string_view text);

// "kailash.runtime.local"
[[nodiscard]] bool is_module(std::string_view text);

// A code object's co_qualname: "LocalRuntime._execute_async", "run.<locals>.step", "run.<locals>.<lambda>".
[[nodiscard]] bool is_qualname(std::string_view text);

}  // namespace flowtap
