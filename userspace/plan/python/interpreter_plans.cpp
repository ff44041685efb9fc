// SPDX-License-Identifier: Apache-2.0
#include "plan/python/interpreter_plans.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "plan/python/module_files.h"
#include "plan/python/python_plan.h"
#include "python/interpreter_states.h"
#include "python/objects/code_lookup.h"
#include "python/objects/error_names.h"

namespace flowtap {
namespace {

constexpr const char* kNotTold =
    "it has its own GIL, and flowtap does not know where this build of CPython keeps the state of the "
    "running thread; probe hits there are counted as unattributed";

bool is_users(const Profile& profile) {
    return profile.source != "built-in" && profile.runtime == Runtime::kCPython;
}

// The points and codes of one interpreter alone.
Plan plan_of_one(const InterpreterState& state, const Interpreter& interpreter, const Memory& memory,
                 std::span<const Profile> profiles, const ProcessProbes& process, pid_t pid) {
    Plan plan;
    plan.pid = pid;
    const CodeLookup lookup(interpreter, memory, state.address);
    for (const Profile& profile : profiles) {
        if (profile.runtime != Runtime::kCPython) continue;
        if (lookup.any_module_loaded(profile.modules)) {
            plan_python_profile(plan, profile, lookup, process);
        } else if (is_users(profile)) {
            for (const std::string& module : profile.modules) {
                plan.not_imported.push_back("profile " + profile.name + ": " +
                                            why_not_imported(lookup, pid, module));
            }
        }
    }
    for (PlannedPoint& point : plan.points) {
        if (!point.is_observed()) continue;
        point.interpreters = {state.number};
        if (state.own_gil && !interpreter.distinguishes_interpreters()) point.give_up(kNotTold);
    }
    return plan;
}

void add_distinct(std::vector<std::string>& texts, const std::string& text) {
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
}

// Merges the plans of several interpreters into one.
class Merger {
public:
    explicit Merger(Plan& plan) : plan_(plan), first_(plan.points.size()) {
        for (std::size_t i = 0; i < plan.codes.size(); i++) codes_.emplace(plan.codes[i].address, i);
    }

    void add(Plan one, std::uint32_t number) {
        if (plan_.watches.size() + one.watches.size() > PlannedWatch::kMost)
            leave_unwatched(one, "points in another interpreter use all four hardware watches of a thread");
        std::ranges::move(one.watches, std::back_inserter(plan_.watches));
        add_probes(plan_, std::move(one.probes));
        std::vector<std::size_t> places;
        for (PlannedPoint& point : one.points) places.push_back(place_of(std::move(point)));
        for (PlannedCode& code : one.codes) {
            code.point = places[code.point];
            for (std::size_t& point : code.fails) point = places[point];
            code.interpreter = number;
            add_code(std::move(code));
        }
        plan_.signs.add(one.signs);
    }

    [[nodiscard]] bool has_points() const { return plan_.points.size() > first_; }

private:
    // Two versions of an engine may need two mechanisms for one point: then the plan has the point twice.
    std::size_t place_of(PlannedPoint point) {
        const auto known = std::find_if(plan_.points.begin() + static_cast<std::ptrdiff_t>(first_),
                                        plan_.points.end(), [&](const PlannedPoint& other) {
                                            return other.profile == point.profile &&
                                                   other.point.name == point.point.name &&
                                                   (!other.is_observed() || !point.is_observed() ||
                                                    other.mechanism() == point.mechanism());
                                        });
        const auto place = static_cast<std::size_t>(known - plan_.points.begin());
        if (known == plan_.points.end()) {
            plan_.points.push_back(std::move(point));
        } else {
            join(*known, std::move(point));
        }
        return place;
    }

    static void join(PlannedPoint& known, PlannedPoint other) {
        if (other.is_observed() && !known.is_observed()) std::swap(known, other);
        if (other.is_observed()) {
            std::ranges::copy(other.interpreters, std::back_inserter(known.interpreters));
            for (const std::string& note : other.notes) add_distinct(known.notes, note);
            for (const std::string& warning : other.warnings) add_distinct(known.warnings, warning);
        } else if (known.is_observed() && !other.is_waiting()) {
            add_distinct(known.warnings, "not observed in every interpreter: " + other.why_not());
        } else if (!known.is_observed()) {
            known.join_unobserved(other);
        }
    }

    // Code in the interpreter's file is the same in all interpreters.
    void add_code(PlannedCode code) {
        const auto [known, added] = codes_.try_emplace(code.address, plan_.codes.size());
        if (added) {
            plan_.codes.push_back(std::move(code));
        } else {
            plan_.codes[known->second].interpreter = 0;
        }
    }

    Plan& plan_;
    std::size_t first_;  // index of the first point to merge
    std::unordered_map<std::uint64_t, std::size_t> codes_;
};

std::string line_of(const Profile& profile, const Point& point) {
    return profile.source + ":" + std::to_string(point.line);
}

bool is_wrong(const PlannedPoint& planned, const Profile& profile) {
    return planned.profile == profile.name && planned.contradicts_profile();
}

// Whether the cause already says what to write instead.
bool is_advised(const PlannedPoint& planned) {
    return planned.why_not().find("write call: ") != std::string::npos;
}

// Other profiles are observed all the same, so each faulty point names its line in the profile.
void name_lines(Plan& plan, const Profile& profile) {
    for (PlannedPoint& planned : plan.points) {
        if (!is_wrong(planned, profile)) continue;
        planned.refute(planned.why_not() + (is_advised(planned) ? " (" : " (correct the profile: ") +
                       line_of(profile, planned.point) + ")");
    }
}

Error wrong_point(const Profile& profile, const PlannedPoint& planned) {
    return {"plan point", planned.point.name + " (" + line_of(profile, planned.point) + ")",
            planned.why_not(), is_advised(planned) ? "" : "correct the profile", Error::Kind::kUsage};
}

// Returns the first faulty point, with the messages of the others.
Result<void> check_points(const Plan& plan, const Profile& profile) {
    std::optional<Error> first;
    for (const PlannedPoint& planned : plan.points) {
        if (!is_wrong(planned, profile)) continue;
        Error error = wrong_point(profile, planned);
        if (first) {
            first->others.push_back(error.message());
        } else {
            first = std::move(error);
        }
    }
    if (first) return *std::move(first);
    return {};
}

}  // namespace

Result<void> plan_interpreters(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                               std::span<const Profile> profiles, const ProcessProbes& process) {
    const PythonLayout& layout = interpreter.layout();
    plan.error_names = error_name_pages(interpreter, memory);
    plan.next_interpreter = next_interpreter(memory, interpreter.interpreter_list());
    Merger merger(plan);
    for (const InterpreterState& state : read_interpreters(memory, layout, interpreter.interpreter_list())) {
        Plan one = plan_of_one(state, interpreter, memory, profiles, process, plan.pid);
        if (!lives(state, memory, layout)) continue;
        for (const std::string& text : one.not_imported) add_distinct(plan.not_imported, text);
        merger.add(std::move(one), state.number);
        plan.interpreters.push_back(state.number);
        plan.thread_lists.push_back(state.address + layout.interpreter_threads_head);
    }
    if (merger.has_points()) plan.wishes = process.wishes();
    const bool any = std::ranges::any_of(plan.points, &PlannedPoint::may_be_observed);
    for (const Profile& profile : profiles) {
        if (!is_users(profile)) continue;
        if (any) name_lines(plan, profile);
        if (Result<void> checked = any ? Result<void>() : check_points(plan, profile); !checked)
            return checked;
    }
    return {};
}

}  // namespace flowtap
