// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include "exporter/views/top_table.h"

namespace flowtap {

// What standard output can show now; `rows` is 0 where it is not a terminal. Respects $NO_COLOR.
TopScreen output_screen();

// Standard output as a full screen, and standard input key by key if it is the same terminal. leave(), and at
// the latest the destructor, restores the screen's previous contents, cursor and line discipline.
class Terminal {
public:
    Terminal() { enter(); }
    ~Terminal() { leave(); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // Also after the process was stopped and continues.
    void enter();
    void leave();

    // Replaces everything on the screen. False where the terminal is gone.
    [[nodiscard]] bool show(const std::vector<std::string>& lines);
    // Whether keys can be read from standard input.
    [[nodiscard]] bool has_keys() const { return before_.has_value(); }

private:
    std::optional<termios> before_;  // nothing where standard input is no terminal
    bool entered_ = false;
};

}  // namespace flowtap
