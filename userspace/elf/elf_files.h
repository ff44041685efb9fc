// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "elf/elf_file.h"
#include "elf/file_identity.h"

namespace flowtap {

// The ELF files in use: each version of a file is parsed once, however many processes map it, and by whatever
// path. It is open as long as someone uses it and no longer, since an open file keeps its file system busy,
// and a container's is to go with the container.
class ElfFiles {
public:
    // Errors: as ElfFile::open().
    Result<std::shared_ptr<const ElfFile>> open(const std::string& path);

    // Those that open() returned since the last call, for whoever wants them to stay.
    std::vector<std::shared_ptr<const ElfFile>> take_opened() { return std::exchange(opened_, {}); }

private:
    std::map<FileIdentity, std::weak_ptr<const ElfFile>> files_;
    std::vector<std::shared_ptr<const ElfFile>> opened_;
};

}  // namespace flowtap
