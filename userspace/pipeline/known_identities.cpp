// SPDX-License-Identifier: Apache-2.0
#include "pipeline/known_identities.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace flowtap {

// A text's length, encoding and flags come first, so that different questions have different keys. Bytes
// after the length may be left from an earlier record. They are copied, because copying a fixed size is
// cheapest, and the next text overwrites them.
KnownIdentities::Question::Question(const ft_begin& begin, const SharedIdentity* enclosing)
    : enclosing_(enclosing) {
    const void* around = enclosing == nullptr ? nullptr : enclosing->address();
    append(begin.header.point, sizeof begin.header.point);
    append(around, sizeof around);
    for (const ft_text* text : {&begin.workflow_id, &begin.workflow_name, &begin.node_id, &begin.node_type}) {
        append(*text, offsetof(ft_text, data) + std::min<std::size_t>(text->length, FT_TEXT_DATA));
    }
}

template <typename T>
void KnownIdentities::Question::append(const T& value, std::size_t used) {
    std::memcpy(bytes_.data() + size_, &value, sizeof value);
    size_ += used;
}

std::size_t KnownIdentities::slot_of(const Question& question) {
    return std::hash<std::string_view>()(question.bytes()) % kSlots;
}

const SharedIdentity* KnownIdentities::find(const Question& question) const {
    const Slot& slot = slots_[slot_of(question)];
    return slot.bytes == question.bytes() ? &slot.identity : nullptr;
}

void KnownIdentities::remember(const Question& question, const SharedIdentity& identity) {
    Slot& slot = slots_[slot_of(question)];
    slot.bytes = question.bytes();
    slot.enclosing = question.enclosing_ == nullptr ? SharedIdentity() : *question.enclosing_;
    slot.identity = identity;
}

}  // namespace flowtap
