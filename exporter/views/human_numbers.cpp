// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/human_numbers.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/plural.h"

namespace flowtap {

namespace {

// Separates thousands.
std::string grouped(std::string digits) {
    for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
    return digits;
}

// Two significant digits below ten, no decimals above.
std::string short_number(double value) {
    std::array<char, 32> text{};
    const bool small = value < 9.95;
    std::snprintf(text.data(), text.size(), small ? "%.1f" : "%.0f", value);
    return small ? text.data() : grouped(text.data());
}

std::string two_units(double seconds, double larger, const char* large_name, double smaller,
                      const char* small_name) {
    const double whole = std::floor(seconds / larger);
    const double rest = std::floor((seconds - whole * larger) / smaller);
    return short_number(whole).substr(0, whole < 10 ? 1 : std::string::npos) + large_name + " " +
           std::to_string(static_cast<int>(rest)) + small_name;
}

}  // namespace

std::string duration_text(std::optional<double> seconds) {
    if (!seconds || !std::isfinite(*seconds)) return "–";
    if (*seconds < 999.5e-9) return short_number(*seconds * 1e9) + " ns";
    if (*seconds < 999.5e-6) return short_number(*seconds * 1e6) + " µs";
    if (*seconds < 999.5e-3) return short_number(*seconds * 1e3) + " ms";
    if (*seconds < 60) return short_number(*seconds) + " s";
    if (*seconds < 3600) return two_units(*seconds, 60, "m", 1, "s");
    if (*seconds < 100 * 3600.0) return two_units(*seconds, 3600, "h", 60, "m");
    return short_number(*seconds / 86400) + " d";
}

std::string rate_text(double per_second) {
    if (per_second <= 0) return "0";
    if (per_second < 0.1) return short_number(per_second * 60) + "/min";
    return (per_second < 1e5 ? short_number(per_second) : short_number(per_second / 1e3) + "k") + "/s";
}

std::string share_text(double share) {
    if (share <= 0) return "0";
    if (share < 0.001) return "<0.1 %";
    return short_number(share * 100) + " %";
}

std::string count_text(std::uint64_t count) { return grouped(std::to_string(count)); }

std::string counted_text(std::uint64_t count, const std::string& noun) {
    return count_text(count) + " " + plural(count, noun);
}

}  // namespace flowtap
