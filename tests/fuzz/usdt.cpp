// SPDX-License-Identifier: Apache-2.0
// .note.stapsdt, and what its notes say of arguments.
#include "elf/elf_file.h"
#include "elf/marker.h"
#include "input.h"
#include "made_elf.h"

using namespace flowtap;

namespace {

constexpr std::size_t kArguments = 12;

void read_arguments(std::string_view text) {
    for (std::size_t number = 0; number < kArguments; ++number) (void)marker_argument(text, number);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    read_arguments(text);
    const std::string made = fuzz::make_elf({{".note.stapsdt", SHT_NOTE, 0, text}});
    const fuzz::File input(made);
    const Result<ElfFile> file = ElfFile::open(input.path());
    fuzz::require(file.has_value());
    for (const Marker& marker : file->markers()) read_arguments(marker.arguments);
    return 0;
}
