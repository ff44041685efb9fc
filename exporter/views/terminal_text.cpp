// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/terminal_text.h"

#include <utf8/unchecked.h>

#include <clocale>
#include <cwchar>
#include <utility>
#include <vector>

#include "pipeline/text.h"

namespace flowtap {

namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kReplacement = "\uFFFD";
constexpr std::size_t kMaxBytes = 4096;   // of one text; the rest is ignored
constexpr std::size_t kMaxCombining = 3;  // marks on one character: no script uses more

struct Character {
    std::string_view bytes;
    std::size_t columns;
};

// Widths are those of the C library, independent of the process's locale.
int width_of(wchar_t point) {
    static const locale_t kUtf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (kUtf8 == nullptr) return point < 0x80 ? 1 : -1;
    const locale_t before = ::uselocale(kUtf8);
    const int width = ::wcwidth(point);
    ::uselocale(before);
    return width;
}

struct Range {
    char32_t first, last;
};

// General category Cf and line separators, as far as they have no shape: Unicode 15, UnicodeData.txt.
constexpr Range kShapeless[] = {{0xAD, 0xAD},       {0x34F, 0x34F},    {0x600, 0x605},   {0x61C, 0x61C},
                                {0x115F, 0x1160},   {0x17B4, 0x17B5},  {0x180B, 0x180F}, {0x200B, 0x200F},
                                {0x2028, 0x202E},   {0x2060, 0x206F},  {0x3164, 0x3164}, {0xFE00, 0xFE0F},
                                {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},  {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3},
                                {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};

bool has_shape(char32_t point) {
    for (const auto& [first, last] : kShapeless)
        if (point >= first && point <= last) return false;
    return true;
}

// Removes and returns the first character of a text. Preconditions: UTF-8, not empty.
std::pair<char32_t, std::string_view> take_character(std::string_view& text) {
    const char* next = text.data();
    const char32_t point = utf8::unchecked::next(next);
    const std::string_view bytes = text.substr(0, static_cast<std::size_t>(next - text.data()));
    text.remove_prefix(bytes.size());
    return {point, bytes};
}

// Precondition: UTF-8.
std::vector<Character> characters_of(std::string_view text) {
    std::vector<Character> characters;
    std::size_t combining = 0;
    while (!text.empty()) {
        const auto [point, bytes] = take_character(text);
        const int width = width_of(static_cast<wchar_t>(point));
        combining = width == 0 ? combining + 1 : 0;
        const bool mark_of_nothing = width == 0 && (characters.empty() || combining > kMaxCombining);
        if (width < 0 || mark_of_nothing || !has_shape(point)) {
            characters.push_back({kReplacement, 1});
        } else {
            characters.push_back({bytes, static_cast<std::size_t>(width)});
        }
    }
    return characters;
}

std::size_t sum_of(const std::vector<Character>& characters) {
    std::size_t columns = 0;
    for (const Character& character : characters) columns += character.columns;
    return columns;
}

// The text and its width in columns.
std::pair<std::string, std::size_t> cut(std::string_view text, std::size_t columns) {
    const std::string clean = clean_label(text, kMaxBytes);
    const std::vector<Character> characters = characters_of(clean);
    const bool whole = sum_of(characters) <= columns;
    std::pair<std::string, std::size_t> kept;
    if (columns == 0) return kept;
    for (const Character& character : characters) {
        if (kept.second + character.columns > columns - (whole ? 0 : 1)) break;
        kept.first += character.bytes;
        kept.second += character.columns;
    }
    if (!whole) {
        kept.first += kEllipsis;
        ++kept.second;
    }
    return kept;
}

std::string_view ascii_of(std::string_view bytes) {
    for (const auto& [sign, ascii] :
         {std::pair<std::string_view, std::string_view>{"µ", "u"}, {"–", "-"}, {kEllipsis, "~"}, {"·", "-"}})
        if (bytes == sign) return ascii;
    return "?";
}

}  // namespace

std::string fitted(std::string_view text, std::size_t columns, Align align) {
    auto [kept, width] = cut(text, columns);
    const std::string padding(columns - width, ' ');
    return align == Align::kLeft ? kept + padding : padding + kept;
}

std::string shortened(std::string_view text, std::size_t columns) { return cut(text, columns).first; }

std::size_t columns_of(std::string_view text) { return sum_of(characters_of(text)); }

std::string in_ascii(std::string_view line) {
    std::string ascii;
    while (!line.empty()) {
        const auto [point, bytes] = take_character(line);
        if (bytes.size() == 1) {
            ascii += bytes;
            continue;
        }
        const int width = width_of(static_cast<wchar_t>(point));
        const std::string_view sign = ascii_of(bytes);
        for (int column = 0; column < width; ++column) ascii += sign;
    }
    return ascii;
}

}  // namespace flowtap
