// SPDX-License-Identifier: Apache-2.0
#include "pipeline/execution_tracker.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>
#include <variant>

#include "pipeline/identity.h"
#include "pipeline/text.h"

namespace flowtap {

struct ExecutionTracker::Ending {
    std::uint64_t time_ns = 0;
    Status status = Status::kAborted;
    std::string error_type = {};
    bool duration_known = true;
    bool in_kernel_map = true;
    std::uint64_t running_ns = FT_RUNNING_UNKNOWN;
};

namespace {

// asyncio's exception for cancelled tasks; the class moved between modules, but its name stayed.
constexpr std::string_view kPythonCancellation = "CancelledError";
// What close() throws into a coroutine that has not finished.
constexpr std::string_view kPythonClosed = "GeneratorExit";
constexpr std::string_view kUnknownError = "unknown";

// Coroutines: measured in the kernel. Executions bound to a stack: equal to the duration. Executions with a
// key of their own: unknown, because the engine may suspend them unseen.
std::optional<std::uint64_t> running_time(const Execution& execution, std::uint64_t measured_ns,
                                          std::uint64_t duration_ns) {
    if (execution.key_kind == FT_KEY_OBJECT || execution.key_kind == FT_KEY_CONTEXT) return std::nullopt;
    if (execution.key_kind != FT_KEY_COROUTINE) return duration_ns;
    if (measured_ns == FT_RUNNING_UNKNOWN) return std::nullopt;
    return std::min(measured_ns, duration_ns);
}

// The value of the text, for comparison with the profile's constant; FT_TEXT_NONE is None.
std::string failure_of(const JudgedValue& judged, const ft_text& text) {
    const bool is_none = text.encoding == FT_TEXT_NONE;
    const std::string value = is_none ? "None" : to_label(text);
    // As in Python, where True == 1.
    const bool is_boolean = text.encoding == FT_TEXT_BOOLEAN;
    const std::string compared = is_boolean ? (value == "True" ? "1" : "0") : value;
    const bool equal = is_none ? !judged.failure : judged.failure == compared;
    return equal == judged.differs ? "" : judged.name + "=" + value;
}

std::string error_type_of(const ft_header& header, const ft_text& text) {
    if (header.status != FT_STATUS_FAILED) return {};
    std::string type = to_label(text);
    return type.empty() ? std::string(kUnknownError) : type;
}

Status status_of(const EndEvent& event, const std::string& error_type, bool python) {
    if (event.header.status == FT_STATUS_ABORTED) return Status::kAborted;
    if (event.header.status != FT_STATUS_FAILED) return Status::kSuccess;
    if (python && error_type == kPythonClosed) return Status::kAborted;
    return python && error_type == kPythonCancellation ? Status::kCancelled : Status::kFailed;
}

bool has_unreadable_id(const ft_begin& begin) {
    const unsigned flags =
        begin.workflow_id.flags | begin.workflow_name.flags | begin.node_id.flags | begin.node_type.flags;
    return (flags & FT_TEXT_UNREADABLE) != 0;
}

std::string named(const ft_text& text, const std::map<std::int64_t, std::string>& names) {
    std::int64_t number = 0;
    const bool is_number = text.encoding == FT_TEXT_INTEGER || text.encoding == FT_TEXT_UNSIGNED;
    if (names.empty() || !is_number || text.length != sizeof number) return to_label(text);
    std::memcpy(&number, text.data, sizeof number);
    const auto name = names.find(number);
    return name == names.end() ? to_label(text) : name->second;
}

bool may_move_between_threads(const Execution& execution) {
    return execution.key_kind == FT_KEY_COROUTINE || execution.key_kind == FT_KEY_OBJECT ||
           execution.key_kind == FT_KEY_CONTEXT;
}

// The context is gone, or an outer set of the variable was reset first: the time of the end is unknown.
bool was_never_reset(const EndEvent& event) {
    return event.header.key_kind == FT_KEY_CONTEXT && event.header.status == FT_STATUS_ABORTED;
}

std::uint64_t call_stack_of(const BeginEvent& event) {
    return event.header.key_kind == FT_KEY_STACK ? event.header.key : event.call_stack;
}

bool names_workflow(const BeginEvent& event) {
    return event.workflow_id.encoding != FT_TEXT_NONE || event.workflow_name.encoding != FT_TEXT_NONE;
}

// A task's stack does not contain the functions that created its coroutine, which know the node's ids.
BeginEvent with_its_creator(BeginEvent event, const ft_begin& created) {
    if (event.parent_key != 0) return event;
    event.parent_key = created.parent_key;
    if (names_workflow(event)) return event;
    event.workflow_id = created.workflow_id;
    event.workflow_name = created.workflow_name;
    if (created.node_id.encoding != FT_TEXT_NONE) event.node_id = created.node_id;
    return event;
}

BeginEvent with_late_ids(BeginEvent event, const ft_begin& named) {
    const auto fill = [](ft_text& to, const ft_text& from, bool otherwise_known) {
        if (!otherwise_known) to = from;
    };
    const bool workflow_known = names_workflow(event);
    fill(event.workflow_id, named.workflow_id, workflow_known);
    fill(event.workflow_name, named.workflow_name, workflow_known);
    fill(event.node_id, named.node_id, event.node_id.encoding != FT_TEXT_NONE);
    fill(event.node_type, named.node_type, named.node_type.encoding == FT_TEXT_NONE);
    return event;
}

bool misses_workflow(const PointInfo& point, std::uint64_t token_around) {
    return point.in_workflows && point.kind == ExecutionKind::kNode && token_around == 0;
}

void report(UnpairedReason reason, std::vector<Outcome>& outcomes) {
    outcomes.emplace_back(Unpaired{reason});
}

}  // namespace

void ExecutionTracker::add_point(std::uint32_t index, PointInfo point) {
    points_.insert_or_assign(index, std::move(point));
    known_.forget_all();
}

void ExecutionTracker::apply(const Event& event, Outcomes& outcomes) {
    if (!held_.empty()) release_ends_of_thread(event, outcomes);
    std::visit([&](const auto& decoded) { on(decoded, outcomes); }, event);
}

void ExecutionTracker::release_ends_of_thread(const Event& event, Outcomes& outcomes) {
    const ft_header* header = header_of(event);
    if (header == nullptr || std::holds_alternative<RaisedEvent>(event)) return;
    if (auto held = held_.take(header->tgid, header->tid)) outcomes.emplace_back(*std::move(held));
}

void ExecutionTracker::on(const CreatedEvent& event, Outcomes&) {
    const auto point = points_.find(event.begin.header.point);
    const bool is_workflow = point != points_.end() && point->second.kind == ExecutionKind::kWorkflow;
    created_.put(event.begin, is_workflow);
}

void ExecutionTracker::on(const BeginEvent& event, Outcomes& outcomes) {
    const std::optional<ft_begin> created = created_.take(event.header.tgid, event.header.key);
    const BeginEvent whole = created ? with_its_creator(event, *created) : event;
    if (whole.parent_key != 0) begin_created(whole.header.tgid, whole.parent_key, outcomes);
    begin(whole, outcomes);
}

bool ExecutionTracker::begin_created(std::uint32_t tgid, std::uint64_t key, Outcomes& outcomes) {
    const std::optional<ft_begin> created = created_.take(tgid, key);
    if (created) begin(*created, outcomes);
    return created.has_value();
}

void ExecutionTracker::begin(const BeginEvent& event, Outcomes& outcomes) {
    const ft_header& header = event.header;
    end_stale(event, outcomes);
    in_flight_.remove(header.tgid, header.key);
    const auto point = points_.find(header.point);
    if (point == points_.end()) return report(UnpairedReason::kUnknownPoint, outcomes);
    if (open_.size() >= max_open_) return report(UnpairedReason::kTooManyOpen, outcomes);
    start(event, point->second, outcomes);
}

// A key or a place on a stack belongs to at most one open execution. So a begin with the key or at the place
// of an open execution proves that the open one ended, at an unknown time.
void ExecutionTracker::end_stale(const BeginEvent& event, Outcomes& outcomes) {
    const ft_header& begin = event.header;
    const auto end_one = [&](Execution* stale, bool in_kernel_map) {
        if (stale == nullptr) return;
        end(*stale, {.time_ns = begin.time_ns, .duration_known = false, .in_kernel_map = in_kernel_map},
            outcomes);
        report(UnpairedReason::kLeftWithoutReturn, outcomes);
    };
    // The kernel's entry for the key belongs to the new execution. The entry for the old call's place stays:
    // if the call returns after all, its end is not taken for one in flight at the attach.
    end_one(open_.find(begin.tgid, begin.key), false);
    end_one(open_.at_stack(begin.tgid, call_stack_of(event)), true);
}

void ExecutionTracker::start(const BeginEvent& event, const PointInfo& point, Outcomes& outcomes) {
    const ft_header& header = event.header;
    const Execution* enclosing = enclosing_workflow(event, point);
    const Execution& execution = open_.insert({.key = header.key,
                                               .token = ++last_token_,
                                               .tgid = header.tgid,
                                               .tid = header.tid,
                                               .key_kind = static_cast<ft_key_kind>(header.key_kind),
                                               .python = point.python,
                                               .call_stack = call_stack_of(event),
                                               .begin_ns = header.time_ns,
                                               .identity = identity_of(event, point, enclosing)});
    const std::uint64_t around = token_around(execution.tgid, execution.identity, enclosing);
    Started started{.token = execution.token,
                    .tgid = execution.tgid,
                    .tid = execution.tid,
                    .key = execution.key,
                    .time_ns = execution.begin_ns,
                    .identity = execution.identity,
                    .workflow_token = around,
                    .point = header.point,
                    .id_unreadable = has_unreadable_id(event),
                    .coroutine = may_move_between_threads(execution),
                    .workflow_missing = misses_workflow(point, around)};
    workflows_.began(execution.tgid, execution.identity, execution.token);
    if (point.ids_at_end && put_off_.size() < kMaxPutOff) {
        put_off_.emplace(execution.token, PutOff{std::move(started), event, enclosing != nullptr});
        return;
    }
    outcomes.emplace_back(std::move(started));
    if (enclosing == nullptr && lacks_workflow(execution, point))
        report(UnpairedReason::kNodeWithoutWorkflow, outcomes);
}

void ExecutionTracker::report_start(const Execution& execution, Outcomes& outcomes) {
    const auto found = put_off_.find(execution.token);
    if (found == put_off_.end()) return;
    const PutOff put_off = std::move(found->second);
    put_off_.erase(found);
    const auto point = points_.find(put_off.started.point);
    const bool lacking =
        point != points_.end() && !put_off.enclosed && lacks_workflow(execution, point->second);
    outcomes.emplace_back(put_off.started);
    if (lacking) report(UnpairedReason::kNodeWithoutWorkflow, outcomes);
}

// What its callers knew when it began comes first, as with any other node.
void ExecutionTracker::on(const NamedEvent& event, Outcomes& outcomes) {
    const ft_header& header = event.begin.header;
    begin_created(header.tgid, header.key, outcomes);
    Execution* execution = open_.find(header.tgid, header.key);
    const auto found = execution == nullptr ? put_off_.end() : put_off_.find(execution->token);
    if (found == put_off_.end() || header.time_ns < execution->begin_ns) return;
    PutOff& put_off = found->second;
    const PointInfo& point = points_.at(put_off.started.point);
    const BeginEvent whole = with_late_ids(put_off.begin, event.begin);
    // Its own identity has the workflow of the execution around it, which may have ended since.
    execution->identity = identities_.share(identify(whole, point, execution));
    Started& started = put_off.started;
    started.identity = execution->identity;
    started.id_unreadable = has_unreadable_id(whole);
    if (started.workflow_token == 0)
        started.workflow_token = token_around(header.tgid, started.identity, nullptr);
    started.workflow_missing = misses_workflow(point, started.workflow_token);
    report_start(*execution, outcomes);
}

// For nodes whose callers do not identify their workflow's execution: uses the only open one.
std::uint64_t ExecutionTracker::token_around(std::uint32_t tgid, const Identity& identity,
                                             const Execution* enclosing) const {
    if (enclosing != nullptr) return enclosing->token;
    const auto* node = std::get_if<NodeIdentity>(&identity);
    if (node == nullptr || created_.any_workflow(tgid) || in_flight_.any(tgid)) return 0;
    return workflows_.only(tgid, node->workflow_id);
}

// A task's frames do not identify its workflow's execution, but its ids name the workflow. A coroutine that
// was only created may later turn out to have begun.
bool ExecutionTracker::lacks_workflow(const Execution& node, const PointInfo& point) const {
    return point.python && point.in_workflows && point.kind == ExecutionKind::kNode &&
           !created_.any(node.tgid) && !workflows_.any(node.tgid, workflow_of(node.identity));
}

SharedIdentity ExecutionTracker::identity_of(const BeginEvent& event, const PointInfo& point,
                                             const Execution* enclosing) {
    const KnownIdentities::Question question(event, enclosing == nullptr ? nullptr : &enclosing->identity);
    if (const SharedIdentity* known = known_.find(question)) return *known;
    SharedIdentity identity = identities_.share(identify(event, point, enclosing));
    known_.remember(question, identity);
    return identity;
}

Identity ExecutionTracker::identify(const BeginEvent& event, const PointInfo& point,
                                    const Execution* enclosing) {
    auto workflow = given_workflow_name(named(event.workflow_id, point.workflow_names),
                                        to_label(event.workflow_name), point.made_up_names);
    if (point.kind == ExecutionKind::kWorkflow)
        return WorkflowIdentity{std::move(workflow).value_or(std::string(kUnnamed))};
    if (!workflow) workflow = enclosing == nullptr ? std::string(kUnnamed) : workflow_of(enclosing->identity);
    std::string type = to_label(event.node_type);
    if (type.empty()) type = point.name;
    return make_node_identity(std::move(*workflow), named(event.node_id, point.node_names), std::move(type));
}

// An event loop interleaves workflows on one Python thread, so executions open on that thread say nothing
// about a node. A native call runs inside the calls below it on its stack.
const Execution* ExecutionTracker::enclosing_workflow(const BeginEvent& event, const PointInfo& point) {
    const ft_header& header = event.header;
    if (event.parent_key != 0) {
        const Execution* parent = open_.find(header.tgid, event.parent_key);
        if (parent != nullptr) return parent;
    }
    return point.python ? nullptr : open_.innermost_native_workflow(header.tgid, header.tid);
}

void ExecutionTracker::on(const EndEvent& event, Outcomes& outcomes) {
    const ft_header& header = event.header;
    Execution* execution = open_.find(header.tgid, header.key);
    if (execution == nullptr && header.status == FT_STATUS_ABORTED && created_.take(header.tgid, header.key))
        return;
    if (execution == nullptr && begin_created(header.tgid, header.key, outcomes))
        execution = open_.find(header.tgid, header.key);
    if (execution == nullptr && in_flight_.remove(header.tgid, header.key)) return;
    if (execution == nullptr || header.time_ns < execution->begin_ns)
        return report(UnpairedReason::kEndWithoutBegin, outcomes);
    Ending ending{.time_ns = header.time_ns,
                  .error_type = error_type_of(header, event.error_type),
                  .in_kernel_map = false,
                  .running_ns = event.running_ns};
    ending.status = status_of(event, ending.error_type, execution->python);
    apply_outcome_rules(header, event.error_type, ending);
    if (was_never_reset(event)) {
        ending.duration_known = false;
        report(UnpairedReason::kLeftWithoutReturn, outcomes);
    }
    if (execution->key_kind != FT_KEY_RUN) return end(*execution, std::move(ending), outcomes);
    held_.hold(header.tgid, header.tid, ended(*execution, std::move(ending)));
    workflows_.ended(execution->tgid, execution->identity, execution->token);
    open_.erase(*execution);
}

void ExecutionTracker::apply_outcome_rules(const ft_header& header, const ft_text& told,
                                           Ending& ending) const {
    const auto point = points_.find(header.point);
    if (point == points_.end()) return;
    const PointInfo& info = point->second;
    if (ending.status == Status::kSuccess && info.judged && (told.flags & FT_TEXT_TOLD) != 0 &&
        (told.flags & FT_TEXT_UNREADABLE) == 0) {
        ending.error_type = failure_of(*info.judged, told);
        if (!ending.error_type.empty()) ending.status = Status::kFailed;
    }
    if (ending.status == Status::kFailed && (told.flags & FT_TEXT_CALLED) != 0)
        ending.error_type = info.failed_by;
    if (ending.error_type.empty()) return;
    const auto status = info.statuses.find(ending.error_type);
    if (status == info.statuses.end()) return;
    ending.status = status->second;
    if (ending.status == Status::kSuccess) ending.error_type.clear();
}

void ExecutionTracker::on(const RaisedEvent& event, Outcomes& outcomes) {
    const ft_header& header = event.end.header;
    std::optional<Ended> held = held_.take(header.tgid, header.tid);
    if (!held) return report(UnpairedReason::kFailedLate, outcomes);
    Ending ending{.error_type = error_type_of(header, event.end.error_type)};
    ending.status = status_of(event.end, ending.error_type, true);
    apply_outcome_rules(header, {}, ending);
    held->error_type = std::move(ending.error_type);
    held->status = ending.status;
    outcomes.emplace_back(*std::move(held));
}

void ExecutionTracker::on(const LeftEvent& event, Outcomes& outcomes) {
    const ft_header& header = event.header;
    const std::string error_type = error_type_of(header, event.error_type);
    const Status status = header.status == FT_STATUS_FAILED ? Status::kFailed : Status::kAborted;
    while (Execution* left = open_.lowest_on_stack(header.tgid, event.stack_from, event.stack_to))
        end(*left, {.time_ns = header.time_ns, .status = status, .error_type = error_type}, outcomes);
}

// A complete execution in one event: begin and end together.
void ExecutionTracker::on(const DoneEvent& event, Outcomes& outcomes) {
    const ft_header& header = event.begin.header;
    const auto point = points_.find(header.point);
    if (point == points_.end()) return report(UnpairedReason::kUnknownPoint, outcomes);
    const bool known = event.duration_known != 0 && event.duration_ns <= header.time_ns;
    const std::uint64_t duration = known ? event.duration_ns : 0;
    const EndEvent end{header, duration, event.error_type};
    Ending ending{.error_type = error_type_of(header, event.error_type)};
    ending.status = status_of(end, ending.error_type, point->second.python);
    apply_outcome_rules(header, event.error_type, ending);
    const Execution* enclosing = enclosing_workflow(event.begin, point->second);
    const SharedIdentity identity = identity_of(event.begin, point->second, enclosing);
    const std::uint64_t token = ++last_token_;
    const std::uint64_t around = token_around(header.tgid, identity, enclosing);
    outcomes.emplace_back(Started{.token = token,
                                  .tgid = header.tgid,
                                  .tid = header.tid,
                                  .key = header.key,
                                  .time_ns = header.time_ns - duration,
                                  .identity = identity,
                                  .workflow_token = around,
                                  .point = header.point,
                                  .id_unreadable = has_unreadable_id(event.begin),
                                  .workflow_missing = misses_workflow(point->second, around)});
    outcomes.emplace_back(Ended{.token = token,
                                .tgid = header.tgid,
                                .tid = header.tid,
                                .key = header.key,
                                .begin_ns = header.time_ns - duration,
                                .end_ns = header.time_ns,
                                .running_ns = duration,
                                .duration_known = known,
                                .status = ending.status,
                                .error_type = std::move(ending.error_type),
                                .identity = identity});
}

void ExecutionTracker::on(const InFlightEvent& event, Outcomes& outcomes) {
    const ft_header& header = event.header;
    const bool seen_begin =
        open_.find(header.tgid, header.key) != nullptr || created_.contains(header.tgid, header.key);
    if (!seen_begin && in_flight_.add(header.tgid, header.key))
        report(UnpairedReason::kInFlightAtAttach, outcomes);
}

void ExecutionTracker::apply(const PossibleEnd& possible, Outcomes& outcomes) {
    Execution* execution = open_.find(possible.tgid, possible.key);
    if (execution == nullptr) execution = open_.at_stack(possible.tgid, possible.key);
    if (execution == nullptr || execution->begin_ns <= possible.since || execution->begin_ns > possible.until)
        return;
    end(*execution, {.time_ns = possible.until, .duration_known = false}, outcomes);
    report(UnpairedReason::kLeftWithoutReturn, outcomes);
}

void ExecutionTracker::on(const ThreadExitEvent& event, Outcomes& outcomes) {
    const ft_header& header = event.header;
    while (Execution* execution = open_.newest_on_thread(header.tgid, header.tid))
        end(*execution, {.time_ns = header.time_ns}, outcomes);
}

void ExecutionTracker::on(const ProcessExitEvent& event, Outcomes& outcomes) {
    end_process(event.header.tgid, event.header.time_ns, outcomes);
}

void ExecutionTracker::on(const ExecEvent& event, Outcomes& outcomes) {
    end_process(event.header.tgid, event.header.time_ns, outcomes);
}

void ExecutionTracker::end_process(std::uint32_t tgid, std::uint64_t time_ns, Outcomes& outcomes) {
    end_all(tgid, {.time_ns = time_ns}, outcomes);
}

void ExecutionTracker::forget_process(std::uint32_t tgid, std::uint64_t time_ns, Outcomes& outcomes) {
    std::size_t left = open_.keys(tgid).size();
    end_all(tgid, {.time_ns = time_ns, .duration_known = false}, outcomes);
    for (; left > 0; --left) report(UnpairedReason::kLeftAtDetach, outcomes);
}

void ExecutionTracker::end_all(std::uint32_t tgid, const Ending& ending, Outcomes& outcomes) {
    held_.release_process(tgid, outcomes);
    while (Execution* execution = open_.any(tgid)) end(*execution, ending, outcomes);
    open_.forget_process(tgid);
    in_flight_.remove_process(tgid);
    created_.forget_process(tgid);
}

void ExecutionTracker::end(Execution& execution, Ending ending, Outcomes& outcomes) {
    report_start(execution, outcomes);
    outcomes.emplace_back(ended(execution, std::move(ending)));
    workflows_.ended(execution.tgid, execution.identity, execution.token);
    open_.erase(execution);
}

Ended ExecutionTracker::ended(const Execution& execution, Ending ending) {
    const std::uint64_t end_ns = std::max(ending.time_ns, execution.begin_ns);
    return {.token = execution.token,
            .tgid = execution.tgid,
            .tid = execution.tid,
            .key = execution.key,
            .call_stack = execution.call_stack,
            .begin_ns = execution.begin_ns,
            .end_ns = end_ns,
            .running_ns = running_time(execution, ending.running_ns, end_ns - execution.begin_ns),
            .duration_known = ending.duration_known,
            .in_kernel_map = ending.in_kernel_map,
            .status = ending.status,
            .error_type = std::move(ending.error_type),
            .identity = execution.identity};
}

}  // namespace flowtap
