// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "cli/commands.h"
#include "cli/machine_checks.h"
#include "selftest/self_test.h"

namespace flowtap {
namespace {

const char* heading(Check::State state) {
    switch (state) {
        case Check::State::kOk:
            return "ok       ";
        case Check::State::kLimited:
            return "limited  ";
        case Check::State::kMissing:
            return "MISSING  ";
    }
    return "";
}

void write_text(const std::vector<Check>& checks, std::ostream& out) {
    for (const Check& check : checks) {
        out << heading(check.state) << check.name << ": " << check.found;
        if (check.state != Check::State::kOk) out << " -> " << check.remedy;
        out << "\n";
    }
}

void write_json(const std::vector<Check>& checks, std::ostream& out) {
    nlohmann::json json = nlohmann::json::array();
    for (const Check& check : checks) {
        const bool works = check.proof ? check.proof->available : check.state == Check::State::kOk;
        json.push_back({{"name", check.name},
                        {"available", works},
                        {"reason", works ? "" : check.found},
                        {"price_seconds", check.price_seconds ? nlohmann::json(*check.price_seconds)
                                                              : nlohmann::json(nullptr)},
                        {"fired", check.proof ? check.proof->fired : 0},
                        {"triggered", check.proof ? check.proof->triggered : 0},
                        {"ok", check.state != Check::State::kMissing},
                        {"limited", check.state == Check::State::kLimited},
                        {"found", check.found},
                        {"remedy", check.remedy}});
    }
    out << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

}  // namespace

Result<void> check_command(const CheckOptions& options, std::ostream& out) {
    const std::vector<Check> checks = machine_checks(self_test());
    options.json ? write_json(checks, out) : write_text(checks, out);
    for (const Check& check : checks) {
        if (check.state == Check::State::kMissing) {
            return Error{"check", "this machine", check.name + ": " + check.found, check.remedy,
                         Error::Kind::kEnvironment};
        }
    }
    return {};
}

}  // namespace flowtap
