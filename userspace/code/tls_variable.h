// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "code/code_source.h"

namespace flowtap {

// How code gets at a thread-local variable: the ways of the System V ABI ("ELF Handling For Thread-Local
// Storage"), and which of them a compiler and a linker chose.
struct TlsVariable {
    enum class Way {
        kOffset,      // where: its distance from the thread pointer (local exec)
        kOffsetSlot,  // where: the word that holds that distance (initial exec)
        kIndex,       // where: two words, the module's number and its offset there (general, local dynamic)
        kDescriptor,  // where: two words, a function and, in memory that every thread has, that distance
    };
    Way way = Way::kOffset;
    std::uint64_t where = 0;   // addresses are as linked; distances wrap
    std::uint64_t addend = 0;  // to what is found there

    bool operator==(const TlsVariable&) const = default;
};

// The variable whose 64-bit value a function returns, from the straight code of a function that does little
// else; or, of one that checks the value, the one that it would return at its first conditional jump.
// nullopt: it does something else, or in another way.
std::optional<TlsVariable> returned_tls_variable(const CodeSource& source, std::uint64_t function);

}  // namespace flowtap
