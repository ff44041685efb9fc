// SPDX-License-Identifier: Apache-2.0
// How often probes of the interpreter fire while an engine runs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace flowtap {

// Hits of all probes of one name for one execution of a point that they observe, as measured with the
// profile's engine.
class ExpectedHits {
public:
    // `minor`: of the oldest CPython 3 that the figure is for. It holds until the next version with a figure.
    void add(std::string_view probe, unsigned minor, double hits);

    // On CPython 3.<minor>; on versions older than all with a figure, that of the oldest of these. nullopt:
    // the profile has no figure for this probe. `probe`: a label of flowtap_probe_hits_total.
    [[nodiscard]] std::optional<double> of(std::string_view probe, unsigned minor) const;

    [[nodiscard]] bool empty() const { return probes_.empty(); }
    bool operator==(const ExpectedHits&) const = default;

private:
    std::map<std::string, std::map<unsigned, double>, std::less<>> probes_;
};

}  // namespace flowtap
