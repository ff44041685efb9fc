// SPDX-License-Identifier: Apache-2.0
#include "plan/native/marker_plan.h"

#include <optional>
#include <set>
#include <utility>

#include "code/function/function_code.h"
#include "plan/native/marker_reads.h"
#include "sites/local_site.h"

namespace flowtap {
namespace {

// Which of a point's markers, and what a hit of it means.
struct Role {
    std::string words;  // provider:name
    const char* suffix;
    StaticMarker::Means means;
};

Error no_marker(const std::string& words, std::string cause,
                std::string remedy = "name another marker, or a function") {
    return {"find marker", words, std::move(cause), std::move(remedy), Error::Kind::kUsage};
}

std::string markers_of(const std::vector<NativeBinary>& binaries) {
    constexpr std::size_t kMost = 8;
    std::set<std::string> names;
    for (const NativeBinary& binary : binaries)
        for (const Marker& marker : binary.elf->markers()) names.insert(marker.provider + ":" + marker.name);
    if (names.empty()) return "the mapped files of the profile have no markers (.note.stapsdt)";
    std::string text = "not among the markers:";
    std::size_t listed = 0;
    for (const std::string& name : names) {
        if (listed++ == kMost) return text + " ...";
        text += " " + name;
    }
    return text;
}

// Kernels 6.18 to 7.1 turn a 5-byte nop under a probe into a call, which overwrites what a leaf function
// keeps below the stack pointer. A nop changes nothing, so if no other path leads to the next instruction,
// that one serves as well.
Result<Site> behind_nop(const NativeBinary& binary, const Instruction& nop, const std::string& words) {
    constexpr const char* kHazard =
        "it is a 5-byte nop, which some kernels turn into a call that overwrites the target's red zone";
    const auto piece = binary.elf->piece_of(nop.address);
    if (!piece) return no_marker(words, kHazard);
    Result<FunctionCode> code = FunctionCode::trace(*binary.elf, piece->start);
    const FunctionCode::Node* next = code ? code->at(nop.next()) : nullptr;
    if (next == nullptr || next->predecessors != std::vector<std::uint64_t>{nop.address} || next->landing_pad)
        return no_marker(words,
                         std::string(kHazard) + ", and the next instruction may be the target of a jump");
    const Instruction& instruction = next->instruction;
    if (instruction.may_become_call || instruction.is_branch_target ||
        instruction.cost == ProbeCost::kRefused)
        return no_marker(words, std::string(kHazard) + ", and the next instruction cannot have a probe");
    Site site;
    site.address = instruction.address;
    site.cost = instruction.cost == ProbeCost::kEmulated ? SiteCost::kEmulated : SiteCost::kSingleStep;
    site.reason = "the instruction behind the marker's 5-byte nop";
    return site;
}

Result<Site> marker_site(const NativeBinary& binary, const Marker& marker, const std::string& words) {
    const auto instruction = decode_instruction(*binary.elf, marker.address);
    if (!instruction || !binary.elf->is_executable_address(marker.address))
        return no_marker(words, "its note names a place without code");
    if (instruction->may_become_call) return behind_nop(binary, *instruction, words);
    if (instruction->cost == ProbeCost::kRefused || instruction->is_branch_target)
        return no_marker(words, "the kernel refuses a probe on its instruction");
    Site site;
    site.address = marker.address;
    site.cost = instruction->cost == ProbeCost::kEmulated ? SiteCost::kEmulated : SiteCost::kSingleStep;
    site.reason = "the marker's place";
    return site;
}

Result<void> add_site(Plan& plan, PlannedPoint& planned, const Role& role, const NativeBinary& binary,
                      const Marker& marker) {
    Result<Site> site = marker_site(binary, marker, role.words);
    if (!site) return site.error();
    const MarkerPlace place{marker, binary.load_bias, *binary.elf};
    Result<NativeReads> reads = marker_reads(planned.point, role.means, place);
    if (!reads) return reads.error();
    PlannedProbe probe;
    probe.name = planned.point.name + ":" + role.suffix;
    probe.file = binary.path;
    probe.code = AnalysedCode::of(*binary.elf, site->address);
    probe.file_offset = binary.elf->file_offset(site->address).value_or(0);
    probe.address = site->address + binary.load_bias;
    probe.cost = site->cost;
    probe.point = plan.points.size();
    probe.why = site->reason;
    StaticMarker details{.means = role.means, .reads = reads->reads};
    if (marker.semaphore != 0) {
        details.semaphore_offset = binary.elf->data_offset(marker.semaphore);
        if (!details.semaphore_offset) return no_marker(role.words, "its semaphore is not in the file");
    }
    probe.details = details;
    plan.probes.push_back(std::move(probe));
    // An inlined marker is at several places, each with its own locations of arguments: the first stands for
    // all.
    if (planned.origins.empty()) planned.origins = std::move(reads->origins);
    return {};
}

Result<void> add_marker(Plan& plan, PlannedPoint& planned, const Role& role,
                        const std::vector<NativeBinary>& binaries) {
    constexpr std::size_t kMostSites = 256;
    std::size_t found = 0;
    for (const NativeBinary& binary : binaries) {
        for (const Marker& marker : binary.elf->markers()) {
            if (marker.provider + ":" + marker.name != role.words) continue;
            if (++found > kMostSites) return no_marker(role.words, "it has more than 256 places");
            if (Result<void> done = add_site(plan, planned, role, binary, marker); !done) return done;
        }
    }
    if (found > 0) return {};
    return no_marker(role.words, markers_of(binaries),
                     "write provider:name as readelf --notes shows it, or name a function");
}

}  // namespace

PointMechanism mechanism_of(const Markers& markers) {
    return markers.done.empty() ? PointMechanism::kBeginAndEndMarkers : PointMechanism::kDoneMarker;
}

Result<void> plan_markers(Plan& plan, PlannedPoint& planned, const std::vector<NativeBinary>& binaries) {
    const Markers& markers = planned.point.markers;
    const std::size_t before = plan.probes.size();
    std::vector<Role> roles;
    if (markers.done.empty()) {
        roles = {{markers.begin, "begin", StaticMarker::Means::kBegin},
                 {markers.end, "end", StaticMarker::Means::kEnd}};
    } else {
        roles = {{markers.done, "done", StaticMarker::Means::kDone}};
    }
    for (const Role& role : roles) {
        Result<void> done = add_marker(plan, planned, role, binaries);
        if (!done) {
            plan.probes.resize(before);
            return done;
        }
    }
    planned.observe_by(mechanism_of(markers));
    return {};
}

}  // namespace flowtap
