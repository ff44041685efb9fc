// SPDX-License-Identifier: Apache-2.0
#include "workload.h"

#include <stdexcept>

namespace flowtap::system_test {
namespace {

void check(const std::string& line, const std::string& wanted) {
    if (line != wanted)
        throw std::runtime_error("the workload said \"" + line + "\", not \"" + wanted + "\"");
}

}  // namespace

Workload::Workload(const std::vector<std::string>& command, User user) : child_(command, user) {
    check(child_.next_line(), "ready " + pid_text());
}

Ledger Workload::run_round() {
    start_round();
    return report();
}

void Workload::run_until_held() { answer("go", "holding"); }

std::optional<int> Workload::leave() {
    child_.send_line("exit");
    return child_.wait();
}

void Workload::answer(const std::string& line, const std::string& wanted) {
    child_.send_line(line);
    check(child_.next_line(), wanted);
}

}  // namespace flowtap::system_test
