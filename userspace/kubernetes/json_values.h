// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace flowtap {

// What visits a JSON text without building it in memory: a hostile one costs no more than its own length.
// Paths are as in "/items/[]/metadata/uid".
struct JsonVisitor {
    // A string, or a whole number as text.
    std::function<void(std::string_view path, const std::string& value)> value;
    // An object is over.
    std::function<void(std::string_view path)> object_end;
};

// False where the text is no JSON, or is nested deeper than 64; what was visited until then is worth nothing.
bool visit_json(std::string_view text, const JsonVisitor& visitor);

}  // namespace flowtap
