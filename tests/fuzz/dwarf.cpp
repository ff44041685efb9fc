// SPDX-License-Identifier: Apache-2.0
// Debug information: abbreviations and entries, with the expressions that say where values are.
#include "dwarf/debug_info.h"
#include "input.h"
#include "made_elf.h"

using namespace flowtap;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    const std::string_view abbreviations = bytes.take_text(bytes.take<std::uint16_t>());
    const std::string_view expressions = bytes.take_text(bytes.take<std::uint16_t>());
    const std::string_view entries = bytes.rest();
    const std::string made = fuzz::make_elf({{".debug_abbrev", SHT_PROGBITS, 0, abbreviations},
                                             {".debug_loc", SHT_PROGBITS, 0, expressions},
                                             {".debug_info", SHT_PROGBITS, 0, entries}});
    const fuzz::File input(made);
    const Result<DebugInfo> info = DebugInfo::read(input.descriptor(), input.path());
    if (!info) return 0;
    for (const std::uint64_t function : {std::uint64_t{0}, std::uint64_t{0x1000}}) {
        for (const char* parameter : {"a", "it", "nobody"}) {
            (void)info->find_value(function, parameter, {});
            (void)info->find_value(function, parameter, {"to", "id"}, DebugUse::kKey);
        }
    }
    return 0;
}
