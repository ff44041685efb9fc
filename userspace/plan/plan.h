// SPDX-License-Identifier: Apache-2.0
// What would be attached in one process: a pure value. It holds no descriptor and touches nothing, so it can
// be printed (flowtap plan), compared and tested; the attacher carries it out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bpf/target.h"
#include "elf/analysed_code.h"
#include "machine/machine_facts.h"
#include "plan/mechanism_choice.h"
#include "plan/point_mechanism.h"
#include "plan/program.h"
#include "plan/wishes.h"
#include "profile/profile.h"
#include "python/bytecode.h"
#include "python/module_count.h"
#include "python/unchanged_words.h"
#include "python/variable.h"
#include "sites/landing_sites.h"
#include "sites/site.h"

namespace flowtap {

// What is wanted beyond the points of the profiles.
struct PlanSettings {
    PlanWishes wishes = {};
    // Of coroutines, apart from the time they were suspended; where that costs one cheap hit per step.
    bool running_seconds = true;
    // What works where the plan is to be carried out, and at what price.
    MachineFacts machine = {};
};

// An instruction that leaves native frames behind, of the whole process.
struct PlannedLanding {
    bool is_jump = false;  // longjmp
    ValuePlace stack_pointer;
    ValuePlace exception;
};

// Where an id comes from, for people: {"node_id", "this->id_ (std::string): string at rdi+0x8"}.
struct IdOrigin {
    std::string id;
    std::string text;
};

// What the program calls the values of an enumeration.
using EnumNames = std::map<std::int64_t, std::string>;

// Python calls: registers that have the arguments behind self, the number of positional ones, and the names
// of the others.
struct CallArguments {
    std::uint8_t first = FT_NO_REGISTER;
    std::uint8_t count = FT_NO_REGISTER;
    std::uint8_t keywords = FT_NO_REGISTER;
};

struct PlannedProbe {
    std::string name;  // label of flowtap_probe_hits_total; probes of one name share counters
    Program program = Program::kNativeEntry;
    std::string file;  // a path at which this process can open it
    AnalysedCode code;
    std::uint64_t file_offset = 0;
    std::uint64_t address = 0;           // in the target
    std::uint64_t function_address = 0;  // native entries: of the function, in the target
    SiteCost cost = SiteCost::kSingleStep;
    int stack_adjust = 0;
    std::uint8_t result_register = FT_NO_REGISTER;
    std::uint8_t object_register = FT_NO_REGISTER;
    std::uint8_t function_register = FT_NO_REGISTER;
    CallArguments arguments;
    std::optional<std::size_t> point;       // index into Plan::points; native only
    std::uint8_t exit_flags = 0;            // native exits: enum ft_exit_flag
    std::optional<PlannedLanding> landing;  // kNativeLanding only
    std::uint64_t semaphore_offset = 0;     // markers: of their counter of listeners, in the file; 0: none
    std::optional<ft_reads> reads;          // native entries and markers
    bool unfinished = false;                // deaths: completions are seen by another probe
    bool runs_on = false;                   // deaths: the coroutine may run once more, only to be closed;
                                            // unless `unfinished`: what is suspended is seen elsewhere
    bool by_class = false;      // calls: the object is called itself, its class is among the codes
    bool any_callable = false;  // calls: what is called need not be a bound method
    std::string why;
};

// A hardware watch: a debug register of each thread of the process tells of accesses to these bytes.
struct PlannedWatch {
    // A thread has four (kernel: arch/x86/include/asm/hw_breakpoint.h, HBP_NUM).
    static constexpr std::size_t kMost = 4;
    static constexpr std::size_t kOfFunction = 2;
    std::string name;           // label of flowtap_probe_hits_total
    std::uint64_t address = 0;  // of one byte that is read; for ends, of eight that are written
    std::uint64_t code = 0;     // the function's code object
    bool is_end = false;        // else where a call begins
    std::uint64_t begin = 0;    // where a call of the same function begins
    std::uint32_t size = 0;     // of the function's bytecode, from there on
    ReturnOpcodes returns{};    // ends
};

// A path of a profile, resolved against one code object of one process. Hashes are those that strings have
// there; 0: not known.
struct PlannedPath {
    struct Step {
        PathStep step;
        std::uint64_t hash = 0;  // of its name
        bool operator==(const Step&) const = default;
    };
    bool given = false;      // else there is no path
    Variable variable;       // none of it: the code has no such variable, a call may pass it all the same
    std::uint64_t hash = 0;  // of the variable's name
    std::vector<Step> steps;
};

struct PlannedCode {
    std::uint64_t address = 0;  // as in struct ft_code_key
    std::string qualname;
    std::size_t point = 0;          // index into Plan::points
    std::uint16_t roles = 0;        // enum ft_code_role, or'ed
    int object_slot = -1;           // local that holds the node
    int token_slot = -1;            // local that holds what setting the context variable returned
    std::uint32_t interpreter = 0;  // number of the subinterpreter that alone has it; 0: none
    PlannedPath workflow_id;
    PlannedPath workflow_name;
    PlannedPath node_id;
    PlannedPath node_type;
    // As in struct ft_code.
    std::uint64_t base = 0;
    std::uint64_t method = 0;
    std::uint64_t begins_at = 0;  // instead of these two, with call: between
    std::uint64_t ends_at = 0;
    std::uint64_t function = 0;
    std::uint64_t qualname_address = 0;
    std::uint64_t function_object = 0;  // that has this code; 0: not known
    bool named_so = false;  // the function has the method's name itself, which a decorator may take from it
    std::optional<RunMark> run_mark = {};  // of a workflow's or node's function: whether it ever ran
};

// A profile's point in this process: seen, and how; or not, and why not.
struct PlannedPoint {
    std::string profile;
    Point point;
    bool observed = false;
    bool pending = false;  // not observed yet: its module is not imported; looked at again later
    std::optional<PointMechanism> mechanism;  // when observed
    std::string why_not;                      // one line, when not observed
    std::vector<std::string> warnings;        // dangers, and ways out that are not seen
    std::vector<IdOrigin> origins = {};       // native
    EnumNames workflow_names = {};
    EnumNames node_names = {};
    std::vector<std::string> made_up_names = {};  // the profile's
    PlanWishes wishes = {};                       // by which its mechanism was chosen
    bool may_wait = false;  // Python: no hardware watches before there is an object of its class
    std::vector<std::string> notes = {};           // what else is not known of its executions
    std::vector<std::uint32_t> interpreters = {};  // Python: numbers of those it is seen in; 0: the main one
    int outcome_slot = -1;  // Python: of the local that its outcome is judged by; negative: what it returns
    PlannedPath outcome = {};  // from there on; not given: no step
    bool mistaken = false;     // Python: not observed because what the profile says of it is not so
    // Python: how much the mechanism sees, what it is expected to cost, and those not taken.
    Exactness exactness = Exactness::kExact;
    std::optional<ExpectedCost> expected = {};
    std::vector<Candidate> rejected = {};
};

struct Plan {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;
    std::string exe;
    std::string interpreter;  // "CPython 3.11.2 in /usr/bin/python3.11"; empty for a native process
    std::optional<ft_python> python;
    std::optional<ModuleCount> modules;  // Python: a change means that functions may have been imported since
    // Python: change when a class has appeared, or a class's first object, or a function's code was replaced.
    UnchangedWords signs;
    std::vector<std::uint32_t> interpreters;  // Python: the numbers of all that the process has
    std::uint32_t next_interpreter = 0;       // that a later one may have
    std::vector<std::uint64_t> error_names;   // Python: as error_name_pages() gives them
    std::vector<std::uint64_t> thread_lists;  // Python: where each interpreter's list of threads begins
    bool native = false;                      // a native profile fits
    std::vector<std::string> code_mappings;   // as the process had them
    std::vector<PlannedPoint> points;
    std::vector<PlannedProbe> probes;
    std::vector<PlannedWatch> watches;
    std::vector<PlannedCode> codes;
    // Python: modules of the user's profiles for whose want these were passed over, in words.
    std::vector<std::string> not_imported;
    Prices prices;        // of a hit, which the choice of mechanisms went by
    std::string untried;  // why it was not tried whether the mechanisms work here; empty: they were tried

    [[nodiscard]] bool observes_anything() const;
};

enum class PlanDetail : std::uint8_t { kPoints, kSites };

// For people: a line for each point, then what is not seen; with kSites also what was not chosen, and every
// place of a probe. Ends in a newline.
std::string to_text(const Plan& plan, PlanDetail detail = PlanDetail::kPoints);
// For programs: everything.
std::string to_json(const Plan& plan);

}  // namespace flowtap
