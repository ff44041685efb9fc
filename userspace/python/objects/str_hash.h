// SPDX-License-Identifier: Apache-2.0
// The hashes of strings in a process's dicts: SipHash with a secret of the process (Python/pyhash.c).
// Written here because no library that flowtap links offers SipHash, and libsodium's has 2 and 4 rounds, not
// CPython's 1 and 3.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "process/memory.h"

namespace flowtap {

class StrHash {
public:
    // A string of the process whose hash is known.
    struct Known {
        std::string text;
        std::uint64_t hash = 0;
    };

    // secret: address of _Py_HashSecret. nullopt if no known variant gives these strings their hashes.
    static std::optional<StrHash> of(const Memory& memory, std::uint64_t secret,
                                     std::span<const Known> strings);

    // The hash of an ASCII string. Never 0.
    [[nodiscard]] std::uint64_t operator()(std::string_view ascii) const;

private:
    struct Rounds {
        int each = 1;  // for each 8 bytes
        int last = 3;
    };

    StrHash(std::uint64_t key0, std::uint64_t key1, Rounds rounds)
        : key0_(key0), key1_(key1), rounds_(rounds) {}

    std::uint64_t key0_;
    std::uint64_t key1_;
    Rounds rounds_;
};

}  // namespace flowtap
