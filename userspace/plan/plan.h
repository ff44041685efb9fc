// SPDX-License-Identifier: Apache-2.0
// What would be attached in one process: a pure value. It holds no descriptor and touches nothing, so it can
// be printed (flowtap plan), compared and tested. The attacher carries it out.
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

// The user's wishes and the facts about this machine.
struct PlanSettings {
    PlanWishes wishes = {};
    // Whether to measure the running time of coroutines without suspensions, if that costs one cheap hit per
    // step.
    bool running_seconds = true;
    // The mechanisms that work on this machine, and their prices.
    MachineFacts machine = {};
};

// An unwind landing: an instruction that leaves native frames, of any function of the process.
struct PlannedLanding {
    bool is_jump = false;  // longjmp
    ValuePlace stack_pointer;
    ValuePlace exception;
};

// The source of an id, for people: {"node_id", "this->id_ (std::string): string at rdi+0x8"}.
struct IdOrigin {
    std::string id;
    std::string text;
};

// Names for the values of an enumeration.
using EnumNames = std::map<std::int64_t, std::string>;

// Python calls: registers with the arguments after self, the number of positional ones, and the names of the
// others.
struct CallArguments {
    std::uint8_t first = FT_NO_REGISTER;
    std::uint8_t count = FT_NO_REGISTER;
    std::uint8_t keywords = FT_NO_REGISTER;
};

struct PlannedProbe {
    std::string name;  // label of flowtap_probe_hits_total; probes of one name share counters
    Program program = Program::kNativeEntry;
    std::string file;  // a path by which this process can open it
    AnalysedCode code;
    std::uint64_t file_offset = 0;
    std::uint64_t address = 0;           // in the target
    std::uint64_t function_address = 0;  // native entries: address of the function in the target
    SiteCost cost = SiteCost::kSingleStep;
    int stack_adjust = 0;
    std::uint8_t result_register = FT_NO_REGISTER;
    std::uint8_t object_register = FT_NO_REGISTER;
    std::uint8_t function_register = FT_NO_REGISTER;
    CallArguments arguments;
    std::optional<std::size_t> point;       // index into Plan::points; native only
    std::uint8_t exit_flags = 0;            // native exits: enum ft_exit_flag
    std::optional<PlannedLanding> landing;  // kNativeLanding only
    std::uint64_t semaphore_offset = 0;  // markers: offset in the file of the counter of their users; 0: none
    std::optional<ft_reads> reads;       // native entries and markers
    bool unfinished = false;             // destructions: another probe observes completions
    bool runs_on = false;                // destructions: the coroutine may run once more, to be closed;
                                         // without `unfinished`, another probe observes suspended ones
    bool by_class = false;               // calls: the object itself is called; its class is among the codes
    bool any_callable = false;           // calls: the called object need not be a bound method
    std::string why;
};

// A hardware watch: a debug register of each thread of the process reports accesses to these bytes.
struct PlannedWatch {
    // A thread has four (kernel: arch/x86/include/asm/hw_breakpoint.h, HBP_NUM).
    static constexpr std::size_t kMost = 4;
    static constexpr std::size_t kOfFunction = 2;
    std::string name;           // label of flowtap_probe_hits_total
    std::uint64_t address = 0;  // of one byte that is read; for ends, of eight bytes that are written
    std::uint64_t code = 0;     // the function's code object
    bool is_end = false;        // false: the begin of a call
    std::uint64_t begin = 0;    // address for the begin of a call of the same function
    std::uint32_t size = 0;     // of the function's bytecode, from there on
    ReturnOpcodes returns{};    // ends
};

// A path of a profile, resolved against one code object of one process. Hashes are those of strings in that
// process; 0: unknown.
struct PlannedPath {
    struct Step {
        PathStep step;
        std::uint64_t hash = 0;  // of its name
        bool operator==(const Step&) const = default;
    };
    bool given = false;      // false: there is no path
    Variable variable;       // empty: the code has no such variable, but a call may still pass it by name
    std::uint64_t hash = 0;  // of the variable's name
    std::vector<Step> steps;
};

struct PlannedCode {
    std::uint64_t address = 0;  // as in struct ft_code_key
    std::string qualname;
    std::size_t point = 0;          // index into Plan::points
    std::uint16_t roles = 0;        // enum ft_code_role, or'ed
    int object_slot = -1;           // local that holds the node
    int token_slot = -1;            // local that holds the context variable's token
    std::uint32_t interpreter = 0;  // number of the subinterpreter, if no other has it; 0: none
    PlannedPath workflow_id;
    PlannedPath workflow_name;
    PlannedPath node_id;
    PlannedPath node_type;
    // As in struct ft_code.
    std::uint64_t base = 0;
    std::uint64_t method = 0;
    std::uint64_t begins_at = 0;  // in place of base and method, with call: between
    std::uint64_t ends_at = 0;
    std::uint64_t function = 0;
    std::uint64_t qualname_address = 0;
    std::uint64_t function_object = 0;  // the function object with this code; 0: unknown
    bool named_so = false;  // the function's own name is the method's; a decorator may copy that name
    std::optional<RunMark> run_mark = {};  // of a workflow's or node's function: shows whether it ever ran
};

// A profile's point in this process: observed, and how; or not, and why not.
struct PlannedPoint {
    std::string profile;
    Point point;
    bool observed = false;
    bool pending = false;  // not observed yet: its module is not imported; planned again later
    std::optional<PointMechanism> mechanism;  // if observed
    std::string why_not;                      // one line, if not observed
    std::vector<std::string> warnings;        // risks, and ways out that are not observed
    std::vector<IdOrigin> origins = {};       // native
    EnumNames workflow_names = {};
    EnumNames node_names = {};
    std::vector<std::string> made_up_names = {};  // the profile's
    PlanWishes wishes = {};                       // used for the choice of its mechanism
    bool may_wait = false;  // Python: no hardware watches before there is an object of its class
    std::vector<std::string> notes = {};  // what else is unknown about its executions
    std::vector<std::uint32_t> interpreters =
        {};                            // Python: numbers of those with its functions; 0: the main one
    int outcome_slot = -1;             // Python: local that decides its outcome; negative: the result
    PlannedPath outcome = {};          // steps from there; not given: none
    bool contradicts_profile = false;  // Python: not observed because the profile's claims about it are wrong
    // Python: how much the mechanism sees, its expected cost, and the rejected mechanisms.
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
    // Python: words that change when a class appears, a class gets its first object, or a function's code is
    // replaced.
    UnchangedWords signs;
    std::vector<std::uint32_t> interpreters;  // Python: the numbers of all that the process has
    std::uint32_t next_interpreter = 0;       // number of the next one to be created
    std::vector<std::uint64_t> error_names;   // Python: as error_name_pages() gives them
    std::vector<std::uint64_t> thread_lists;  // Python: head of each interpreter's list of threads
    bool native = false;                      // a native profile fits
    std::vector<std::string> code_mappings;   // of the process at the time of the plan
    std::vector<PlannedPoint> points;
    std::vector<PlannedProbe> probes;
    std::vector<PlannedWatch> watches;
    std::vector<PlannedCode> codes;
    // Python: modules of the user's profiles whose absence made flowtap skip these profiles, as text.
    std::vector<std::string> not_imported;
    Prices prices;        // prices of hits, used for the choice of mechanisms
    std::string untried;  // why the mechanisms were not tried on this machine; empty: they were

    [[nodiscard]] bool observes_anything() const;
};

enum class PlanDetail : std::uint8_t { kPoints, kSites };

// For people: a line for each point, then what is not observed; with kSites also the rejected mechanisms and
// every probe site. Ends in a newline.
std::string to_text(const Plan& plan, PlanDetail detail = PlanDetail::kPoints);
// For programs: everything.
std::string to_json(const Plan& plan);

}  // namespace flowtap
