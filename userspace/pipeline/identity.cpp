// SPDX-License-Identifier: Apache-2.0
#include "pipeline/identity.h"

#include <algorithm>
#include <utility>

namespace flowtap {
namespace {

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Matches text against a shape in which 'x' stands for one hex digit.
bool has_shape(std::string_view text, std::string_view shape) {
    return std::equal(text.begin(), text.end(), shape.begin(), shape.end(), [](char actual, char expected) {
        return expected == 'x' ? is_hex_digit(actual) : actual == expected;
    });
}

// "inc-0f3c...": a name with a unique suffix, which would make one series for each execution.
void drop_made_up_suffix(std::string& id) {
    constexpr std::size_t kLengths[] = {36, 32};
    for (const std::size_t length : kLengths) {
        if (id.size() < length + 2 || id[id.size() - length - 1] != '-') continue;
        if (!is_made_up_id(std::string_view(id).substr(id.size() - length))) continue;
        id.resize(id.size() - length - 1);
        return;
    }
}

}  // namespace

bool is_made_up_id(std::string_view id) {
    return has_shape(id, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") ||
           has_shape(id, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

bool is_made_up_name(std::string_view name, std::span<const std::string> shapes) {
    return is_made_up_id(name) ||
           std::ranges::any_of(shapes, [&](const std::string& shape) { return has_shape(name, shape); });
}

std::optional<std::string> given_workflow_name(std::string id, std::string name,
                                               std::span<const std::string> made_up_names) {
    if (!id.empty() && !is_made_up_id(id)) return id;
    if (!name.empty() && !is_made_up_name(name, made_up_names)) return name;
    return std::nullopt;
}

const std::string& workflow_of(const Identity& identity) {
    return std::visit([](const auto& labels) -> const std::string& { return labels.workflow_id; }, identity);
}

NodeIdentity make_node_identity(std::string workflow, std::string id, std::string type) {
    if (type.empty()) type = kUnnamed;
    drop_made_up_suffix(id);
    if (id.empty()) id = type;
    return {std::move(workflow), std::move(id), std::move(type)};
}

}  // namespace flowtap
