// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "child.h"
#include "paths.h"

namespace flowtap::system_test {
namespace {

nlohmann::json found_machine() {
    if (const char* file = std::getenv("FLOWTAP_MACHINE")) {
        std::ifstream in(file);
        return nlohmann::json::parse(in);
    }
    Child check({kFlowtap, "check", "--json"});
    if (!check.wait()) throw std::runtime_error("flowtap check does not end");
    return nlohmann::json::parse(check.output());
}

const nlohmann::json& machine() {
    static const nlohmann::json found = found_machine();
    return found;
}

}  // namespace

std::string missing_capability() {
    if (::geteuid() != 0) return "root";
    std::string missing;
    for (const auto& check : machine()) {
        if (check.at("ok").get<bool>()) continue;
        missing += (missing.empty() ? "" : "; ") + check.at("name").get<std::string>() + ": " +
                   check.at("found").get<std::string>();
    }
    return missing;
}

std::string missing_mechanism(const std::string& name) {
    for (const auto& check : machine()) {
        if (check.at("name") != name) continue;
        if (check.at("available").get<bool>()) return {};
        return name + ": " + check.at("reason").get<std::string>();
    }
    throw std::runtime_error("flowtap check does not know " + name);
}

}  // namespace flowtap::system_test
