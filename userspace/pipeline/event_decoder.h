// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "bpf/event.h"

namespace flowtap {

using BeginEvent = ft_begin;
using EndEvent = ft_end;
using DoneEvent = ft_done;

// A coroutine that exists but was not awaited where it was created: it may run later, seen or unseen, or
// never.
struct CreatedEvent {
    ft_begin begin;
};
// Ids of an open execution, which were not known when it began. Its end follows.
struct NamedEvent {
    ft_begin begin;
};
using LeftEvent = ft_left;
// The last execution that ended on the thread has failed, although its end was reported with another status.
struct RaisedEvent {
    ft_end end;
};
// An execution that was running when flowtap attached to its process.
struct InFlightEvent {
    ft_header header;
};
struct ThreadExitEvent {
    ft_header header;
};
struct ProcessExitEvent {
    ft_header header;
};
struct ExecEvent {
    ft_header header;
};

// Bytes that are not a record of bpf/event.h.
struct Malformed {
    enum class Reason : std::uint8_t { kUnknownKind, kWrongSize, kBadStatus, kBadKeyKind, kBadEncoding };
    Reason reason = Reason::kUnknownKind;
};

using Event = std::variant<BeginEvent, CreatedEvent, NamedEvent, EndEvent, LeftEvent, DoneEvent, RaisedEvent,
                           InFlightEvent, ThreadExitEvent, ProcessExitEvent, ExecEvent, Malformed>;

// Decodes one record of the ring buffer, at any alignment. In every event but Malformed the enumerations are
// in range (key_kind may be 0 in all but BeginEvent); to_label() checks text lengths.
[[nodiscard]] Event decode_event(std::span<const std::byte> record);

// nullptr if the event is malformed.
[[nodiscard]] const ft_header* header_of(const Event& event);

}  // namespace flowtap
