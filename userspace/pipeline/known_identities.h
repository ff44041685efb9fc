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

// Caches the identities of records by the bytes of their texts. Most executions have an identity that
// occurred before; then no text needs to be cleaned, truncated or joined. One per slot.
class KnownIdentities {
public:
    static constexpr std::size_t kSlots = 16'384;

    // Everything that determines an identity: the record's point and texts, and the identity of the enclosing
    // workflow, which the caller keeps alive (null: none).
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

    // Null if it is not cached; valid until the next call.
    [[nodiscard]] const SharedIdentity* find(const Question& question) const;
    void remember(const Question& question, const SharedIdentity& identity);
    // Call after the description of a point changed.
    void forget_all() { slots_.assign(kSlots, {}); }

private:
    struct Slot {
        std::string bytes = {};         // empty: the slot is unused
        SharedIdentity enclosing = {};  // kept alive, so that its address in `bytes` cannot be reused
        SharedIdentity identity = {};
    };
    static std::size_t slot_of(const Question& question);

    std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
};

}  // namespace flowtap
