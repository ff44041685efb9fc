// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "temporary_directory.h"

namespace flowtap::system_test {

// A program on the screen of a real terminal, which tmux plays: what a user would see, after all escape
// sequences. It ends with the object.
class Screen {
public:
    Screen(const std::vector<std::string>& command, int columns, int rows);
    ~Screen();
    Screen(Screen&&) = delete;

    // Its rows, without the blanks at their ends.
    [[nodiscard]] std::vector<std::string> rows() const;
    void resize(int columns, int rows) const;
    // As tmux names keys: characters, or Enter, Escape.
    void type(const std::string& key) const;

    // What this machine lacks; empty where nothing.
    static std::string missing();

private:
    [[nodiscard]] std::string tmux(const std::vector<std::string>& words) const;

    TemporaryDirectory directory_;
};

}  // namespace flowtap::system_test
