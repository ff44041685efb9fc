// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

namespace flowtap {

// Small numbers from 1 up, each held at most once. The number that was released first is reused first, so
// that a probe that is still being removed does not use the next holder's number.
class NumberPool {
public:
    using Hold = std::shared_ptr<const std::uint32_t>;  // the number is released with the last copy

    // Uses the numbers below the limit.
    explicit NumberPool(std::uint32_t limit) : state_(std::make_shared<State>()) { state_->limit = limit; }

    // Null if all are held.
    Hold hold() {
        if (state_->next < state_->limit) return made(state_->next++);
        if (state_->free.empty()) return nullptr;
        const std::uint32_t number = state_->free.front();
        state_->free.pop_front();
        return made(number);
    }

private:
    // Lives as long as the last hold, even after this object.
    struct State {
        std::uint32_t limit = 0;
        std::uint32_t next = 1;
        std::deque<std::uint32_t> free;
    };

    [[nodiscard]] Hold made(std::uint32_t number) const {
        const auto give_back = [state = state_](const std::uint32_t* held) {
            state->free.push_back(*held);
            delete held;
        };
        return {new std::uint32_t(number), give_back};
    }

    std::shared_ptr<State> state_;
};

}  // namespace flowtap
