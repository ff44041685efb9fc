// SPDX-License-Identifier: Apache-2.0
// Where the loaded parts of an ELF file lie in the file and in memory.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace flowtap {

struct Segment {
    uint64_t address = 0;
    uint64_t offset = 0;
    uint64_t file_size = 0;
    bool is_executable = false;

    [[nodiscard]] bool holds(uint64_t wanted) const {
        return wanted >= address && wanted - address < file_size;
    }
};

class Segments {
public:
    // The PT_LOAD ones, in the order of the file.
    static Segments read(Elf* elf);

    // Null if no initialised byte of the file lies there.
    [[nodiscard]] const Segment* holding(uint64_t address) const;
    [[nodiscard]] const std::vector<Segment>& all() const { return all_; }
    [[nodiscard]] std::optional<uint64_t> load_bias(uint64_t mapping_start, uint64_t mapping_offset) const;

private:
    std::vector<Segment> all_;
};

}  // namespace flowtap
