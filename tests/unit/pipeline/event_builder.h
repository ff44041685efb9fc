// SPDX-License-Identifier: Apache-2.0
// Records as the kernel would write them.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include "bpf/event.h"

namespace flowtap::test {

inline ft_text text(std::string_view bytes, ft_encoding encoding = FT_TEXT_UTF8, int flags = 0) {
    ft_text text{};
    text.length = std::min<std::size_t>(bytes.size(), FT_TEXT_DATA);
    text.encoding = encoding;
    text.flags = flags;
    std::memcpy(text.data, bytes.data(), text.length);
    return text;
}

template <typename Integer>
ft_text integer(Integer value, ft_encoding encoding) {
    return text({reinterpret_cast<const char*>(&value), sizeof value}, encoding);
}

struct Where {
    __u64 key = 0x1000;
    __u32 tgid = 100;
    __u32 tid = 100;
    __u32 point = 0;
    ft_key_kind key_kind = FT_KEY_STACK;
};

inline ft_header header(ft_event_kind kind, __u64 time_ns, const Where& where) {
    ft_header header{};
    header.time_ns = time_ns;
    header.key = where.key;
    header.tgid = where.tgid;
    header.tid = where.tid;
    header.point = where.point;
    header.kind = kind;
    header.key_kind = where.key_kind;
    return header;
}

inline ft_begin begin(__u64 time_ns, const Where& where, std::string_view workflow_id = {}) {
    ft_begin event{};
    event.header = header(FT_EVENT_BEGIN, time_ns, where);
    if (!workflow_id.empty()) event.workflow_id = text(workflow_id);
    return event;
}

inline ft_end end(__u64 time_ns, const Where& where) {
    ft_end event{};
    event.header = header(FT_EVENT_END, time_ns, where);
    return event;
}

inline ft_end failed_end(__u64 time_ns, const Where& where, std::string_view error_type) {
    ft_end event = end(time_ns, where);
    event.header.status = FT_STATUS_FAILED;
    event.error_type = text(error_type);
    return event;
}

// A thread of this process went back from one stack pointer to another.
inline ft_left left(__u64 time_ns, __u64 from, __u64 to, ft_status status, std::string_view error_type = {}) {
    ft_left event{};
    event.header = header(FT_EVENT_LEFT, time_ns, {.key = 0});
    event.header.status = status;
    event.stack_from = from;
    event.stack_to = to;
    if (!error_type.empty()) event.error_type = text(error_type, FT_TEXT_CPP_TYPE);
    return event;
}

template <typename Record>
std::span<const std::byte> bytes_of(const Record& record) {
    return std::as_bytes(std::span(&record, 1));
}

}  // namespace flowtap::test
