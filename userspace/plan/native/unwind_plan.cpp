// SPDX-License-Identifier: Apache-2.0
#include "plan/native/unwind_plan.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "elf/elf_file.h"
#include "process/mapped_file.h"

namespace flowtap {
namespace {

// The functions that install a context. Every exception and forced unwind continues through one of them.
constexpr std::array kUnwinders{"_Unwind_RaiseException", "_Unwind_Resume", "_Unwind_Resume_or_Rethrow",
                                "_Unwind_ForcedUnwind"};
constexpr std::array kLongjmps{"longjmp", "_longjmp", "siglongjmp", "__longjmp_chk"};
// Libraries that define them. A copy linked into another library is found only if that is the program itself
// or a binary of the profile.
constexpr std::array<std::string_view, 4> kLibraries{"libgcc_s.so", "libunwind.so", "libc.so", "ld-musl"};

// What a file that throws or catches imports if its unwinder is in another file.
constexpr std::array kShared{"_Unwind_Resume", "_Unwind_RaiseException", "__gxx_personality_v0",
                             "__cxa_throw", "__gcc_personality_v0"};

constexpr const char* kConsequence =
    "; an execution that such an exception ends is shown as active until its place on the stack is used "
    "again or its thread ends, and is then counted as aborted";

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class UnwindPlanner {
public:
    UnwindPlanner(Plan& plan, const ProcessFacts& facts) : plan_(plan), facts_(facts) {}

    void add_all() {
        for (const Mapping& mapping : facts_.mappings) {
            if (!mapping.executable || !may_hold_one(mapping) || !seen_.insert(mapping.path).second) continue;
            const std::string path = mapped_file_path(facts_, mapping);
            const Result<ElfFile> elf = ElfFile::open(path);
            if (!elf) continue;
            const auto bias = elf->load_bias(mapping.start, mapping.offset);
            if (!bias) continue;
            const std::size_t before = unwinds_;
            add(*elf, path, *bias);
            if (unwinds_ == before) note_unknown(*elf, mapping);
        }
    }

    // Which exceptions are not observed, and why; empty: all are observed.
    [[nodiscard]] std::string unseen() const {
        if (!foreign_.empty()) {
            return "exceptions that go through the unwinder in " + foreign_ +
                   " are not seen: its code is unknown" + kConsequence;
        }
        if (!hidden_.empty()) {
            return "exceptions in " + hidden_ + " are not seen: its unwinder is linked in without symbols" +
                   kConsequence;
        }
        if (unwinds_ > 0 || !has_landing_pads_) return {};
        return std::string(
                   "exceptions that pass through it are not seen: no unwinder was found in the process") +
               kConsequence;
    }

private:
    [[nodiscard]] bool may_hold_one(const Mapping& mapping) const {
        const std::string name = file_name(mapping.path);
        const auto begins = [&](std::string_view library) { return name.starts_with(library); };
        return std::ranges::any_of(kLibraries, begins) || is_watched(mapping);
    }

    [[nodiscard]] bool is_watched(const Mapping& mapping) const {
        const auto is_probed = [&](const PlannedProbe& probe) {
            return probe.point && probe.file == mapped_file_path(facts_, mapping);
        };
        return mapping.path == facts_.exe || std::ranges::any_of(plan_.probes, is_probed);
    }

    void add(const ElfFile& elf, const std::string& path, std::uint64_t bias) {
        const auto unwinder = landings_of(elf, kUnwinders, libgcc_landings);
        unwinds_ += unwinder.size();
        add_probes(unwinder, "unwind", false, elf, path, bias);
        if (unwinder.empty() && elf.find_symbol(kUnwinders[0])) {
            const auto others = libunwind_landings(elf);
            unwinds_ += others.size();
            add_probes(others, "unwind", false, elf, path, bias);
        }
        add_probes(landings_of(elf, kLongjmps, longjmp_landings), "longjmp", true, elf, path, bias);
        has_landing_pads_ = has_landing_pads_ || elf.has_landing_pads();
    }

    // No unwinder that flowtap knows is in the file. Checks for an unknown one.
    void note_unknown(const ElfFile& elf, const Mapping& mapping) {
        const auto is_import = [&](const char* name) { return elf.imports(name); };
        if (elf.find_symbol(kUnwinders[0])) {
            foreign_ = file_name(mapping.path);
        } else if (is_watched(mapping) && elf.has_landing_pads() &&
                   std::ranges::none_of(kShared, is_import)) {
            hidden_ = file_name(mapping.path);
        }
    }

    template <typename Names, typename Find>
    static std::vector<LandingSite> landings_of(const ElfFile& elf, const Names& names, Find find) {
        std::vector<LandingSite> sites;
        std::set<std::uint64_t> searched;
        for (const char* name : names) {
            const auto symbol = elf.find_symbol(name);
            if (!symbol || !searched.insert(symbol->address).second) continue;
            for (LandingSite& site : find(elf, symbol->address))
                if (searched.insert(site.site.address).second) sites.push_back(std::move(site));
        }
        return sites;
    }

    void add_probes(const std::vector<LandingSite>& sites, const char* name, bool is_jump, const ElfFile& elf,
                    const std::string& path, std::uint64_t bias) {
        for (const LandingSite& landing : sites) {
            PlannedProbe probe;
            probe.name = name;
            probe.file = path;
            probe.code = AnalysedCode::of(elf, landing.site.address);
            probe.file_offset = elf.file_offset(landing.site.address).value_or(0);
            probe.address = landing.site.address + bias;
            probe.cost = landing.site.cost;
            probe.details = UnwindLanding{is_jump, landing.stack_pointer, landing.exception};
            probe.why = landing.site.reason;
            plan_.probes.push_back(std::move(probe));
        }
    }

    Plan& plan_;
    const ProcessFacts& facts_;
    std::set<std::string> seen_;
    std::size_t unwinds_ = 0;
    bool has_landing_pads_ = false;
    std::string foreign_;  // a file with an unknown unwinder
    std::string hidden_;   // a file whose unwinder cannot be found
};

bool ends_by_return(const PlannedPoint& planned) {
    return planned.is_observed() && !planned.point.symbol.empty() && planned.point.exit == ExitRule::kReturn;
}

}  // namespace

void plan_unwinding(Plan& plan, const ProcessFacts& facts) {
    if (!std::ranges::any_of(plan.points, ends_by_return)) return;
    UnwindPlanner planner(plan, facts);
    planner.add_all();
    const std::string unseen = planner.unseen();
    for (PlannedPoint& planned : plan.points)
        if (ends_by_return(planned) && !unseen.empty()) planned.warnings.push_back(unseen);
}

}  // namespace flowtap
