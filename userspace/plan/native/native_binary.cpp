// SPDX-License-Identifier: Apache-2.0
#include "plan/native/native_binary.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "elf/symbols/wildcard.h"
#include "process/mapped_file.h"

namespace flowtap {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

std::string without_deleted(std::string path) {
    if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
    return path;
}

DebugSearch search_for(const ProcessFacts& facts, const Mapping& mapping) {
    return {{"/proc/" + std::to_string(facts.pid) + "/root", "/"}, without_deleted(mapping.path)};
}

bool needs_names(const Profile& profile) {
    const auto by_name = [](const IdSource& source) { return std::holds_alternative<NativePath>(source); };
    return std::ranges::any_of(profile.points, [&](const Point& point) {
        return by_name(point.ids.workflow_id) || by_name(point.ids.workflow_name) ||
               by_name(point.ids.node_id) || by_name(point.keyed.key) || by_name(point.keyed.end_key) ||
               by_name(point.keyed.result);
    });
}

// The debug information of the binary itself, or of its debug file.
std::shared_ptr<const DebugInfo> read_debug_info(const ElfFile& elf, const DebugSearch& search) {
    Result<DebugInfo> own = DebugInfo::read(Fd(::open(elf.path().c_str(), O_RDONLY | O_CLOEXEC)), elf.path());
    if (own) return std::make_shared<DebugInfo>(std::move(*own));
    std::optional<DebugFile> file = elf.debug_file();
    if (!file) return nullptr;
    std::optional<DebugFile> alternate = find_alternate_file(file->fd, search);
    Result<DebugInfo> apart =
        DebugInfo::read(std::move(file->fd), file->path, alternate ? std::move(alternate->fd) : Fd());
    return apart ? std::make_shared<DebugInfo>(std::move(*apart)) : nullptr;
}

Error unreadable(Error error, const ProcessFacts& facts, const Mapping& mapping) {
    error.subject = mapping.path + " of process " + std::to_string(facts.pid);
    return error;
}

Result<NativeBinary> open_binary(const Profile& profile, const ProcessFacts& facts, const Mapping& mapping) {
    NativeBinary binary;
    binary.path = mapped_file_path(facts, mapping);
    binary.name = base_name(mapping.path);
    const DebugSearch search = search_for(facts, mapping);
    Result<ElfFile> elf = ElfFile::open(binary.path, search);
    if (!elf) return unreadable(std::move(elf).error(), facts, mapping);
    if (needs_names(profile)) binary.debug = read_debug_info(*elf, search);
    binary.elf = std::make_shared<ElfFile>(std::move(*elf));
    return binary;
}

}  // namespace

std::string base_name(const std::string& path) { return without_deleted(path.substr(path.rfind('/') + 1)); }

bool is_named(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::any_of(names, [&](const std::string& one) { return matches_wildcard(one, name); });
}

Result<std::vector<NativeBinary>> open_binaries(const Profile& profile, const ProcessFacts& facts) {
    std::vector<NativeBinary> binaries;
    std::map<std::string, NativeBinary> opened;  // by path
    std::set<std::pair<std::string, std::uint64_t>> seen;
    for (const Mapping& mapping : facts.mappings) {
        if (!mapping.executable || !is_named(profile.binaries, base_name(mapping.path))) continue;
        if (!opened.contains(mapping.path)) {
            Result<NativeBinary> binary = open_binary(profile, facts, mapping);
            if (!binary) return binary.error();
            opened.emplace(mapping.path, std::move(*binary));
        }
        NativeBinary binary = opened.at(mapping.path);
        const auto bias = binary.elf->load_bias(mapping.start, mapping.offset);
        if (!bias) {
            return Error{"locate code of", mapping.path, "its mapping matches none of its segments", "",
                         Error::Kind::kNoTarget};
        }
        if (!seen.emplace(mapping.path, *bias).second) continue;
        binary.load_bias = *bias;
        binaries.push_back(std::move(binary));
    }
    return binaries;
}

}  // namespace flowtap
