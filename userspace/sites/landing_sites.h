// SPDX-License-Identifier: Apache-2.0
// Where the unwinder and longjmp go back to a frame further out: the one instruction that changes the stack
// pointer, or one before it where both stack pointers are known.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "code/code_source.h"
#include "code/instruction.h"
#include "elf/elf_file.h"
#include "sites/site.h"

namespace flowtap {

// Where a value is when a probe fires: in a register, or in the memory it points to.
struct ValuePlace {
    Register base{};
    bool in_memory = false;
    int32_t offset = 0;  // in_memory: from the register
    int16_t addend = 0;  // to what is found there

    friend bool operator==(const ValuePlace&, const ValuePlace&) = default;
};

struct LandingSite {
    Site site;
    ValuePlace stack_pointer;  // in the frame that goes on
    ValuePlace exception;      // struct _Unwind_Exception; meaningless for longjmp
};

// In one of libgcc's four functions that install a context (_Unwind_RaiseException, _Unwind_Resume,
// _Unwind_Resume_or_Rethrow, _Unwind_ForcedUnwind): each landing crosses exactly one of the sites. Empty
// where its code has another form.
std::vector<LandingSite> libgcc_landings(const CodeSource& source, uint64_t function);

// In LLVM's libunwind: where it loads all registers (UnwindRegistersRestore.S), wherever in the file that is.
std::vector<LandingSite> libunwind_landings(const ElfFile& elf);

// In longjmp and its like, and the functions they call directly.
std::vector<LandingSite> longjmp_landings(const CodeSource& source, uint64_t function);

}  // namespace flowtap
