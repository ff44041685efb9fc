// SPDX-License-Identifier: Apache-2.0
// Labels that identify the process in which executions ran.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flowtap {

// What is known about a target; empty: unknown. Any value may come from the target, so it need not be UTF-8.
struct TargetLabels {
    std::string pid = {};
    std::string exe = {};
    std::string container = {};
    std::string pod = {};
    std::string namespace_name = {};
    std::string node = {};
};

enum class TargetLabel : std::uint8_t { kPid, kExe, kContainer, kPod, kNamespace, kNode };

// The label's name in the config file and in the metrics.
constexpr std::string_view label_of(TargetLabel label) {
    switch (label) {
        case TargetLabel::kPid:
            return "pid";
        case TargetLabel::kExe:
            return "exe";
        case TargetLabel::kContainer:
            return "container";
        case TargetLabel::kPod:
            return "pod";
        case TargetLabel::kNamespace:
            return "namespace";
        case TargetLabel::kNode:
            return "node";
    }
    return {};
}

// Names and cleaned values, in the order in which the names were chosen. Equal sets mean the same series.
class TargetLabelSet {
public:
    static constexpr std::size_t kMaxValueBytes = 128;

    TargetLabelSet() = default;
    TargetLabelSet(const std::vector<TargetLabel>& chosen, const TargetLabels& known);

    [[nodiscard]] const std::vector<std::pair<TargetLabel, std::string>>& labels() const { return labels_; }
    [[nodiscard]] std::size_t hash() const { return hash_; }
    bool operator==(const TargetLabelSet& other) const { return labels_ == other.labels_; }
    auto operator<=>(const TargetLabelSet& other) const { return labels_ <=> other.labels_; }

private:
    std::vector<std::pair<TargetLabel, std::string>> labels_;
    std::size_t hash_ = 0;
};

using SharedTargetLabels = std::shared_ptr<const TargetLabelSet>;

}  // namespace flowtap
