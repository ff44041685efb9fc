// SPDX-License-Identifier: Apache-2.0
// .eh_frame and .gcc_except_table of a file that is sound in all else.
#include "elf/elf_file.h"
#include "input.h"
#include "made_elf.h"

using namespace flowtap;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    const std::string_view frames = bytes.take_text(bytes.take<std::uint16_t>());
    const std::string_view pads = bytes.rest();
    const std::string code(256, '\x90');
    const std::string made = fuzz::make_elf({{".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, code},
                                             {".eh_frame", SHT_PROGBITS, SHF_ALLOC, frames},
                                             {".gcc_except_table", SHT_PROGBITS, SHF_ALLOC, pads}});
    const fuzz::File input(made);
    const Result<ElfFile> file = ElfFile::open(input.path());
    fuzz::require(file.has_value());
    for (std::uint64_t address = 0; address < made.size(); address += 13) {
        (void)file->piece_of(address);
        (void)file->landing_pads(address);
        (void)file->starts_function(address, true);
    }
    (void)file->has_landing_pads();
    return 0;
}
