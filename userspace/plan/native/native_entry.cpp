// SPDX-License-Identifier: Apache-2.0
#include "plan/native/native_entry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "plan/native/go_function.h"

namespace flowtap {

PlannedProbe probe_at(const NativeBinary& binary, const Site& site, const Point& point, const char* suffix,
                      SiteDetails details, std::size_t index) {
    PlannedProbe probe;
    probe.name = point.name + ":" + suffix;
    probe.details = at_site(site, std::move(details));
    probe.file = binary.path;
    probe.code = AnalysedCode::of(*binary.elf, site.address);
    probe.file_offset = binary.elf->file_offset(site.address).value_or(0);
    probe.address = site.address + binary.load_bias;
    probe.cost = site.cost;
    probe.point = index;
    probe.why = site.reason;
    return probe;
}

Result<NativeEntry> native_entry(const NativeBinary& binary, std::uint64_t address, const Point& point,
                                 const EntryValues& wanted) {
    if (is_go_function(*binary.elf, address))
        return Error{"observe", point.symbol, kWhyNoGo, "", Error::Kind::kNoTarget};
    Result<FunctionCode> code = FunctionCode::trace(*binary.elf, address);
    if (!code) return code.error();
    Result<NativeReads> reads = entry_reads(wanted, binary.debug.get(), address);
    if (!reads) return reads.error();
    Result<Site> site = entry_site(*code, {reads->registers, reads->reads_memory});
    if (!site) return site.error();
    if (!site->stack_adjust) {
        return Error{"find the entry of", point.symbol, "the stack pointer at its entry site is not known",
                     "", Error::Kind::kNoTarget};
    }
    adjust_to_site(reads->reads, *site->stack_adjust);
    return NativeEntry{*std::move(code), *std::move(site), *std::move(reads)};
}

PlannedProbe entry_probe(const NativeBinary& binary, const NativeEntry& entry, const Point& point,
                         const char* suffix, FunctionEntry::Means means, std::size_t index) {
    return probe_at(
        binary, entry.site, point, suffix,
        FunctionEntry{
            .means = means, .function = entry.code.entry() + binary.load_bias, .reads = entry.reads.reads},
        index);
}

Result<void> check_free(const Plan& plan, const NativeFunction& function) {
    const std::uint64_t address = function.address + function.binary->load_bias;
    const auto probe = std::ranges::find_if(plan.probes, [&](const PlannedProbe& one) {
        const auto* entry = one.as<FunctionEntry>();
        return entry != nullptr && entry->function == address;
    });
    if (probe == plan.probes.end() || !probe->point) return {};
    const std::size_t point = *probe->point;
    const std::string name = point < plan.points.size() ? plan.points[point].point.name : "itself";
    return Error{"observe", function.name, "the point " + name + " observes it already"};
}

}  // namespace flowtap
