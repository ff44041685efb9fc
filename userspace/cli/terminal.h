// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include "exporter/views/top_table.h"

namespace flowtap {

// What standard output can show now; `rows` is 0 where it is no terminal. $NO_COLOR is heeded.
TopScreen output_screen();

// Standard output as a whole screen, and standard input key by key if it is the terminal's. What was on the
// screen before, its cursor and its line discipline come back with leave(), and at the latest with the
// destructor.
class Terminal {
public:
    Terminal() { enter(); }
    ~Terminal() { leave(); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // Also again, after it was stopped and goes on.
    void enter();
    void leave();

    // Replaces all that is shown. False where the terminal is gone.
    [[nodiscard]] bool show(const std::vector<std::string>& lines);
    // Whether keys can be read from standard input.
    [[nodiscard]] bool has_keys() const { return before_.has_value(); }

private:
    std::optional<termios> before_;  // nothing where standard input is no terminal
    bool entered_ = false;
};

}  // namespace flowtap
