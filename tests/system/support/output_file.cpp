// SPDX-License-Identifier: Apache-2.0
#include "output_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace flowtap::system_test {

OutputFile::OutputFile() : fd_(::memfd_create("output", MFD_CLOEXEC)) {
    if (!fd_) throw std::system_error(errno, std::generic_category(), "memfd_create");
}

std::string OutputFile::text(std::size_t from) const {
    std::string text;
    char buffer[16 << 10];
    for (ssize_t count = 0;
         (count = ::pread(fd_.get(), buffer, sizeof buffer, static_cast<off_t>(from + text.size()))) > 0;) {
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

}  // namespace flowtap::system_test
