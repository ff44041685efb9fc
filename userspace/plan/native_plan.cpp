// SPDX-License-Identifier: Apache-2.0
#include "plan/native_plan.h"

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "dwarf/debug_info.h"
#include "elf/elf_file.h"
#include "elf/function_code.h"
#include "plan/native_reads.h"

namespace flowtap {
namespace {

constexpr const char* kUretprobeDanger =
    "exit: uretprobe rewrites return addresses: the target dies if an exception or a stack switch passes "
    "this "
    "function, and returns nested deeper than 64 are not seen";

struct Binary {
    ElfFile elf;
    std::string path;
    std::uint64_t load_bias;
    std::shared_ptr<DebugInfo> debug;  // null: there is none, or none is needed
};

std::string base_name(const std::string& path) {
    std::string name = path.substr(path.rfind('/') + 1);
    constexpr std::string_view kDeleted = " (deleted)";
    if (name.ends_with(kDeleted)) name.resize(name.size() - kDeleted.size());
    return name;
}

bool is_named(const Profile& profile, const Mapping& mapping) {
    return std::ranges::find(profile.binaries, base_name(mapping.path)) != profile.binaries.end();
}

bool needs_names(const Profile& profile) {
    const auto by_name = [](const IdSource& source) { return std::holds_alternative<NativePath>(source); };
    return std::ranges::any_of(profile.points, [&](const Point& point) {
        return by_name(point.ids.workflow_id) || by_name(point.ids.workflow_name) ||
               by_name(point.ids.node_id);
    });
}

std::shared_ptr<DebugInfo> read_debug_info(const std::string& path) {
    Result<DebugInfo> debug = DebugInfo::read(Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), path);
    return debug ? std::make_shared<DebugInfo>(std::move(*debug)) : nullptr;
}

Result<std::vector<Binary>> open_binaries(const Profile& profile, const ProcessFacts& facts) {
    std::vector<Binary> binaries;
    std::set<std::string> seen;
    for (const Mapping& mapping : facts.mappings) {
        if (!mapping.executable || !is_named(profile, mapping) || !seen.insert(mapping.path).second) continue;
        const std::string path = mapped_file_path(facts, mapping);
        Result<ElfFile> elf = ElfFile::open(path);
        if (!elf) {
            Error error = std::move(elf).error();
            error.subject = mapping.path + " of process " + std::to_string(facts.pid);
            return error;
        }
        const auto bias = elf->load_bias(mapping.start, mapping.offset);
        if (!bias) {
            return Error{"locate code of", mapping.path, "its mapping matches none of its segments", "",
                         Error::Kind::kNoTarget};
        }
        binaries.push_back({std::move(*elf), path, *bias, nullptr});
        if (needs_names(profile)) binaries.back().debug = read_debug_info(path);
    }
    return binaries;
}

PlannedProbe probe_at(const Binary& binary, const Site& site, const Point& point, const char* suffix,
                      Program program, std::size_t index) {
    PlannedProbe probe;
    probe.name = point.name + ":" + suffix;
    probe.program = program;
    probe.file = binary.path;
    probe.file_offset = binary.elf.file_offset(site.address).value_or(0);
    probe.address = site.address + binary.load_bias;
    probe.cost = site.cost;
    probe.stack_adjust = site.stack_adjust.value_or(0);
    probe.point = index;
    probe.why = site.reason;
    return probe;
}

std::string hex(std::uint64_t value) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    do {
        text.insert(text.begin(), kDigits[value & 15]);
        value >>= 4;
    } while (value != 0);
    return "0x" + text;
}

// Why not every way out of the function can be seen; empty when all can.
std::string unseen_exit(const ExitSites& exits) {
    if (!exits.tail_calls.empty()) {
        return "it ends in a tail call at " + hex(exits.tail_calls.front().address) +
               ", which returns in its stead";
    }
    if (!exits.unresolved_jumps.empty())
        return "where its indirect jump at " + hex(exits.unresolved_jumps.front()) + " leads is not known";
    const auto unknown = [](const Site& site) { return !site.stack_adjust; };
    if (std::ranges::any_of(exits.sites, unknown))
        return "the stack pointer at one of its exits is not known";
    return {};
}

// The probes at a function's exits; an Error says which way out could not be seen.
Result<std::vector<PlannedProbe>> exit_probes(const Binary& binary, const FunctionCode& code,
                                              const Point& point, std::size_t index) {
    std::vector<PlannedProbe> probes;
    if (point.exit == ExitRule::kUretprobe) {
        Site entry;
        entry.address = code.entry();
        entry.cost = SiteCost::kEmulated;
        entry.reason = "the profile asks for a kernel return probe";
        probes.push_back(probe_at(binary, entry, point, "return", Program::kNativeReturn, index));
        return probes;
    }
    Result<ExitSites> exits = return_sites(code);
    if (!exits) return exits.error();
    if (const std::string unseen = unseen_exit(*exits); !unseen.empty()) {
        return Error{"find exits of", point.symbol, unseen,
                     "name a function that returns itself, or accept the danger of exit: uretprobe",
                     Error::Kind::kNoTarget};
    }
    for (const Site& site : exits->sites)
        probes.push_back(probe_at(binary, site, point, "exit", Program::kNativeExit, index));
    return probes;
}

Result<void> plan_function(Plan& plan, PlannedPoint& planned, const Binary& binary, std::uint64_t address) {
    const Point& point = planned.point;
    const std::size_t index = plan.points.size();
    Result<FunctionCode> code = FunctionCode::trace(binary.elf, address);
    if (!code) return code.error();
    Result<NativeReads> reads = entry_reads(point.ids, binary.debug.get(), address);
    if (!reads) return reads.error();
    Result<Site> entry = entry_site(*code, {reads->registers, reads->reads_memory});
    if (!entry) return entry.error();
    if (!entry->stack_adjust) {
        return Error{"find the entry of", point.symbol, "the stack pointer at its entry site is not known",
                     "", Error::Kind::kNoTarget};
    }
    Result<std::vector<PlannedProbe>> exits = exit_probes(binary, *code, point, index);
    if (!exits) return exits.error();
    plan.probes.push_back(probe_at(binary, *entry, point, "entry", Program::kNativeEntry, index));
    adjust_to_site(reads->reads, *entry->stack_adjust);
    plan.probes.back().reads = reads->reads;
    planned.origins = std::move(reads->origins);
    planned.workflow_names = std::move(reads->workflow_names);
    planned.node_names = std::move(reads->node_names);
    std::ranges::move(*exits, std::back_inserter(plan.probes));
    planned.observed = true;
    planned.mechanism =
        point.exit == ExitRule::kUretprobe ? "entry and kernel return probe" : "entry and returns";
    if (point.exit == ExitRule::kUretprobe) planned.warnings.emplace_back(kUretprobeDanger);
    return {};
}

// In whichever of the binaries has the function; the last binary's reason when none has.
Result<void> plan_point(Plan& plan, PlannedPoint& planned, const std::vector<Binary>& binaries) {
    Error error{"find function", planned.point.symbol, "no binary of the profile is mapped", "",
                Error::Kind::kNoTarget};
    for (const Binary& binary : binaries) {
        Result<Symbol> symbol = binary.elf.find_function(planned.point.symbol);
        if (symbol) return plan_function(plan, planned, binary, symbol->address);
        error = std::move(symbol).error();
    }
    return error;
}

}  // namespace

bool native_profile_fits(const Profile& profile, const ProcessFacts& facts) {
    return std::ranges::any_of(facts.mappings, [&](const Mapping& mapping) {
        return mapping.executable && is_named(profile, mapping);
    });
}

Result<void> plan_native_profile(Plan& plan, const Profile& profile, const ProcessFacts& facts) {
    Result<std::vector<Binary>> binaries = open_binaries(profile, facts);
    if (!binaries) return binaries.error();
    for (const Point& point : profile.points) {
        PlannedPoint planned;
        planned.profile = profile.name;
        planned.point = point;
        Result<void> done = plan_point(plan, planned, *binaries);
        if (!done) {
            Error error = std::move(done.error());
            error.operation = "plan point " + point.name + " (" + profile.source + ":" +
                              std::to_string(point.line) + "): " + error.operation;
            error.kind = Error::Kind::kUsage;
            return error;
        }
        plan.points.push_back(std::move(planned));
    }
    return {};
}

}  // namespace flowtap
