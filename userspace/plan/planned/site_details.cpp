// SPDX-License-Identifier: Apache-2.0
#include "plan/planned/site_details.h"

namespace flowtap {
namespace {

// One function for each kind of site.
struct ProgramOf {
    Program operator()(const FunctionEntry& entry) const {
        switch (entry.means) {
            case FunctionEntry::Means::kCall:
                return Program::kNativeEntry;
            case FunctionEntry::Means::kKeyedCall:
                return Program::kKeyedEntry;
            case FunctionEntry::Means::kBegin:
                return Program::kMarkerBegin;
            case FunctionEntry::Means::kEnd:
                return Program::kMarkerEnd;
        }
        return Program::kNativeEntry;
    }
    Program operator()(const FunctionExit& exit) const {
        return exit.keyed ? Program::kKeyedExit : Program::kNativeExit;
    }
    Program operator()(const KernelReturn&) const { return Program::kNativeReturn; }
    Program operator()(const StaticMarker& marker) const {
        switch (marker.means) {
            case StaticMarker::Means::kBegin:
                return Program::kMarkerBegin;
            case StaticMarker::Means::kEnd:
                return Program::kMarkerEnd;
            case StaticMarker::Means::kDone:
                return Program::kMarkerDone;
        }
        return Program::kMarkerBegin;
    }
    Program operator()(const UnwindLanding&) const { return Program::kNativeLanding; }
    Program operator()(const CoroutineEntry& entry) const {
        return entry.means == CoroutineEntry::Means::kStep ? Program::kPythonStepEntry
                                                           : Program::kPythonDriveEntry;
    }
    Program operator()(const ReturnToC& exit) const {
        return exit.from == ReturnToC::From::kStep ? Program::kPythonStepExit : Program::kPythonCallExit;
    }
    Program operator()(const DriveExit&) const { return Program::kPythonDriveExit; }
    Program operator()(const CoroutineCreation&) const { return Program::kPythonCreated; }
    Program operator()(const CoroutineCompletion&) const { return Program::kPythonCompletion; }
    Program operator()(const CoroutineDestruction&) const { return Program::kPythonDestroyed; }
    Program operator()(const CallEntry&) const { return Program::kPythonCallEntry; }
    Program operator()(const VariableChange& change) const {
        return change.means == VariableChange::Means::kSet ? Program::kPythonVariableSet
                                                           : Program::kPythonVariableReset;
    }
    Program operator()(const ContextChange&) const { return Program::kPythonContextSet; }
    Program operator()(const ContextDestruction&) const { return Program::kPythonContextDestroyed; }
    Program operator()(const MarkingSite&) const { return Program::kPythonMark; }
    Program operator()(const RaisedCall&) const { return Program::kPythonRaised; }
    Program operator()(const TracebackSite&) const { return Program::kPythonTraceback; }
    Program operator()(const FrameKeep&) const { return Program::kPythonFrameKept; }
};

}  // namespace

Program program_of(const SiteDetails& details) { return std::visit(ProgramOf{}, details); }

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
