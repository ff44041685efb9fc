// SPDX-License-Identifier: Apache-2.0
#include "pipeline/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "event_builder.h"

namespace flowtap::text_test {
namespace {

using namespace std::string_literals;
using test::integer;
using test::text;

// Spelled in two literals where the next character would extend the escape.
constexpr const char* kReplacement = "\xEF\xBF\xBD";

std::string replaced(int times) {
    std::string label;
    for (int i = 0; i < times; ++i) label += kReplacement;
    return label;
}

TEST(ToLabel, KeepsValidUtf8) {
    const std::string orders = "orders-\xC3\xA9-\xE2\x82\xAC-\xF0\x9F\x98\x80";
    EXPECT_EQ(to_label(text(orders)), orders);
}

TEST(ToLabel, IsEmptyWhereThereIsNoText) {
    EXPECT_EQ(to_label(text("")), "");
    EXPECT_EQ(to_label(text("ignored", FT_TEXT_NONE)), "");
    EXPECT_EQ(to_label(text("", FT_TEXT_UTF8, FT_TEXT_UNREADABLE)), "");
    EXPECT_EQ(to_label(text("x", static_cast<ft_encoding>(200))), "");
}

TEST(ToLabel, ReplacesEachMaximalInvalidPartOnce) {
    EXPECT_EQ(to_label(text("a\xFF\x80z")), "a" + replaced(2) + "z");
    EXPECT_EQ(to_label(text("a\xE2\x82z")), "a" + replaced(1) + "z");
    EXPECT_EQ(to_label(text("a\xE2\x82")), "a" + replaced(1));
    EXPECT_EQ(to_label(text("\xC0\xAF")), replaced(2)) << "overlong '/'";
    EXPECT_EQ(to_label(text("\xE0\x80\xAF")), replaced(3)) << "overlong '/'";
    EXPECT_EQ(to_label(text("\xF0\x80\x80\xAF")), replaced(4)) << "overlong '/'";
    EXPECT_EQ(to_label(text("\xED\xA0\x80")), replaced(3)) << "surrogate U+D800";
    EXPECT_EQ(to_label(text("\xF4\x90\x80\x80")), replaced(4)) << "past U+10FFFF";
    EXPECT_EQ(to_label(text("\xF5")), replaced(1));
}

TEST(ToLabel, AcceptsTheEdgesOfEachUtf8Length) {
    for (const std::string edge : {"\xC2\xA0", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                   "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_EQ(to_label(text(edge)), edge);
    }
}

TEST(ToLabel, ShowsControlCharacters) {
    EXPECT_EQ(to_label(text("a\0b\n\x7F\x1B"s)), R"(a\x00b\x0a\x7f\x1b)");
    EXPECT_EQ(to_label(text("\xC2\x80\xC2\x9F")), R"(\x80\x9f)");
    EXPECT_EQ(to_label(text("\x85\x9F", FT_TEXT_LATIN1)), R"(\x85\x9f)");
    EXPECT_EQ(to_label(text("\n\0"s, FT_TEXT_UCS2)), R"(\x0a)");
}

TEST(ToLabel, WritesPythonsNumbersAsPythonDoes) {
    const auto digits = [](std::vector<std::uint32_t> values, ft_encoding encoding = FT_TEXT_DIGITS) {
        return to_label(text({reinterpret_cast<const char*>(values.data()), 4 * values.size()}, encoding));
    };
    EXPECT_EQ(digits({}), "0");
    EXPECT_EQ(digits({7}), "7");
    EXPECT_EQ(digits({0, 0, 1}), "1152921504606846976");
    EXPECT_EQ(digits({1 | 1U << 31, 0, 1}), "-1152921504606846977");
    EXPECT_EQ(digits({1}, FT_TEXT_BOOLEAN), "True");
    EXPECT_EQ(digits({}, FT_TEXT_BOOLEAN), "False");
    EXPECT_EQ(digits({5}, FT_TEXT_UUID), "00000000-0000-0000-0000-000000000005");
    const auto real = [](double value) { return to_label(integer(value, FT_TEXT_DOUBLE)); };
    EXPECT_EQ(real(1.5), "1.5");
    EXPECT_EQ(real(0.0), "0.0");
    EXPECT_EQ(real(-3.0), "-3.0");
    EXPECT_EQ(real(0.1), "0.1");
    EXPECT_EQ(real(0.0001), "0.0001");
    EXPECT_EQ(real(0.00001), "1e-05");
    EXPECT_EQ(real(1e15), "1000000000000000.0");
    EXPECT_EQ(real(1e16), "1e+16");
    EXPECT_EQ(real(1e22), "1e+22");
    EXPECT_EQ(real(-std::numeric_limits<double>::infinity()), "-inf");
    EXPECT_EQ(real(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(ToLabel, WidensLatin1) {
    EXPECT_EQ(to_label(text("caf\xE9\xFF\xA0", FT_TEXT_LATIN1)), "caf\xC3\xA9\xC3\xBF\xC2\xA0");
}

TEST(ToLabel, ReadsUcs2AndReplacesEverySurrogate) {
    EXPECT_EQ(to_label(text("\x41\x00\xAC\x20"s, FT_TEXT_UCS2)), "A\xE2\x82\xAC");
    EXPECT_EQ(to_label(text("\x3D\xD8\x00\xDE"s, FT_TEXT_UCS2)), replaced(2)) << "a pair is two lone ones";
}

TEST(ToLabel, ReadsUcs4AndReplacesWhatIsNoCodePoint) {
    EXPECT_EQ(to_label(text("\x00\xF6\x01\x00\x41\x00\x00\x00"s, FT_TEXT_UCS4)),
              "\xF0\x9F\x98\x80"
              "A");
    EXPECT_EQ(to_label(text("\x00\x00\x11\x00\xFF\xFF\xFF\xFF\x00\xD8\x00\x00"s, FT_TEXT_UCS4)), replaced(3));
}

TEST(ToLabel, ReplacesAPartialLastUnit) {
    EXPECT_EQ(to_label(text("\x41\x00\x42"s, FT_TEXT_UCS2)), "A" + replaced(1));
    EXPECT_EQ(to_label(text("\x41\x00\x00\x00\x42\x00\x00"s, FT_TEXT_UCS4)), "A" + replaced(1));
}

TEST(ToLabel, EndsATruncatedTextInAnEllipsisAtACodePoint) {
    EXPECT_EQ(to_label(text("abc", FT_TEXT_UTF8, FT_TEXT_TRUNCATED)), "abc\xE2\x80\xA6");
    EXPECT_EQ(to_label(text("ab\xF0\x9F\x98", FT_TEXT_UTF8, FT_TEXT_TRUNCATED)), "ab\xE2\x80\xA6");
    EXPECT_EQ(to_label(text("\x41\x00\x42"s, FT_TEXT_UCS2, FT_TEXT_TRUNCATED)), "A\xE2\x80\xA6");
    EXPECT_EQ(to_label(text("abc", FT_TEXT_UTF8, FT_TEXT_UNREADABLE)), "abc\xE2\x80\xA6") << "partly read";
}

TEST(ToLabel, StillReplacesInvalidBytesInsideATruncatedText) {
    EXPECT_EQ(to_label(text("\xE2\x82z\xFF", FT_TEXT_UTF8, FT_TEXT_TRUNCATED)),
              replaced(1) + "z" + replaced(1) + "\xE2\x80\xA6");
}

TEST(ToLabel, PrintsIntegers) {
    EXPECT_EQ(to_label(integer<std::int64_t>(-42, FT_TEXT_INTEGER)), "-42");
    EXPECT_EQ(to_label(integer(std::numeric_limits<std::int64_t>::min(), FT_TEXT_INTEGER)),
              "-9223372036854775808");
    EXPECT_EQ(to_label(integer(std::numeric_limits<std::uint64_t>::max(), FT_TEXT_UNSIGNED)),
              "18446744073709551615");
    EXPECT_EQ(to_label(text("\x01\x02\x03", FT_TEXT_INTEGER)), "") << "too few bytes";
}

TEST(ToLabel, BoundsTheLength) {
    ft_text hostile = text(std::string(FT_TEXT_DATA, 'a'));
    hostile.length = 0xFFFF;
    EXPECT_EQ(to_label(hostile), std::string(FT_TEXT_DATA, 'a'));
    hostile.encoding = FT_TEXT_UCS4;
    EXPECT_EQ(to_label(hostile), replaced(FT_TEXT_DATA / 4));
}

}  // namespace
}  // namespace flowtap::text_test
