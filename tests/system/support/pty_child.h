// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "eventually.h"

namespace flowtap::system_test {

// A program in a terminal of its own. It ends with the object.
class PtyChild {
public:
    PtyChild(const std::vector<std::string>& command, unsigned short columns, unsigned short rows);
    ~PtyChild();
    PtyChild(const PtyChild&) = delete;
    PtyChild& operator=(const PtyChild&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    // All it has written so far.
    const std::string& written();
    void type(const std::string& keys) const;
    void resize(unsigned short columns, unsigned short rows) const;
    [[nodiscard]] termios discipline() const;
    // As Child::wait().
    std::optional<int> wait();

private:
    Fd terminal_;
    pid_t pid_ = -1;
    std::string written_;
    std::optional<int> status_;
};

}  // namespace flowtap::system_test
