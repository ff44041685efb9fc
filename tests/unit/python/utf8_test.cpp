// SPDX-License-Identifier: Apache-2.0
#include "python/objects/utf8.h"

#include <gtest/gtest.h>

#include <vector>

namespace flowtap::utf8_test {

namespace {

template <typename T>
std::string convert(const std::vector<T>& units) {
    return utf8_of_code_units(std::as_bytes(std::span(units)), sizeof(T));
}

TEST(Utf8, ConvertsEachWidth) {
    EXPECT_EQ(convert<std::uint8_t>({'a', 0x7f, 0x80, 0xff}), "a\x7f\xc2\x80\xc3\xbf");
    EXPECT_EQ(convert<std::uint16_t>({'a', 0x7ff, 0x800, 0xffff}), "a\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
    EXPECT_EQ(convert<std::uint32_t>({0x10000, 0x10ffff}), "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
    EXPECT_EQ(convert<std::uint8_t>({}), "");
}

TEST(Utf8, ReplacesWhatIsNoScalarValue) {
    const std::string replacement = "\xef\xbf\xbd";
    EXPECT_EQ(convert<std::uint16_t>({0xd800, 0xdfff}), replacement + replacement);
    EXPECT_EQ(convert<std::uint32_t>({0x110000, 0xffffffff}), replacement + replacement);
}

}  // namespace

}  // namespace flowtap::utf8_test
