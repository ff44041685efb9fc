// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/target_labels.h"

#include <functional>

#include "pipeline/text.h"

namespace flowtap {

namespace {

const std::string& value_of(const TargetLabels& known, TargetLabel label) {
    switch (label) {
        case TargetLabel::kPid:
            return known.pid;
        case TargetLabel::kExe:
            return known.exe;
        case TargetLabel::kContainer:
            return known.container;
        case TargetLabel::kPod:
            return known.pod;
        case TargetLabel::kNamespace:
            return known.namespace_name;
        case TargetLabel::kNode:
            break;
    }
    return known.node;
}

}  // namespace

TargetLabelSet::TargetLabelSet(const std::vector<TargetLabel>& chosen, const TargetLabels& known) {
    labels_.reserve(chosen.size());
    for (const TargetLabel label : chosen) {
        labels_.emplace_back(label, clean_label(value_of(known, label), kMaxValueBytes));
        hash_ = hash_ * 31 + std::hash<std::string>{}(labels_.back().second);
    }
}

}  // namespace flowtap
