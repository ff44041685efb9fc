// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/event.h"
#include "pipeline/outcome.h"

namespace flowtap {

// Remembers which identity the texts of a record met last meant, by their bytes as they came: most executions
// are of an identity that was met before, and then no text is cleaned, cut or put together. One per slot.
class KnownIdentities {
public:
    static constexpr std::size_t kSlots = 16'384;

    // All that an identity follows from: the record's point and texts, and the identity of the workflow
    // around it, which the caller keeps alive (null: none).
    class Question {
    public:
        Question(const ft_begin& begin, const SharedIdentity* enclosing);

        [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }

    private:
        friend class KnownIdentities;
        template <typename T>
        void append(const T& value, std::size_t used);

        std::array<char, 4 * sizeof(ft_text) + 16> bytes_;
        std::size_t size_ = 0;
        const SharedIdentity* enclosing_;
    };

    // Null where it is not remembered; valid until the next call.
    [[nodiscard]] const SharedIdentity* find(const Question& question) const;
    void remember(const Question& question, const SharedIdentity& identity);
    // After points were described anew.
    void forget_all() { slots_.assign(kSlots, {}); }

private:
    struct Slot {
        std::string bytes = {};         // empty: nothing
        SharedIdentity enclosing = {};  // held, so that its address in `bytes` cannot come to mean another
        SharedIdentity identity = {};
    };
    static std::size_t slot_of(const Question& question);

    std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
};

}  // namespace flowtap
