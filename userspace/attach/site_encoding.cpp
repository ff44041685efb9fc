// SPDX-License-Identifier: Apache-2.0
#include "attach/site_encoding.h"

#include <optional>
#include <variant>

namespace flowtap {
namespace {

__u8 number_or_none(std::optional<Register> one) { return one ? number_of(*one) : FT_NO_REGISTER; }

ft_place encode_place(const ValuePlace& place) {
    return {place.offset, place.addend, number_of(place.base), place.in_memory};
}

// One function for each kind of site; of what a kind does not have, the values stay as they are.
struct SiteEncoder {
    ft_site& site;

    void operator()(const FunctionEntry&) const {}  // its reads have a number
    void operator()(const FunctionExit& exit) const { site.exit_flags = exit.flags; }
    void operator()(const KernelReturn&) const {}
    void operator()(const StaticMarker&) const {}   // its reads have a number
    void operator()(const UnwindLanding&) const {}  // has a table of its own
    void operator()(const CoroutineEntry& entry) const { site.object = number_of(entry.coroutine); }
    void operator()(const ReturnToC& exit) const {
        site.result = number_of(exit.result);
        site.object = number_or_none(exit.argument);
    }
    void operator()(const DriveExit&) const {}
    void operator()(const CoroutineCreation& creation) const { site.result = number_of(creation.coroutine); }
    void operator()(const CoroutineCompletion& completion) const {
        site.object = number_of(completion.frame);
    }
    void operator()(const CoroutineDestruction& destruction) const {
        using Ends = CoroutineDestruction::Ends;
        const Ends ends = destruction.ends;
        site.object = number_of(destruction.coroutine);
        site.unfinished = ends == Ends::kUncompleted || ends == Ends::kUncompletedToClose;
        site.runs_on = ends == Ends::kNotSuspended || ends == Ends::kUncompletedToClose;
    }
    void operator()(const CallEntry& call) const {
        site.object = number_of(call.object);
        if (call.arguments) {
            site.arguments = number_of(call.arguments->first);
            site.argument_count = number_of(call.arguments->count);
            site.keywords = number_of(call.arguments->keywords);
        }
        std::visit(*this, call.called);
    }
    void operator()(const CallEntry::BoundMethod&) const {}
    void operator()(const CallEntry::Method& method) const { site.function = number_of(method.function); }
    void operator()(const CallEntry::Instance&) const { site.by_class = 1; }
    void operator()(const CallEntry::Callable& callable) const {
        site.any_callable = 1;
        site.result = number_or_none(callable.arguments);
    }
    void operator()(const VariableChange& change) const { site.object = number_of(change.variable); }
    void operator()(const ContextChange& change) const {
        site.object = number_of(change.variable);
        site.function = number_of(change.value);
        site.result = number_of(change.token);
    }
    void operator()(const ContextDestruction& destruction) const {
        site.object = number_of(destruction.context);
    }
    void operator()(const MarkingSite& mark) const { site.object = number_or_none(mark.type); }
    void operator()(const RaisedCall&) const {}
    void operator()(const TracebackSite& traceback) const {
        const bool is_frame = traceback.holds == TracebackSite::Holds::kFrame;
        (is_frame ? site.object : site.result) = number_of(traceback.holder);
    }
    void operator()(const FrameKeep& keep) const { site.object = number_of(keep.frame); }
};

}  // namespace

ft_site encode_site(const SiteDetails& details) {
    ft_site site = {};
    site.result = site.object = site.function = FT_NO_REGISTER;
    site.arguments = site.argument_count = site.keywords = FT_NO_REGISTER;
    const auto set_stack = [&](const auto& kind) {
        if constexpr (requires { kind.stack_adjust; }) site.stack_adjust = kind.stack_adjust;
    };
    std::visit(set_stack, details);
    std::visit(SiteEncoder{site}, details);
    return site;
}

ft_landing encode_landing(const UnwindLanding& landing, std::uint32_t probe) {
    return {probe, landing.is_jump, encode_place(landing.stack_pointer), encode_place(landing.exception)};
}

std::uint8_t encode_failure(FailureRule rule) {
    switch (rule) {
        case FailureRule::kNever:
            return FT_FAILURE_NEVER;
        case FailureRule::kNonZero:
            return FT_FAILURE_NON_ZERO;
        case FailureRule::kZero:
            return FT_FAILURE_ZERO;
        case FailureRule::kNegative:
            return FT_FAILURE_NEGATIVE;
    }
    return FT_FAILURE_NEVER;
}

}  // namespace flowtap
