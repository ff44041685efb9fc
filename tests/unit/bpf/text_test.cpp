// SPDX-License-Identifier: Apache-2.0
// Values as texts of an event.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "target_image.h"

namespace flowtap::text_test {
namespace {

constexpr std::uint64_t kUnmapped = 0xdead0000;

// As a text is before it is filled: anything.
ft_text soiled_text() {
    ft_text text;
    std::memset(&text, 0xa5, sizeof(text));
    return text;
}

std::string data_of(const ft_text& text) { return {text.data, text.length}; }

void expect_unreadable(const ft_text& text) {
    EXPECT_EQ(text.encoding, FT_TEXT_NONE);
    EXPECT_EQ(text.flags, FT_TEXT_UNREADABLE);
    EXPECT_EQ(text.length, 0);
}

void expect_empty(const ft_text& text) {
    EXPECT_EQ(text.encoding, FT_TEXT_NONE);
    EXPECT_EQ(text.flags, 0);
    EXPECT_EQ(text.length, 0);
}

class Texts : public testing::TestWithParam<unsigned> {
protected:
    ft_text object_text(std::uint64_t object) {
        ft_text text = soiled_text();
        ft_text_object(&image_.py, &text, object);
        return text;
    }
    // Sign and number of digits as this version writes them.
    std::int64_t tag(int sign, std::int64_t digits) const {
        if (!image_.py.int_tagged) return sign * digits;
        return digits << 3 | (sign < 0 ? 2 : sign == 0 ? 1 : 0);
    }
    void expect_integer(std::uint64_t object, std::int64_t expected) {
        const ft_text text = object_text(object);
        EXPECT_EQ(text.encoding, FT_TEXT_INTEGER);
        EXPECT_EQ(text.flags, 0);
        ASSERT_EQ(text.length, sizeof(expected));
        std::int64_t value = 0;
        std::memcpy(&value, text.data, sizeof(value));
        EXPECT_EQ(value, expected);
    }

    TargetImage image_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Minor, Texts, testing::ValuesIn(all_minors()));

TEST_P(Texts, OfStringsKeepTheirEncoding) {
    const auto expect = [&](std::uint64_t str, ft_encoding encoding, std::string_view bytes) {
        const ft_text text = object_text(str);
        EXPECT_EQ(text.encoding, encoding);
        EXPECT_EQ(data_of(text), bytes);
        EXPECT_EQ(text.flags, 0);
    };
    expect(image_.str("plain"), FT_TEXT_UTF8, "plain");
    expect(image_.str(""), FT_TEXT_UTF8, "");
    expect(image_.wide_str(1, "n\xe4he"), FT_TEXT_LATIN1, "n\xe4he");
    expect(image_.wide_str(2, "\x0d\x54\x4d\x52"), FT_TEXT_UCS2, "\x0d\x54\x4d\x52");
    expect(image_.wide_str(4, std::string_view("\x00\xf6\x01\x00", 4)), FT_TEXT_UCS4,
           std::string_view("\x00\xf6\x01\x00", 4));
}

TEST_P(Texts, OfLongStringsAreCutAtAWholeCodePointAndSaySo) {
    const std::string bytes(200, 'y');
    for (const std::uint64_t str : {image_.str(bytes), image_.wide_str(1, bytes), image_.wide_str(2, bytes),
                                    image_.wide_str(4, bytes)}) {
        const ft_text text = object_text(str);
        EXPECT_EQ(data_of(text), bytes.substr(0, FT_TEXT_DATA));
        EXPECT_EQ(text.flags, FT_TEXT_TRUNCATED);
    }
    EXPECT_EQ(object_text(image_.str(bytes.substr(0, FT_TEXT_DATA))).flags, 0);
    EXPECT_EQ(object_text(image_.str(bytes.substr(0, FT_TEXT_DATA + 1))).flags, FT_TEXT_TRUNCATED);
    EXPECT_EQ(object_text(image_.wide_str(4, bytes.substr(0, FT_TEXT_DATA))).flags, 0);
}

TEST_P(Texts, OfInstancesOfSubclassesOfStrAreReadBehindTheirPointer) {
    const auto instance = [&](std::uint32_t state, std::string_view bytes, std::uint64_t length) {
        const std::uint64_t str = image_.object(image_.str_type, image_.py.str_compact_data + 8);
        image_.memory.put<std::uint64_t>(str + image_.py.str_length, length);
        image_.memory.put<std::uint32_t>(str + image_.py.str_state, state);
        const std::uint64_t data = image_.block(bytes.size());
        image_.memory.put_bytes(data, bytes.data(), bytes.size());
        image_.memory.put(str + image_.py.str_compact_data, data);
        return str;
    };
    const ft_text ascii = object_text(instance(1U << 2 | TargetImage::kAscii, "member", 6));
    EXPECT_EQ(ascii.encoding, FT_TEXT_UTF8);
    EXPECT_EQ(data_of(ascii), "member");
    const ft_text wide = object_text(instance(2U << 2, "\x0d\x54\x4d\x52", 2));
    EXPECT_EQ(wide.encoding, FT_TEXT_UCS2);
    EXPECT_EQ(data_of(wide), "\x0d\x54\x4d\x52");
    const std::uint64_t nowhere = instance(1U << 2 | TargetImage::kAscii, "member", 6);
    image_.memory.put(nowhere + image_.py.str_compact_data, kUnmapped);
    expect_unreadable(object_text(nowhere));
}

TEST_P(Texts, OfHostileStringsAreUnreadable) {
    const std::uint64_t longer = image_.str("short");
    image_.memory.put<std::uint64_t>(longer + image_.py.str_length, 1ULL << 63);
    expect_unreadable(object_text(longer));

    // In bytes this length is zero again.
    const std::uint64_t wrapped = image_.wide_str(4, "abcd");
    image_.memory.put<std::uint64_t>(wrapped + image_.py.str_length, 1ULL << 62);
    expect_unreadable(object_text(wrapped));

    for (const std::uint32_t kind : {0U, 3U, 5U, 7U}) {
        const std::uint64_t str = image_.wide_str(4, std::string(64, 'a'));
        image_.memory.put<std::uint32_t>(str + image_.py.str_state, kind << 2 | TargetImage::kCompact);
        expect_unreadable(object_text(str));
    }
}

TEST_P(Texts, OfIntegersOfUpToTwoDigits) {
    constexpr std::uint32_t kLargestDigit = (1U << 30) - 1;
    expect_integer(image_.integer(tag(0, 0), {0}), 0);
    expect_integer(image_.integer(tag(0, 0), {77}), 0);  // no digits: what is there is not part of it
    expect_integer(image_.integer(tag(1, 1), {42}), 42);
    expect_integer(image_.integer(tag(-1, 1), {42}), -42);
    expect_integer(image_.integer(tag(1, 1), {kLargestDigit}), kLargestDigit);
    expect_integer(image_.integer(tag(1, 2), {7, 3}), (3LL << 30) + 7);
    expect_integer(image_.integer(tag(-1, 2), {7, 3}), -(3LL << 30) - 7);
    expect_integer(image_.integer(tag(1, 2), {kLargestDigit, kLargestDigit}), (1LL << 60) - 1);
}

TEST_P(Texts, OfLargerIntegersAreTheirDigits) {
    const ft_text positive = object_text(image_.integer(tag(1, 3), {5, 6, 7}));
    EXPECT_EQ(positive.encoding, FT_TEXT_DIGITS);
    EXPECT_EQ(data_of(positive), std::string_view("\5\0\0\0\6\0\0\0\7\0\0\0", 12));
    const ft_text negative = object_text(image_.integer(tag(-1, 3), {5, 6, 7}));
    EXPECT_EQ(data_of(negative), std::string_view("\5\0\0\x80\6\0\0\0\7\0\0\0", 12));
}

TEST_P(Texts, OfIntegersThatAreTooLargeOrHostileAreUnreadable) {
    expect_unreadable(object_text(image_.integer(tag(1, 24), std::vector<std::uint32_t>(24, 1))));
    expect_unreadable(object_text(image_.integer(tag(1, 1LL << 59), {1})));
    expect_unreadable(object_text(image_.integer(std::numeric_limits<std::int64_t>::max(), {1})));
    expect_unreadable(object_text(image_.integer(std::numeric_limits<std::int64_t>::min(), {1})));
}

TEST_P(Texts, OfNoneAndNoObjectAreEmpty) {
    expect_empty(object_text(0));
    expect_empty(object_text(image_.py.none));
}

TEST_P(Texts, OfOtherObjectsAreUnreadable) {
    expect_unreadable(object_text(image_.object(image_.type(0))));
    expect_unreadable(object_text(image_.object(0)));
    expect_unreadable(object_text(image_.object(kUnmapped)));
    expect_unreadable(object_text(kUnmapped));
    expect_unreadable(object_text(~0ULL));
}

TEST_P(Texts, OfTypesAreTheirNames) {
    const std::uint64_t type = image_.type(0);
    image_.memory.put(type + image_.py.type_name, image_.c_string("engine.Node"));
    ft_text text = soiled_text();
    ft_text_type_name(&image_.py, &text, type);
    EXPECT_EQ(data_of(text), "engine.Node");
    EXPECT_EQ(text.encoding, FT_TEXT_UTF8);
    ft_text_type_name(&image_.py, &text, kUnmapped);
    expect_unreadable(text);
    text = soiled_text();
    ft_text_type_name(&image_.py, &text, 0);
    expect_empty(text);
}

TEST_P(Texts, OfAPendingExceptionAreItsClass) {
    const std::uint64_t thread = image_.block(256);
    const std::uint64_t type = image_.type(0);
    image_.memory.put(type + image_.py.type_name, image_.c_string("KeyError"));
    const std::uint64_t pending = image_.py.exception_is_type ? type : image_.object(type);
    image_.memory.put(thread + image_.py.tstate_exception, pending);
    ft_text text = soiled_text();
    ft_text_exception(&image_.py, &text, thread);
    EXPECT_EQ(data_of(text), "KeyError");
    EXPECT_EQ(text.flags, 0);
}

TEST_P(Texts, OfNoPendingExceptionAreEmpty) {
    const std::uint64_t thread = image_.block(256);
    for (const std::uint64_t tstate : {thread, kUnmapped, std::uint64_t{0}}) {
        ft_text text = soiled_text();
        ft_text_exception(&image_.py, &text, tstate);
        expect_empty(text);
    }
}

TEST_P(Texts, OfAHostilePendingExceptionAreUnreadableOrEmpty) {
    const std::uint64_t thread = image_.block(256);
    image_.memory.put(thread + image_.py.tstate_exception, kUnmapped);
    ft_text text = soiled_text();
    ft_text_exception(&image_.py, &text, thread);
    EXPECT_EQ(text.length, 0);
    EXPECT_EQ(text.encoding, FT_TEXT_NONE);
}

class CStrings : public testing::Test {
protected:
    ft_text text_of(std::uint64_t address) {
        ft_text text = soiled_text();
        ft_text_cstring(&text, address);
        return text;
    }

    TargetImage image_{kNewestPythonMinor};
};

TEST_F(CStrings, AreWholeUpToOneByteLessThanATextHolds) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{90}, std::size_t{91}}) {
        const std::string string(size, 'c');
        const ft_text text = text_of(image_.c_string(string));
        EXPECT_EQ(data_of(text), string);
        EXPECT_EQ(text.encoding, FT_TEXT_UTF8);
        EXPECT_EQ(text.flags, 0) << size;
    }
}

TEST_F(CStrings, AreCutBehindThatAndSaySo) {
    for (const std::size_t size : {92U, 93U, 5000U}) {
        const ft_text text = text_of(image_.c_string(std::string(size, 'c')));
        EXPECT_EQ(data_of(text), std::string(91, 'c'));
        EXPECT_EQ(text.encoding, FT_TEXT_UTF8);
        EXPECT_EQ(text.flags, FT_TEXT_TRUNCATED) << size;
    }
}

TEST_F(CStrings, ThatCannotBeReadAreUnreadable) {
    expect_unreadable(text_of(0));
    expect_unreadable(text_of(kUnmapped));
    const std::uint64_t unended = image_.block(8);
    image_.memory.put_bytes(unended, "unended.", 8);
    expect_unreadable(text_of(unended));
}

TEST(IntegerTexts, HoldTheValueAsItIs) {
    ft_text text = soiled_text();
    ft_text_integer(&text, ~0ULL, FT_TEXT_UNSIGNED);
    EXPECT_EQ(text.encoding, FT_TEXT_UNSIGNED);
    EXPECT_EQ(text.length, 8);
    EXPECT_EQ(text.flags, 0);
    EXPECT_EQ(data_of(text), std::string(8, '\xff'));
}

}  // namespace
}  // namespace flowtap::text_test
