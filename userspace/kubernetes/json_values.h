// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace flowtap {

// Visits a JSON text without building it in memory, so that the cost is bounded by its length. Paths look
// like "/items/[]/metadata/uid".
struct JsonVisitor {
    // A string, or a whole number as text.
    std::function<void(std::string_view path, const std::string& value)> value;
    // The end of an object.
    std::function<void(std::string_view path)> object_end;
};

// False if the text is not JSON or is nested deeper than 64; then discard what was visited.
bool visit_json(std::string_view text, const JsonVisitor& visitor);

}  // namespace flowtap
