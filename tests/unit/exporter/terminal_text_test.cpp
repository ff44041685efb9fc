// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/terminal_text.h"

#include <gtest/gtest.h>

namespace flowtap::terminal_text_test {
namespace {

TEST(TerminalText, FillsItsColumnsExactly) {
    EXPECT_EQ(fitted("etl", 5), "etl  ");
    EXPECT_EQ(fitted("etl", 5, Align::kRight), "  etl");
    EXPECT_EQ(fitted("orders", 6), "orders");
    EXPECT_EQ(fitted("orders", 5), "orde…");
    EXPECT_EQ(fitted("orders", 1), "…");
    EXPECT_EQ(fitted("orders", 0), "");
    EXPECT_EQ(shortened("etl", 5), "etl");
}

TEST(TerminalText, CountsColumnsAndNotBytes) {
    EXPECT_EQ(fitted("größe", 6), "größe ");
    EXPECT_EQ(columns_of("größe"), 5U);
    EXPECT_EQ(columns_of("注文"), 4U);
    EXPECT_EQ(fitted("注文処理", 5), "注文…") << "of which no half is shown";
    EXPECT_EQ(fitted("注文処理", 4), "注… ");
    EXPECT_EQ(columns_of("e\u0301"), 1U) << "a combining accent";
}

TEST(TerminalText, ReplacesControlSequences) {
    EXPECT_EQ(shortened("a\x1b[31mred\x1b]0;title\x07", 80), "a\\x1b[31mred\\x1b]0;title\\x07");
    EXPECT_EQ(shortened("a\r\nb\tc\x7f", 80), "a\\x0d\\x0ab\\x09c\\x7f");
    EXPECT_EQ(shortened("\u009b31m", 80), "\\x9b31m") << "CSI as one C1 control";
    EXPECT_EQ(shortened("a\x9b\xff", 80), "a\uFFFD\uFFFD") << "bytes that are no UTF-8";
}

TEST(TerminalText, ReplacesInvisibleAndBidirectionalCharacters) {
    EXPECT_EQ(shortened("abc\u202Efed", 80), "abc\uFFFDfed") << "right-to-left override";
    EXPECT_EQ(shortened("pay\u200Bment", 80), "pay\uFFFDment") << "zero width";
    EXPECT_EQ(shortened("\u0301x", 80), "\uFFFDx") << "a mark on what is not ours";
    const std::string tower = "e\u0301\u0301\u0301\u0301\u0301";
    EXPECT_EQ(columns_of(tower), 3U) << "marks beyond any script stand for themselves";
}

TEST(TerminalText, ReadsABoundedPart) { EXPECT_EQ(columns_of(fitted(std::string(1 << 20, 'x'), 40)), 40U); }

TEST(TerminalText, InAsciiKeepsItsColumns) {
    EXPECT_EQ(in_ascii("12 µs – a…"), "12 us - a~");
    EXPECT_EQ(in_ascii("注 é"), "?? ?");
    EXPECT_EQ(in_ascii("\x1b[7mx\x1b[0m"), "\x1b[7mx\x1b[0m");
}

}  // namespace
}  // namespace flowtap::terminal_text_test
