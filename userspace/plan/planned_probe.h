// SPDX-License-Identifier: Apache-2.0
// A uprobe that a plan places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "bpf/target.h"
#include "elf/analysed_code.h"
#include "plan/program.h"
#include "sites/landing_sites.h"
#include "sites/site.h"

namespace flowtap {

// An unwind landing: an instruction that leaves native frames, of any function of the process.
struct PlannedLanding {
    bool is_jump = false;  // longjmp
    ValuePlace stack_pointer;
    ValuePlace exception;
};

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

}  // namespace flowtap
