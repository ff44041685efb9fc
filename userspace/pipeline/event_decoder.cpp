// SPDX-License-Identifier: Apache-2.0
#include "pipeline/event_decoder.h"

#include <cstddef>
#include <cstring>
#include <optional>

namespace flowtap {
namespace {

using Reason = Malformed::Reason;
using Bytes = std::span<const std::byte>;

template <typename Record>
std::optional<Record> copy_record(Bytes bytes) {
    if (bytes.size() != sizeof(Record)) return std::nullopt;
    Record record;
    std::memcpy(&record, bytes.data(), sizeof record);
    return record;
}

bool known_encoding(const ft_text& text) { return text.encoding <= FT_TEXT_CPP_TYPE; }

Event decode_begin(Bytes bytes) {
    const auto begin = copy_record<ft_begin>(bytes);
    if (!begin) return Malformed{Reason::kWrongSize};
    if (begin->header.key_kind < FT_KEY_STACK || begin->header.key_kind > FT_KEY_RUN)
        return Malformed{Reason::kBadKeyKind};
    if (!known_encoding(begin->workflow_id) || !known_encoding(begin->workflow_name) ||
        !known_encoding(begin->node_id) || !known_encoding(begin->node_type))
        return Malformed{Reason::kBadEncoding};
    if (begin->header.kind == FT_EVENT_BORN) return BornEvent{*begin};
    return *begin;
}

Event decode_done(Bytes bytes) {
    const auto done = copy_record<ft_done>(bytes);
    if (!done) return Malformed{Reason::kWrongSize};
    const ft_begin& begin = done->begin;
    if (begin.header.status > FT_STATUS_ABORTED) return Malformed{Reason::kBadStatus};
    if (!known_encoding(begin.workflow_id) || !known_encoding(begin.workflow_name) ||
        !known_encoding(begin.node_id) || !known_encoding(begin.node_type) ||
        !known_encoding(done->error_type))
        return Malformed{Reason::kBadEncoding};
    return *done;
}

Event decode_end(Bytes bytes) {
    const auto end = copy_record<ft_end>(bytes);
    if (!end) return Malformed{Reason::kWrongSize};
    if (end->header.key_kind > FT_KEY_RUN) return Malformed{Reason::kBadKeyKind};
    if (end->header.status > FT_STATUS_ABORTED) return Malformed{Reason::kBadStatus};
    if (!known_encoding(end->error_type)) return Malformed{Reason::kBadEncoding};
    if (end->header.kind == FT_EVENT_RAISED) return RaisedEvent{*end};
    return *end;
}

Event decode_left(Bytes bytes) {
    const auto left = copy_record<ft_left>(bytes);
    if (!left) return Malformed{Reason::kWrongSize};
    if (left->header.key_kind > FT_KEY_COROUTINE) return Malformed{Reason::kBadKeyKind};
    if (left->header.status > FT_STATUS_ABORTED) return Malformed{Reason::kBadStatus};
    if (!known_encoding(left->error_type)) return Malformed{Reason::kBadEncoding};
    return *left;
}

template <typename HeaderEvent>
Event decode_header(Bytes bytes) {
    const auto header = copy_record<ft_header>(bytes);
    if (!header) return Malformed{Reason::kWrongSize};
    if (header->key_kind > FT_KEY_RUN) return Malformed{Reason::kBadKeyKind};
    return HeaderEvent{*header};
}

}  // namespace

Event decode_event(Bytes record) {
    if (record.size() < sizeof(ft_header)) return Malformed{Reason::kWrongSize};
    decltype(ft_header::kind) kind = 0;
    std::memcpy(&kind, record.data() + offsetof(ft_header, kind), sizeof kind);
    switch (kind) {
        case FT_EVENT_BEGIN:
        case FT_EVENT_BORN:
            return decode_begin(record);
        case FT_EVENT_DONE:
            return decode_done(record);
        case FT_EVENT_END:
        case FT_EVENT_RAISED:
            return decode_end(record);
        case FT_EVENT_LEFT:
            return decode_left(record);
        case FT_EVENT_IN_FLIGHT:
            return decode_header<InFlightEvent>(record);
        case FT_EVENT_THREAD_EXIT:
            return decode_header<ThreadExitEvent>(record);
        case FT_EVENT_PROCESS_EXIT:
            return decode_header<ProcessExitEvent>(record);
        case FT_EVENT_EXEC:
            return decode_header<ExecEvent>(record);
        default:
            return Malformed{Reason::kUnknownKind};
    }
}

}  // namespace flowtap
