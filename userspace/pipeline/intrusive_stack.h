// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

template <typename T>
struct StackLinks {
    T* newer = nullptr;
    T* older = nullptr;
};

// Elements in the order they were pushed, linked through a member of each: uses no memory of its own, and
// removes any element in constant time. Owns nothing; an element must be removed before it is destroyed.
template <typename T, StackLinks<T> T::*kLinks>
class IntrusiveStack {
public:
    [[nodiscard]] bool empty() const { return newest_ == nullptr; }
    [[nodiscard]] T* newest() const { return newest_; }

    void push(T& element) {
        element.*kLinks = {.newer = nullptr, .older = newest_};
        if (newest_ != nullptr) (newest_->*kLinks).newer = &element;
        newest_ = &element;
    }

    // Precondition: the element is on this stack.
    void remove(T& element) {
        const auto [newer, older] = element.*kLinks;
        if (older != nullptr) (older->*kLinks).newer = newer;
        if (newer != nullptr) {
            (newer->*kLinks).older = older;
        } else {
            newest_ = older;
        }
    }

private:
    T* newest_ = nullptr;
};

}  // namespace flowtap
