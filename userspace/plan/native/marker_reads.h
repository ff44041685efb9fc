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

// What a probe at one of a marker's places reads: the ids at a begin or a complete execution, the key at a
// begin and an end, the result at an end. Errors (kUsage): the marker does not have the argument, or has it
// with another type.
Result<NativeReads> marker_reads(const Point& point, StaticMarker::Means means, const MarkerPlace& place);

}  // namespace flowtap
