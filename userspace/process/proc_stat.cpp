// SPDX-License-Identifier: Apache-2.0
#include "process/proc_stat.h"

#include <charconv>

namespace flowtap {

namespace {

// Fields are numbered from 1 as in proc_pid_stat(5); the name is field 2, so the text after it starts at 3.
constexpr int kStateField = 3;
constexpr int kFlagsField = 9;
constexpr int kStartTimeField = 22;

std::optional<std::uint64_t> parse_number(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return value;
}

std::string_view field(std::string_view after_name, int number) {
    for (int at = kStateField; at < number; ++at) {
        const std::size_t blank = after_name.find(' ');
        if (blank == std::string_view::npos) return {};
        after_name.remove_prefix(blank + 1);
    }
    return after_name.substr(0, after_name.find_first_of(" \n"));
}

}  // namespace

std::optional<ProcStat> parse_proc_stat(std::string_view text) {
    const std::size_t name_end = text.rfind(") ");
    if (name_end == std::string_view::npos) return std::nullopt;
    const std::string_view after_name = text.substr(name_end + 2);
    const std::string_view state = field(after_name, kStateField);
    const auto flags = parse_number(field(after_name, kFlagsField));
    const auto start = parse_number(field(after_name, kStartTimeField));
    if (state.size() != 1 || !flags || !start) return std::nullopt;
    return ProcStat{state.front(), *flags, *start};
}

}  // namespace flowtap
