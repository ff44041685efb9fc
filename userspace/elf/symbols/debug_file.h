// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libelf.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"

namespace flowtap {

// Where a binary's separate debug file may be.
struct DebugSearch {
    std::vector<std::string> roots;  // directories to take for "/", in this order; the target's own first
    std::string binary;              // path of the binary there
};

struct DebugFile {
    Fd fd;
    std::string path;  // as opened
};

// The debug file of a stripped binary: by build ID (/usr/lib/debug/.build-id/12/3456.debug), else by the name
// in its .gnu_debuglink, beside it, in .debug/ there, or below /usr/lib/debug. It is the right one only if
// the build ID, or for want of one the checksum, agrees. Every path tried is added to `tried`.
std::optional<DebugFile> find_debug_file(Elf* binary, const std::string& build_id, const DebugSearch& search,
                                         std::vector<std::string>& tried);

// The file that dwz moved common parts of a debug file to: named in its .gnu_debugaltlink, looked for by its
// build ID only.
std::optional<DebugFile> find_alternate_file(const Fd& debug_file, const DebugSearch& search);

}  // namespace flowtap
