// SPDX-License-Identifier: Apache-2.0
#include "plan/planned/site_details.h"

namespace flowtap {
namespace {

template <typename... Kinds>
bool is_one_of(const SiteDetails& details) {
    return (std::holds_alternative<Kinds>(details) || ...);
}

}  // namespace

bool fits(Program program, const SiteDetails& details) {
    switch (program) {
        case Program::kNativeEntry:
        case Program::kKeyedEntry:
            return is_one_of<FunctionEntry>(details);
        case Program::kNativeExit:
        case Program::kKeyedExit:
            return is_one_of<FunctionExit>(details);
        case Program::kMarkerBegin:
        case Program::kMarkerEnd:
            return is_one_of<StaticMarker, FunctionEntry>(details);
        case Program::kMarkerDone:
            return is_one_of<StaticMarker>(details);
        case Program::kNativeReturn:
            return is_one_of<KernelReturn>(details);
        case Program::kNativeLanding:
            return is_one_of<UnwindLanding>(details);
        case Program::kPythonStepEntry:
        case Program::kPythonDriveEntry:
            return is_one_of<CoroutineEntry>(details);
        case Program::kPythonStepExit:
        case Program::kPythonCallExit:
            return is_one_of<ReturnToC>(details);
        case Program::kPythonDriveExit:
            return is_one_of<DriveExit>(details);
        case Program::kPythonCallEntry:
            return is_one_of<CallEntry>(details);
        case Program::kPythonCreated:
            return is_one_of<CoroutineCreation>(details);
        case Program::kPythonCompletion:
            return is_one_of<CoroutineCompletion>(details);
        case Program::kPythonDestroyed:
            return is_one_of<CoroutineDestruction>(details);
        case Program::kPythonVariableSet:
        case Program::kPythonVariableReset:
            return is_one_of<VariableChange>(details);
        case Program::kPythonContextSet:
            return is_one_of<ContextChange>(details);
        case Program::kPythonContextDestroyed:
            return is_one_of<ContextDestruction>(details);
        case Program::kPythonMark:
            return is_one_of<MarkingSite>(details);
        case Program::kPythonRaised:
            return is_one_of<RaisedCall>(details);
        case Program::kPythonTraceback:
            return is_one_of<TracebackSite>(details);
        case Program::kPythonFrameKept:
            return is_one_of<FrameKeep>(details);
        case Program::kPythonWatchBegin:
        case Program::kPythonWatchEnd:
            return false;  // hardware watches
    }
    return false;
}

SiteDetails at_site(const Site& site, SiteDetails details) {
    const auto set = [&](auto& kind) {
        if constexpr (requires { kind.stack_adjust; }) kind.stack_adjust = site.stack_adjust.value_or(0);
    };
    std::visit(set, details);
    return details;
}

const ft_reads* reads_of(const SiteDetails& details) {
    if (const auto* entry = std::get_if<FunctionEntry>(&details)) return &entry->reads;
    if (const auto* marker = std::get_if<StaticMarker>(&details)) return &marker->reads;
    return nullptr;
}

}  // namespace flowtap
