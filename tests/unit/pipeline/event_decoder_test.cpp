// SPDX-License-Identifier: Apache-2.0
#include "pipeline/event_decoder.h"

#include <gtest/gtest.h>

#include <vector>

#include "event_builder.h"

namespace flowtap::event_decoder_test {
namespace {

using test::bytes_of;
using Reason = Malformed::Reason;

template <typename Record>
Event decode(const Record& record) {
    return decode_event(bytes_of(record));
}

// Fails where the event is not malformed.
void expect_malformed(const Event& event, Reason reason) {
    const auto* malformed = std::get_if<Malformed>(&event);
    ASSERT_NE(malformed, nullptr);
    EXPECT_EQ(malformed->reason, reason);
}

TEST(DecodeEvent, ReadsABegin) {
    const auto event = decode(test::begin(7, {.key = 0xABC, .tgid = 1, .tid = 2, .point = 3}, "orders"));
    const auto* begin = std::get_if<BeginEvent>(&event);
    ASSERT_NE(begin, nullptr);
    EXPECT_EQ(begin->header.time_ns, 7U);
    EXPECT_EQ(begin->header.key, 0xABCU);
    EXPECT_EQ(begin->header.tid, 2U);
    EXPECT_EQ(begin->header.point, 3U);
    EXPECT_EQ(begin->workflow_id.length, 6U);
}

TEST(DecodeEvent, ReadsAnEnd) {
    const auto event = decode(test::failed_end(9, {}, "ValueError"));
    const auto* end = std::get_if<EndEvent>(&event);
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(end->header.status, FT_STATUS_FAILED);
    EXPECT_EQ(end->error_type.length, 10U);
}

TEST(DecodeEvent, TellsTheHeaderOnlyKindsApart) {
    const auto of_kind = [](ft_event_kind kind) { return decode(test::header(kind, 1, {})); };
    EXPECT_TRUE(std::holds_alternative<InFlightEvent>(of_kind(FT_EVENT_IN_FLIGHT)));
    EXPECT_TRUE(std::holds_alternative<ThreadExitEvent>(of_kind(FT_EVENT_THREAD_EXIT)));
    EXPECT_TRUE(std::holds_alternative<ProcessExitEvent>(of_kind(FT_EVENT_PROCESS_EXIT)));
    EXPECT_TRUE(std::holds_alternative<ExecEvent>(of_kind(FT_EVENT_EXEC)));
}

TEST(DecodeEvent, TellsACreatedCoroutineFromABegin) {
    ft_begin record = test::begin(7, {.key = 0xABC, .key_kind = FT_KEY_COROUTINE});
    record.header.kind = FT_EVENT_CREATED;
    const Event event = decode(record);
    ASSERT_TRUE(std::holds_alternative<CreatedEvent>(event));
    EXPECT_EQ(std::get<CreatedEvent>(event).begin.header.key, 0xABCU);
}

TEST(DecodeEvent, TellsLateIdsFromABegin) {
    ft_begin record = test::begin(7, {.key = 0xABC, .key_kind = FT_KEY_CALL});
    record.header.kind = FT_EVENT_NAMED;
    const Event event = decode(record);
    ASSERT_TRUE(std::holds_alternative<NamedEvent>(event));
    EXPECT_EQ(header_of(event)->key, 0xABCU);
    record.node_id.encoding = FT_TEXT_BOOLEAN + 1;
    expect_malformed(decode(record), Reason::kBadEncoding);
}

TEST(DecodeEvent, ReadsARecordAtAnyAlignment) {
    const ft_begin record = test::begin(7, {.key = 0xABC});
    for (std::size_t shift = 0; shift < 8; ++shift) {
        std::vector<std::byte> buffer(shift + sizeof record);
        std::memcpy(buffer.data() + shift, &record, sizeof record);
        const Event event = decode_event(std::span(buffer).subspan(shift));
        ASSERT_TRUE(std::holds_alternative<BeginEvent>(event)) << shift;
        EXPECT_EQ(std::get<BeginEvent>(event).header.key, 0xABCU);
    }
}

TEST(DecodeEvent, RefusesEverySizeButTheKindsOwn) {
    const ft_begin begin = test::begin(1, {});
    std::vector<std::byte> buffer(2 * sizeof begin);
    std::memcpy(buffer.data(), &begin, sizeof begin);
    for (std::size_t size = 0; size <= buffer.size(); ++size) {
        const Event event = decode_event(std::span(buffer).first(size));
        EXPECT_EQ(std::holds_alternative<BeginEvent>(event), size == sizeof begin) << size;
    }
    expect_malformed(decode_event({}), Reason::kWrongSize);
    expect_malformed(decode_event(bytes_of(test::end(1, {})).first(sizeof(ft_header))), Reason::kWrongSize);
}

TEST(DecodeEvent, RefusesUnknownKinds) {
    ft_header header = test::header(FT_EVENT_EXEC, 1, {});
    for (const int kind : {0, FT_EVENT_NAMED + 1, 0xFFFF}) {
        header.kind = kind;
        expect_malformed(decode(header), Reason::kUnknownKind);
    }
}

TEST(DecodeEvent, RefusesValuesOutsideTheirEnumerations) {
    ft_end end = test::end(1, {});
    end.header.status = FT_STATUS_ABORTED + 1;
    expect_malformed(decode(end), Reason::kBadStatus);

    ft_begin begin = test::begin(1, {});
    begin.header.key_kind = 0;
    expect_malformed(decode(begin), Reason::kBadKeyKind);
    begin.header.key_kind = FT_KEY_CONTEXT + 1;
    expect_malformed(decode(begin), Reason::kBadKeyKind);

    ft_header exit = test::header(FT_EVENT_THREAD_EXIT, 1, {});
    exit.key_kind = 0;
    EXPECT_TRUE(std::holds_alternative<ThreadExitEvent>(decode(exit))) << "an exit has no key";
}

TEST(DecodeEvent, RefusesUnknownEncodingsInEveryText) {
    for (ft_text ft_begin::*member :
         {&ft_begin::workflow_id, &ft_begin::workflow_name, &ft_begin::node_id, &ft_begin::node_type}) {
        ft_begin begin = test::begin(1, {});
        (begin.*member).encoding = FT_TEXT_BOOLEAN + 1;
        expect_malformed(decode(begin), Reason::kBadEncoding);
    }
    ft_end end = test::end(1, {});
    end.error_type.encoding = 0xFF;
    expect_malformed(decode(end), Reason::kBadEncoding);
}

}  // namespace
}  // namespace flowtap::event_decoder_test
