// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/fd.h"

namespace flowtap::system_test {

// What a child writes, kept in memory: unlike a pipe it never fills, so nobody has to read along.
class OutputFile {
public:
    OutputFile();

    [[nodiscard]] int fd() const { return fd_.get(); }
    // From this offset to what is written so far.
    [[nodiscard]] std::string text(std::size_t from = 0) const;

private:
    Fd fd_;
};

}  // namespace flowtap::system_test
