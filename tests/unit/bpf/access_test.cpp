// SPDX-License-Identifier: Apache-2.0
// The reader of native values, as the kernel runs it, on memory made by hand.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "readers.h"
#include "tests/unit/process/fake_memory.h"

extern "C" {
#include "bpf/access.bpf.h"
}

namespace flowtap::access_test {
namespace {

class Access : public testing::Test {
protected:
    static constexpr std::uint64_t kBlock = 0x10000;

    Access() { memory_.map(kBlock, 0x1000); }

    void put_text(std::uint64_t address, const std::string& text) {
        memory_.put_bytes(address, text.data(), text.size() + 1);
    }
    static ft_access access(ft_value type) {
        ft_access one = {};
        one.type = type;
        return one;
    }
    ft_text read(const ft_access& access, std::uint64_t base, std::uint64_t index = 0,
                 std::uint64_t length = 0) {
        ft_text text = {};
        const ft_operands operands{base, index, length};
        ft_text_access(&text, &access, &operands);
        return text;
    }
    static std::string string_of(const ft_text& text) {
        EXPECT_EQ(text.encoding, FT_TEXT_UTF8);
        return {text.data, text.length};
    }
    static std::int64_t number_of(const ft_text& text) {
        std::int64_t value = 0;
        EXPECT_EQ(text.length, sizeof value);
        std::memcpy(&value, text.data, sizeof value);
        return value;
    }
    static bool is_unreadable(const ft_text& text) {
        return text.flags == FT_TEXT_UNREADABLE && text.length == 0 && text.encoding == FT_TEXT_NONE;
    }

    FakeMemory memory_;
    MemoryInUse in_use_{memory_};
};

TEST_F(Access, NothingIsReadWhereNothingIsAsked) {
    EXPECT_EQ(read(access(FT_VALUE_NONE), kBlock).encoding, FT_TEXT_NONE);
    EXPECT_EQ(read(access(FT_VALUE_NONE), 1).flags, 0);
}

TEST_F(Access, NumbersInRegistersAreCutAndExtended) {
    ft_access one = access(FT_VALUE_NUMBER);
    one.width = 4;
    EXPECT_EQ(number_of(read(one, 0x1234ffffffff)), 0xffffffff);
    one.is_signed = 1;
    EXPECT_EQ(number_of(read(one, 0x1234fffffffe)), -2);
    one.width = 2;
    one.shift = 16;
    EXPECT_EQ(number_of(read(one, 0x8001'0000)), -32767);
    one.width = 8;
    one.shift = 0;
    EXPECT_EQ(number_of(read(one, UINT64_MAX)), -1);
}

TEST_F(Access, NumbersInMemoryAreReadInTheirOwnWidth) {
    memory_.put<std::uint8_t>(kBlock + 0xfff, 0x80);
    ft_access one = access(FT_VALUE_NUMBER_AT);
    one.width = 1;
    one.offset = 0xfff;
    EXPECT_EQ(number_of(read(one, kBlock)), 0x80) << "the byte behind it cannot be read, nor is it";
    one.is_signed = 1;
    EXPECT_EQ(number_of(read(one, kBlock)), -128);
    one.width = 2;
    EXPECT_TRUE(is_unreadable(read(one, kBlock)));
}

TEST_F(Access, PathsGoThroughPointers) {
    memory_.put<std::uint64_t>(kBlock + 16, kBlock + 0x100);
    memory_.put<std::uint64_t>(kBlock + 0x108, kBlock + 0x200);
    put_text(kBlock + 0x204, "found");
    ft_access one = access(FT_VALUE_CSTRING_AT);
    one.loads = 2;
    one.offsets[0] = 16;
    one.offsets[1] = 8;
    one.offset = 4;
    EXPECT_EQ(string_of(read(one, kBlock)), "found");
    EXPECT_TRUE(is_unreadable(read(one, kBlock + 8))) << "a null pointer on the way";
    EXPECT_TRUE(is_unreadable(read(one, 0)));
    EXPECT_TRUE(is_unreadable(read(one, UINT64_MAX)));
}

TEST_F(Access, MostLoadsAreFollowedAndNoMore) {
    for (std::uint64_t i = 0; i < 8; i++) memory_.put<std::uint64_t>(kBlock + 64 * i, kBlock + 64 * (i + 1));
    memory_.put<std::uint32_t>(kBlock + 64 * FT_MAX_LOADS, 77);
    ft_access one = access(FT_VALUE_NUMBER_AT);
    one.width = 4;
    one.loads = FT_MAX_LOADS;
    EXPECT_EQ(number_of(read(one, kBlock)), 77);
    one.loads = 200;
    EXPECT_EQ(number_of(read(one, kBlock)), 77);
}

TEST_F(Access, BytesHaveTheirLengthInARegister) {
    put_text(kBlock, "view-and-more");
    EXPECT_EQ(string_of(read(access(FT_VALUE_BYTES_AT), kBlock, 0, 4)), "view");
    EXPECT_EQ(string_of(read(access(FT_VALUE_BYTES_AT), kBlock, 0, 0)), "");
    const ft_text cut = read(access(FT_VALUE_BYTES_AT), kBlock, 0, UINT64_MAX);
    EXPECT_EQ(cut.length, FT_TEXT_DATA);
    EXPECT_EQ(cut.flags, FT_TEXT_TRUNCATED);
    EXPECT_TRUE(is_unreadable(read(access(FT_VALUE_BYTES_AT), 8, 0, 4)));
}

TEST_F(Access, SlicesHaveBothInMemory) {
    put_text(kBlock + 0x80, "sliced");
    memory_.put<std::uint64_t>(kBlock + 8, 5);
    memory_.put<std::uint64_t>(kBlock + 24, kBlock + 0x80);
    ft_access one = access(FT_VALUE_SLICE_AT);
    one.pointer_offset = 24;
    one.length_offset = 8;
    EXPECT_EQ(string_of(read(one, kBlock)), "slice");
    EXPECT_TRUE(is_unreadable(read(one, kBlock + 0xffc))) << "no length to be read";
    memory_.put<std::uint64_t>(kBlock + 24, 8);
    EXPECT_TRUE(is_unreadable(read(one, kBlock))) << "a pointer to nowhere";
}

TEST_F(Access, ArraysMayBeFullToTheirLastByte) {
    put_text(kBlock, "12345678garbage");
    ft_access one = access(FT_VALUE_CSTRING_AT);
    one.limit = 8;
    EXPECT_EQ(string_of(read(one, kBlock)), "12345678");
    put_text(kBlock, "123");
    EXPECT_EQ(string_of(read(one, kBlock)), "123");
}

TEST_F(Access, LongTextIsCutAndSaysSo) {
    put_text(kBlock, std::string(200, 'x'));
    const ft_text text = read(access(FT_VALUE_CSTRING_AT), kBlock);
    EXPECT_EQ(text.length, FT_TEXT_DATA - 1);
    EXPECT_EQ(text.flags, FT_TEXT_TRUNCATED);
}

TEST_F(Access, StringsOfLibcxxAreShortOrLong) {
    const std::string short_text =
        "\x0a"
        "short";
    memory_.put_bytes(kBlock, short_text.data(), short_text.size());
    EXPECT_EQ(string_of(read(access(FT_VALUE_LIBCXX_STRING_AT), kBlock)), "short");
    memory_.put<std::uint64_t>(kBlock + 0x40, 0x41);
    memory_.put<std::uint64_t>(kBlock + 0x48, 9);
    memory_.put<std::uint64_t>(kBlock + 0x50, kBlock + 0x80);
    put_text(kBlock + 0x80, "elsewhere-and-more");
    EXPECT_EQ(string_of(read(access(FT_VALUE_LIBCXX_STRING_AT), kBlock + 0x40)), "elsewhere");
    EXPECT_TRUE(is_unreadable(read(access(FT_VALUE_LIBCXX_STRING_AT), kBlock + 0xff0)));
}

TEST_F(Access, AnIndexIsScaled) {
    memory_.put<std::uint32_t>(kBlock + 8 + 4 * 5, 1234);
    ft_access one = access(FT_VALUE_NUMBER_AT);
    one.width = 4;
    one.scale = 2;
    one.constant = 8;
    EXPECT_EQ(number_of(read(one, kBlock, 5)), 1234);
}

}  // namespace
}  // namespace flowtap::access_test
