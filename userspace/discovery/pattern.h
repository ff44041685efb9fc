// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace flowtap {

// A regular expression in RE2's syntax: Perl's without look-around and backreferences. Matching time is
// linear in the length of the text, whatever the pattern.
class Pattern {
public:
    // Errors: kUsage; the cause shows the place.
    static Result<Pattern> compile(const std::string& text);

    // Whether some part of the text matches.
    [[nodiscard]] bool found_in(std::string_view text) const;

private:
    explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

    std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace flowtap
