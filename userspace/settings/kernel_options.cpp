// SPDX-License-Identifier: Apache-2.0
#include "settings/kernel_options.h"

#include <bit>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace flowtap {
namespace {

constexpr std::uint32_t kSmallestBuffer = 4096;  // a page
constexpr std::uint32_t kLargestBuffer = 256u << 20;
constexpr std::uint32_t kFewestOpen = 16;
constexpr std::uint32_t kMostOpen = 1'000'000;

Error refused_size(std::string cause, std::string remedy) {
    return {"", "", std::move(cause), std::move(remedy), Error::Kind::kUsage};
}

std::optional<std::uint32_t> unit_of(std::string_view text) {
    constexpr std::pair<std::string_view, std::uint32_t> kUnits[] = {
        {"", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}};
    for (const auto& [name, bytes] : kUnits)
        if (name == text) return bytes;
    return std::nullopt;
}

// A number and its unit.
std::optional<std::pair<std::uint32_t, std::string_view>> parse_count(std::string_view text) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc()) return std::nullopt;
    return std::pair(count, text.substr(static_cast<std::size_t>(end - text.data())));
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    const auto count = parse_count(text);
    const auto unit = count ? unit_of(count->second) : std::nullopt;
    if (!unit) return std::nullopt;
    return std::uint64_t{count->first} * *unit;
}

}  // namespace

Result<void> read_events_buffer(RunOptions& options, const std::string& text) {
    const std::optional<std::uint64_t> bytes = parse_bytes(text);
    if (!bytes || *bytes < kSmallestBuffer || *bytes > kLargestBuffer || !std::has_single_bit(*bytes))
        return refused_size("not a power of two from 4KiB to 256MiB", "write, for example, 8MiB");
    options.events_buffer_bytes = static_cast<std::uint32_t>(*bytes);
    return {};
}

Result<void> read_max_open_executions(RunOptions& options, const std::string& text) {
    const auto count = parse_count(text);
    if (!count || !count->second.empty() || count->first < kFewestOpen || count->first > kMostOpen)
        return refused_size("not a number from 16 to 1000000", "write, for example, 65536");
    options.max_open_executions = count->first;
    return {};
}

BpfObject::Options kernel_sizes(const RunOptions& options) {
    return {.ring_bytes = options.events_buffer_bytes, .open_executions = options.max_open_executions};
}

}  // namespace flowtap
