// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include "exporter/views/top_table.h"

namespace flowtap {

// What standard output can show now. `rows` is 0 if it is not a terminal. Respects $NO_COLOR.
TopScreen output_screen();

// Uses standard output as a full screen, and reads single keys from standard input if it is the same
// terminal. leave(), or at the latest the destructor, restores the screen's previous contents, cursor and
// line discipline.
class Terminal {
public:
    Terminal() { enter(); }
    ~Terminal() { leave(); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // Call also when the process continues after it was stopped.
    void enter();
    void leave();

    // Replaces everything on the screen. Returns false if the terminal is gone.
    [[nodiscard]] bool show(const std::vector<std::string>& lines);
    // Whether keys can be read from standard input.
    [[nodiscard]] bool has_keys() const { return before_.has_value(); }

private:
    std::optional<termios> before_;  // nullopt if standard input is not a terminal
    bool entered_ = false;
};

}  // namespace flowtap
