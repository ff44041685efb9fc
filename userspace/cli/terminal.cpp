// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <clocale>
#include <cstdlib>
#include <string_view>

namespace flowtap {
namespace {

// DEC private modes (xterm ctlseqs): 1049 alternate screen, 25 cursor, 7 line wrapping.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::size_t kPlainColumns = 160;  // if the width is unknown: room for every column
constexpr std::size_t kMostColumns = 1000;
constexpr int kPatienceMs = 1000;

bool write_all(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (written < 0 && errno == EAGAIN) {
            pollfd ready{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
            if (::poll(&ready, 1, kPatienceMs) <= 0) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool set(const termios& state) { return ::tcsetattr(STDIN_FILENO, TCSADRAIN, &state) == 0; }

bool shows_utf8() {
    const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
    if (locale == nullptr) return false;
    const bool utf8 = std::string_view(::nl_langinfo_l(CODESET, locale)) == "UTF-8";
    ::freelocale(locale);
    return utf8;
}

std::size_t columns_wanted() {
    const char* text = std::getenv("COLUMNS");
    if (text == nullptr) return kPlainColumns;
    std::size_t columns = 0;
    const std::string_view digits = text;
    std::from_chars(digits.data(), digits.data() + digits.size(), columns);
    return columns == 0 ? kPlainColumns : columns;
}

}  // namespace

TopScreen output_screen() {
    TopScreen screen{.columns = columns_wanted(), .utf8 = shows_utf8()};
    if (::isatty(STDOUT_FILENO) != 0) {
        const char* plain = std::getenv("NO_COLOR");
        screen.styled = plain == nullptr || *plain == '\0';
        winsize size{};
        const bool known =
            ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
        screen.columns = known ? size.ws_col : 80;
        screen.rows = known ? size.ws_row : 24;
    }
    screen.columns = std::min(screen.columns, kMostColumns);
    return screen;
}

void Terminal::enter() {
    termios state{};
    if (!entered_ && ::tcgetattr(STDIN_FILENO, &state) == 0) before_ = state;
    entered_ = true;
    if (before_) {
        state = *before_;
        state.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        state.c_cc[VMIN] = 1;
        state.c_cc[VTIME] = 0;
        set(state);
    }
    write_all(kEnter);
}

void Terminal::leave() {
    if (!entered_) return;
    entered_ = false;
    write_all(kLeave);
    if (before_) set(*before_);
}

bool Terminal::show(const std::vector<std::string>& lines) {
    // Erases a line before writing it: after a full row the cursor stays on the last cell, which a later
    // erase would clear.
    std::string frame = "\x1b[H";
    for (const std::string& line : lines) {
        if (&line != &lines.front()) frame += "\r\n";
        frame += (&line == &lines.back() ? "\x1b[J" : "\x1b[K") + line;
    }
    return write_all(frame);
}

}  // namespace flowtap
