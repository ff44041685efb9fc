// SPDX-License-Identifier: Apache-2.0
// A sound ELF file around sections that are not.
#pragma once

#include <elf.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace flowtap::fuzz {

struct Section {
    std::string name;
    std::uint32_t type = SHT_PROGBITS;
    std::uint64_t flags = SHF_ALLOC;
    std::string_view contents = {};
};

// One loaded, executable segment that holds the whole file at address 0.
inline std::string make_elf(const std::vector<Section>& sections) {
    std::string file(sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr), '\0');
    std::vector<Elf64_Shdr> headers(1);
    std::string names(1, '\0');
    const auto add = [&](const Section& section, std::string_view contents) {
        file.resize((file.size() + 15) & ~std::size_t{15});
        Elf64_Shdr header = {};
        header.sh_name = static_cast<Elf64_Word>(names.size());
        header.sh_type = section.type;
        header.sh_flags = section.flags;
        header.sh_offset = file.size();
        header.sh_addr = section.flags & SHF_ALLOC ? file.size() : 0;
        header.sh_size = contents.size();
        header.sh_addralign = 4;
        headers.push_back(header);
        names += section.name + '\0';
        file += contents;
    };
    for (const Section& section : sections) add(section, section.contents);
    const std::string all_names = names + ".shstrtab" + '\0';
    add({".shstrtab", SHT_STRTAB, 0, {}}, all_names);
    headers.back().sh_size = all_names.size();
    file.resize((file.size() + 15) & ~std::size_t{15});

    Elf64_Ehdr ehdr = {};
    std::memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
    ehdr.e_ident[EI_CLASS] = ELFCLASS64;
    ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
    ehdr.e_ident[EI_VERSION] = EV_CURRENT;
    ehdr.e_type = ET_DYN;
    ehdr.e_machine = EM_X86_64;
    ehdr.e_version = EV_CURRENT;
    ehdr.e_phoff = sizeof(Elf64_Ehdr);
    ehdr.e_shoff = file.size();
    ehdr.e_ehsize = sizeof(Elf64_Ehdr);
    ehdr.e_phentsize = sizeof(Elf64_Phdr);
    ehdr.e_phnum = 1;
    ehdr.e_shentsize = sizeof(Elf64_Shdr);
    ehdr.e_shnum = static_cast<Elf64_Half>(headers.size());
    ehdr.e_shstrndx = static_cast<Elf64_Half>(headers.size() - 1);
    Elf64_Phdr phdr = {};
    phdr.p_type = PT_LOAD;
    phdr.p_flags = PF_R | PF_X;
    phdr.p_filesz = phdr.p_memsz = file.size();
    phdr.p_align = 4096;
    std::memcpy(file.data(), &ehdr, sizeof(ehdr));
    std::memcpy(file.data() + sizeof(ehdr), &phdr, sizeof(phdr));
    file.append(reinterpret_cast<const char*>(headers.data()), headers.size() * sizeof(Elf64_Shdr));
    return file;
}

}  // namespace flowtap::fuzz
