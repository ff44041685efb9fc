// SPDX-License-Identifier: Apache-2.0
#include "pipeline/event_decoder.h"

#include <cstddef>
#include <cstring>
#include <optional>
#include <type_traits>

namespace flowtap {
namespace {

using Reason = Malformed::Reason;
using Bytes = std::span<const std::byte>;

using Fault = std::optional<Reason>;

bool known_encoding(const ft_text& text) { return text.encoding <= FT_TEXT_BOOLEAN; }

bool known_encodings(const ft_begin& begin) {
    return known_encoding(begin.workflow_id) && known_encoding(begin.workflow_name) &&
           known_encoding(begin.node_id) && known_encoding(begin.node_type);
}

Fault fault_of(const ft_begin& begin) {
    if (begin.header.key_kind < FT_KEY_STACK || begin.header.key_kind > FT_KEY_CONTEXT)
        return Reason::kBadKeyKind;
    if (!known_encodings(begin)) return Reason::kBadEncoding;
    return std::nullopt;
}

Fault fault_of(const CreatedEvent& created) { return fault_of(created.begin); }
Fault fault_of(const NamedEvent& named) { return fault_of(named.begin); }

Fault fault_of(const ft_done& done) {
    if (done.begin.header.status > FT_STATUS_ABORTED) return Reason::kBadStatus;
    if (!known_encodings(done.begin) || !known_encoding(done.error_type)) return Reason::kBadEncoding;
    return std::nullopt;
}

Fault fault_of_ending(const ft_header& header, const ft_text& error_type, ft_key_kind last_kind) {
    if (header.key_kind > last_kind) return Reason::kBadKeyKind;
    if (header.status > FT_STATUS_ABORTED) return Reason::kBadStatus;
    if (!known_encoding(error_type)) return Reason::kBadEncoding;
    return std::nullopt;
}

Fault fault_of(const ft_end& end) { return fault_of_ending(end.header, end.error_type, FT_KEY_CONTEXT); }
Fault fault_of(const RaisedEvent& raised) { return fault_of(raised.end); }
Fault fault_of(const ft_left& left) {
    return fault_of_ending(left.header, left.error_type, FT_KEY_COROUTINE);
}

template <typename HeaderEvent>
Fault fault_of(const HeaderEvent& event) {
    if (event.header.key_kind > FT_KEY_CONTEXT) return Reason::kBadKeyKind;
    return std::nullopt;
}

// Copies a record once, directly into the event: it has hundreds of bytes.
template <typename Record>
Event decode(Bytes bytes) {
    Event event = Malformed{Reason::kWrongSize};
    if (bytes.size() != sizeof(Record)) return event;
    Record& record = event.emplace<Record>();
    std::memcpy(&record, bytes.data(), sizeof record);
    if (const Fault fault = fault_of(record)) event = Malformed{*fault};
    return event;
}

template <typename Decoded>
const ft_header* header_in(const Decoded& event) {
    if constexpr (std::is_same_v<Decoded, Malformed>) {
        return nullptr;
    } else if constexpr (requires { event.begin; }) {
        return &event.begin.header;
    } else if constexpr (requires { event.end; }) {
        return &event.end.header;
    } else {
        return &event.header;
    }
}

}  // namespace

Event decode_event(Bytes record) {
    if (record.size() < sizeof(ft_header)) return Malformed{Reason::kWrongSize};
    decltype(ft_header::kind) kind = 0;
    std::memcpy(&kind, record.data() + offsetof(ft_header, kind), sizeof kind);
    switch (kind) {
        case FT_EVENT_BEGIN:
            return decode<BeginEvent>(record);
        case FT_EVENT_CREATED:
            return decode<CreatedEvent>(record);
        case FT_EVENT_NAMED:
            return decode<NamedEvent>(record);
        case FT_EVENT_DONE:
            return decode<DoneEvent>(record);
        case FT_EVENT_END:
            return decode<EndEvent>(record);
        case FT_EVENT_RAISED:
            return decode<RaisedEvent>(record);
        case FT_EVENT_LEFT:
            return decode<LeftEvent>(record);
        case FT_EVENT_IN_FLIGHT:
            return decode<InFlightEvent>(record);
        case FT_EVENT_THREAD_EXIT:
            return decode<ThreadExitEvent>(record);
        case FT_EVENT_PROCESS_EXIT:
            return decode<ProcessExitEvent>(record);
        case FT_EVENT_EXEC:
            return decode<ExecEvent>(record);
        default:
            return Malformed{Reason::kUnknownKind};
    }
}

const ft_header* header_of(const Event& event) {
    return std::visit([](const auto& decoded) { return header_in(decoded); }, event);
}

}  // namespace flowtap
