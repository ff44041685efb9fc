// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "elf/elf_file.h"
#include "elf/marker.h"
#include "plan/native/native_reads.h"
#include "plan/plan.h"

namespace flowtap {

struct MarkerPlace {
    const Marker& marker;
    std::uint64_t load_bias;
    const ElfFile& elf;
};

// What a probe at one of a marker's places reads: the ids where an execution begins or is told of as a whole,
// the key where it begins and ends, the result where it ends. Errors (kUsage): an argument that the marker
// does not have, or not as that type.
Result<NativeReads> marker_reads(const Point& point, Program program, const MarkerPlace& place);

}  // namespace flowtap
