// SPDX-License-Identifier: Apache-2.0
#include "screen.h"

#include <unistd.h>

#include <sstream>
#include <stdexcept>

#include "child.h"

namespace flowtap::system_test {
namespace {

constexpr const char* kTmux = "/usr/bin/tmux";

std::string quoted(const std::string& word) { return "'" + word + "'"; }

}  // namespace

Screen::Screen(const std::vector<std::string>& command, int columns, int rows) {
    std::string line = "exec";
    for (const std::string& word : command) line += " " + quoted(word);
    (void)tmux({"-f", "/dev/null", "new-session", "-d", "-x", std::to_string(columns), "-y",
                std::to_string(rows), line});
    (void)tmux({"set-option", "-g", "status", "off"});  // its own line would take one of the rows
    (void)tmux({"set-option", "-g", "window-size", "manual"});
    resize(columns, rows);
}

Screen::~Screen() {
    try {
        (void)tmux({"kill-server"});
    } catch (const std::runtime_error&) {  // it has ended with its program
    }
}

std::vector<std::string> Screen::rows() const {
    std::vector<std::string> rows;
    std::istringstream text(tmux({"capture-pane", "-p"}));
    for (std::string row; std::getline(text, row);) {
        row.erase(row.find_last_not_of(' ') + 1);
        rows.push_back(row);
    }
    return rows;
}

void Screen::resize(int columns, int rows) const {
    (void)tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

void Screen::type(const std::string& key) const { (void)tmux({"send-keys", key}); }

std::string Screen::missing() { return ::access(kTmux, X_OK) == 0 ? "" : "tmux"; }

std::string Screen::tmux(const std::vector<std::string>& words) const {
    std::vector<std::string> command = {
        "/usr/bin/env", "LC_ALL=C.UTF-8", "TERM=xterm-256color", kTmux, "-u", "-S", directory_ / "socket"};
    command.insert(command.end(), words.begin(), words.end());
    Child tmux(command);
    if (tmux.wait() != 0) throw std::runtime_error("tmux: " + tmux.errors());
    return tmux.output();
}

}  // namespace flowtap::system_test
