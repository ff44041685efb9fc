// SPDX-License-Identifier: Apache-2.0
#include "code/operation.h"

namespace flowtap {
namespace {

using Condition = Operation::Condition;

Condition opposite(Condition condition) {
    switch (condition) {
        case Condition::kZero:
            return Condition::kNotZero;
        case Condition::kNotZero:
            return Condition::kZero;
        case Condition::kNegative:
            return Condition::kNotNegative;
        case Condition::kNotNegative:
            return Condition::kNegative;
        case Condition::kNone:
            break;
    }
    return Condition::kNone;
}

}  // namespace

std::optional<Register> tested_register(const Operation& operation) {
    const bool is_test = operation.kind == Operation::Kind::kTest;
    return is_test && operation.first.whole == operation.second.whole ? operation.first.whole : std::nullopt;
}

std::optional<JumpWays> ways_of_jump(const CodeSource& source, const Instruction& jump, Condition condition) {
    const auto operation = decode_operation(source, jump.address);
    if (!operation || !jump.target || condition == Condition::kNone) return std::nullopt;
    if (operation->condition == condition) return JumpWays{*jump.target, jump.next()};
    if (operation->condition == opposite(condition)) return JumpWays{jump.next(), *jump.target};
    return std::nullopt;
}

}  // namespace flowtap
