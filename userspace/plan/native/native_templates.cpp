// SPDX-License-Identifier: Apache-2.0
#include "plan/native/native_templates.h"

#include <algorithm>
#include <map>
#include <utility>

#include "process/mapped_file.h"

namespace flowtap {
namespace {

std::vector<const Mapping*> code_of(const ProcessFacts& facts) {
    std::vector<const Mapping*> code;
    for (const Mapping& mapping : facts.mappings)
        if (mapping.executable) code.push_back(&mapping);
    return code;
}

// An access without a base register starts from a constant, which may be an address.
bool begins_at_address(const ft_access& access) {
    return access.base == FT_NO_REGISTER && access.constant != 0;
}

bool reads_data(const PlannedProbe& probe) {
    const ft_reads* reads = reads_of(probe.details);
    return reads != nullptr &&
           (begins_at_address(reads->workflow_id) || begins_at_address(reads->workflow_name) ||
            begins_at_address(reads->node_id) || begins_at_address(reads->key) ||
            begins_at_address(reads->duration) || begins_at_address(reads->result));
}

// Maps addresses of one process to another with the same layout.
class Move {
public:
    Move(const NativeLayout& layout, const std::vector<std::uint64_t>& from, const ProcessFacts& to)
        : layout_(layout), from_(from), to_(to), code_(code_of(to)) {}

    // Returns false if the probe is in no executable mapping.
    bool apply(PlannedProbe& probe) {
        const auto mapping = holding(probe.address);
        if (!mapping) return false;
        probe.file = path(*mapping);
        auto* entry = std::get_if<FunctionEntry>(&probe.details);
        return move(probe.address) && (entry == nullptr || move(entry->function));
    }

private:
    [[nodiscard]] std::optional<std::size_t> holding(std::uint64_t address) const {
        for (std::size_t i = 0; i < from_.size(); ++i)
            if (from_[i] <= address && address - from_[i] < layout_.code[i].length) return i;
        return std::nullopt;
    }
    bool move(std::uint64_t& address) const {
        const auto mapping = holding(address);
        if (mapping) address += code_[*mapping]->start - from_[*mapping];
        return mapping.has_value();
    }
    const std::string& path(std::size_t mapping) {
        const auto [known, is_new] = paths_.try_emplace(mapping);
        if (is_new) known->second = mapped_file_path(to_, *code_[mapping]);
        return known->second;
    }

    const NativeLayout& layout_;
    const std::vector<std::uint64_t>& from_;
    const ProcessFacts& to_;
    std::vector<const Mapping*> code_;
    std::map<std::size_t, std::string> paths_;
};

}  // namespace

std::optional<NativeLayout> NativeLayout::of(const ProcessFacts& facts) {
    const auto root = FileIdentity::at("/proc/" + std::to_string(facts.pid) + "/root");
    if (!root) return std::nullopt;
    NativeLayout layout{facts.exe, {root->device, root->inode}, {}};
    std::map<std::string, FileIdentity> known;
    for (const Mapping* mapping : code_of(facts)) {
        if (!known.contains(mapping->path)) {
            const auto file = FileIdentity::at(mapped_file_path(facts, *mapping));
            if (!file) return std::nullopt;
            known.emplace(mapping->path, *file);
        }
        layout.code.push_back(
            {known.at(mapping->path), mapping->path, mapping->offset, mapping->end - mapping->start});
    }
    return layout;
}

bool NativeTemplates::fill(Plan& plan, const ProcessFacts& facts, const NativeLayout& layout) const {
    const auto found = std::ranges::find(kept_, layout, &Template::layout);
    if (found == kept_.end()) return false;
    std::vector<PlannedProbe> probes = found->probes;
    Move move(found->layout, found->starts, facts);
    for (PlannedProbe& probe : probes)
        if (!move.apply(probe)) return false;
    plan.points = found->points;
    plan.probes = std::move(probes);
    return true;
}

void NativeTemplates::keep(const Plan& plan, const ProcessFacts& facts, NativeLayout layout) {
    if (std::ranges::any_of(plan.probes, reads_data)) return;
    std::vector<std::uint64_t> starts;
    for (const Mapping* mapping : code_of(facts)) starts.push_back(mapping->start);
    if (kept_.size() == kMost) kept_.pop_front();
    kept_.push_back({std::move(layout), std::move(starts), plan.points, plan.probes});
}

}  // namespace flowtap
