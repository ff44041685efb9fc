// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace flowtap {

struct ProcFile {
    std::string text;
    int error =
        0;  // errno of the open or read that failed, EFBIG where the file is longer than asked; else 0
};

// The whole of a file under /proc; stat(2) does not know the size of those.
ProcFile read_proc_file(const std::string& path, std::size_t max);

}  // namespace flowtap
