// SPDX-License-Identifier: Apache-2.0
#include "elf/elf_files.h"

namespace flowtap {

Result<std::shared_ptr<const ElfFile>> ElfFiles::open(const std::string& path) {
    std::shared_ptr<const ElfFile> file;
    if (const auto identity = FileIdentity::at(path)) {
        const auto found = files_.find(*identity);
        if (found != files_.end()) file = found->second.lock();
    }
    if (!file) {
        Result<ElfFile> opened = ElfFile::open(path);
        if (!opened) return opened.error();
        file = std::make_shared<const ElfFile>(std::move(*opened));
        std::erase_if(files_, [](const auto& one) { return one.second.expired(); });
        files_[file->identity()] = file;
    }
    opened_.push_back(file);
    return file;
}

}  // namespace flowtap
