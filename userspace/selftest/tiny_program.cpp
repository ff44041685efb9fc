// SPDX-License-Identifier: Apache-2.0
#include "selftest/tiny_program.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "arch/architecture.h"
#include "base/fd.h"

namespace flowtap {
namespace {

constexpr std::uint64_t kBase = 0x400000;

constexpr auto kCode = arch::code_that_exits(kTinyProgramStatus);

struct TinyProgram {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    decltype(arch::code_that_exits(0)) code;
};

TinyProgram tiny_program() {
    TinyProgram program = {};
    Elf64_Ehdr& header = program.header;
    const std::array<std::uint8_t, 7> ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    for (std::size_t i = 0; i < ident.size(); i++) header.e_ident[i] = ident[i];
    header.e_type = ET_EXEC;
    header.e_machine = arch::kElfMachine;
    header.e_version = EV_CURRENT;
    header.e_entry = kBase + offsetof(TinyProgram, code);
    header.e_phoff = offsetof(TinyProgram, segment);
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    program.segment = {PT_LOAD, PF_R | PF_X, 0, kBase, kBase, sizeof(TinyProgram), sizeof(TinyProgram),
                       0x1000};
    program.code = kCode;
    return program;
}

}  // namespace

// The kernel refuses to execute a file that is open for writing.
void become_tiny_program() {
    int file = -1;
    {
        const Fd memory(::memfd_create("flowtap-selftest", MFD_CLOEXEC));
        const TinyProgram program = tiny_program();
        const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
        if (memory && ::write(memory.get(), &program, sizeof(program)) == sizeof(program))
            file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    }
    std::array<char, 8> name = {"flowtap"};
    const std::array<char*, 2> arguments = {name.data(), nullptr};
    const std::array<char*, 1> environment = {nullptr};
    if (file >= 0) ::fexecve(file, arguments.data(), environment.data());
    ::_exit(kTinyProgramStatus + 1);
}

}  // namespace flowtap
