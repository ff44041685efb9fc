// SPDX-License-Identifier: Apache-2.0
// A whole ELF file, and the machine code in it.
#include "code/function/function_code.h"
#include "elf/analysed_code.h"
#include "elf/elf_file.h"
#include "input.h"
#include "sites/site.h"

using namespace flowtap;

namespace {

void ask(const ElfFile& file, std::uint64_t address) {
    (void)file.pointer_at(address);
    (void)file.call_target_name(address);
    (void)file.resolve_call(address);
    (void)file.landing_pads(address);
    (void)file.piece_of(address);
    (void)file.symbol_at(address);
    (void)file.is_coroutine(address);
    (void)file.load_bias(0x7f0000000000, address);
    (void)file.address_at(address);
    // What can be probed has a place in the file.
    if (AnalysedCode::of(file, address).first()) fuzz::require(file.file_offset(address).has_value());
    if (const auto code = FunctionCode::trace(file, address)) {
        (void)return_sites(*code);
        (void)entry_site(*code, 1);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::File input(fuzz::text_of(data, size));
    const Result<ElfFile> file = ElfFile::open(input.path());
    if (!file) return 0;
    const auto function = file->find_function("main");
    for (const std::uint64_t address :
         {function ? function->address : 0x1100, std::uint64_t{0}, UINT64_MAX - 3, std::uint64_t{0x1030}})
        ask(*file, address);
    for (const AddressRange& range : file->executable_ranges()) ask(*file, range.start);
    (void)file->find_functions("*run*");
    (void)file->functions_like("main");
    (void)file->symbol_sources();
    (void)file->markers();
    (void)file->debug_file();
    return 0;
}
