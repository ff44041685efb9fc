// SPDX-License-Identifier: Apache-2.0
// The two compiled forms of the BPF programs.
#pragma once

#include <cstdint>
#include <memory>

struct flowtap_bpf;

namespace flowtap {

// How the programs' larger loops count; see bpf/rounds.bpf.h.
enum class Loops : std::uint8_t {
    kIterators,  // Linux 6.4 and newer
    kPlain,
};

struct ClosesPrograms {
    void operator()(flowtap_bpf* programs) const;
};
using Programs = std::unique_ptr<flowtap_bpf, ClosesPrograms>;

// The programs and tables, not loaded yet: the same in both forms. Null, with errno set, on failure.
Programs open_programs(Loops loops);

}  // namespace flowtap
