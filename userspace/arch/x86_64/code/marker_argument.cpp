// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "elf/marker.h"

namespace flowtap {
namespace {

// By hardware number: the names of a register's 8, 4, 2 and 1 low bytes.
constexpr std::array<std::array<std::string_view, 4>, 16> kRegisters{{{"rax", "eax", "ax", "al"},
                                                                      {"rcx", "ecx", "cx", "cl"},
                                                                      {"rdx", "edx", "dx", "dl"},
                                                                      {"rbx", "ebx", "bx", "bl"},
                                                                      {"rsp", "esp", "sp", "spl"},
                                                                      {"rbp", "ebp", "bp", "bpl"},
                                                                      {"rsi", "esi", "si", "sil"},
                                                                      {"rdi", "edi", "di", "dil"},
                                                                      {"r8", "r8d", "r8w", "r8b"},
                                                                      {"r9", "r9d", "r9w", "r9b"},
                                                                      {"r10", "r10d", "r10w", "r10b"},
                                                                      {"r11", "r11d", "r11w", "r11b"},
                                                                      {"r12", "r12d", "r12w", "r12b"},
                                                                      {"r13", "r13d", "r13w", "r13b"},
                                                                      {"r14", "r14d", "r14w", "r14b"},
                                                                      {"r15", "r15d", "r15w", "r15b"}}};
constexpr std::array<std::string_view, 4> kSecondBytes{"ah", "ch", "dh", "bh"};

std::optional<std::uint8_t> register_named(std::string_view name) {
    for (std::size_t number = 0; number < kRegisters.size(); ++number) {
        for (const std::string_view one : kRegisters[number])
            if (one == name) return static_cast<std::uint8_t>(number);
    }
    return std::nullopt;
}

std::optional<std::int64_t> number(std::string_view text) {
    const bool negative = text.starts_with("-");
    if (negative || text.starts_with("+")) text.remove_prefix(1);
    const bool hexadecimal = text.starts_with("0x");
    if (hexadecimal) text.remove_prefix(2);
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return static_cast<std::int64_t>(negative ? 0 - value : value);
}

// "%rax", and "%ah" as the second byte of it.
bool read_register(std::string_view text, MarkerArgument& argument) {
    argument.kind = MarkerArgument::Kind::kRegister;
    for (std::size_t i = 0; i < kSecondBytes.size(); ++i) {
        if (text != kSecondBytes[i]) continue;
        argument.base = static_cast<std::uint8_t>(i);
        argument.second_byte = true;
        return true;
    }
    argument.base = register_named(text);
    return argument.base.has_value();
}

// "symbol", "symbol+8", "8+symbol": from the instruction pointer, so the symbol's own address.
bool read_symbol(std::string_view text, MarkerArgument& argument) {
    argument.kind = MarkerArgument::Kind::kSymbol;
    const std::size_t sign = text.find_first_of("+-", 1);
    if (const auto leading = sign == std::string_view::npos ? std::nullopt : number(text.substr(0, sign))) {
        argument.offset = *leading;
        argument.symbol = text.substr(sign + 1);
    } else {
        argument.symbol = text.substr(0, sign);
        if (sign != std::string_view::npos) {
            const auto trailing = number(text.substr(sign));
            if (!trailing) return false;
            argument.offset = *trailing;
        }
    }
    return !argument.symbol.empty() && argument.symbol.find_first_of("+-") == std::string::npos &&
           !number(argument.symbol);
}

std::optional<std::uint8_t> scale_of(std::string_view text) {
    constexpr std::array<std::string_view, 4> kScales{"1", "2", "4", "8"};
    for (std::size_t i = 0; i < kScales.size(); ++i)
        if (text == kScales[i]) return static_cast<std::uint8_t>(i);
    return std::nullopt;
}

std::optional<std::uint8_t> percent_register(std::string_view text) {
    return text.starts_with("%") ? register_named(text.substr(1)) : std::nullopt;
}

// "%base", "%base,%index", "%base,%index,4", ",%index,8".
bool read_address(std::string_view inside, MarkerArgument& argument) {
    const std::size_t first = inside.find(',');
    const std::string_view base = inside.substr(0, first);
    argument.base = percent_register(base);
    if (!base.empty() && !argument.base) return false;
    if (first == std::string_view::npos) return argument.base.has_value();
    const std::string_view rest = inside.substr(first + 1);
    const std::size_t second = rest.find(',');
    argument.index = percent_register(rest.substr(0, second));
    if (second == std::string_view::npos) return argument.index.has_value();
    const auto scale = scale_of(rest.substr(second + 1));
    argument.scale = scale.value_or(0);
    return argument.index && scale;
}

bool read_memory(std::string_view text, MarkerArgument& argument) {
    const std::size_t open = text.find('(');
    if (open == std::string_view::npos) return read_symbol(text, argument);
    if (!text.ends_with(")")) return false;
    const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
    const std::string_view before = text.substr(0, open);
    if (inside == "%rip") return read_symbol(before, argument);
    argument.kind = MarkerArgument::Kind::kMemory;
    const auto offset = before.empty() ? std::optional<std::int64_t>(0) : number(before);
    argument.offset = offset.value_or(0);
    return offset && read_address(inside, argument);
}

bool read_place(std::string_view text, MarkerArgument& argument) {
    if (text.starts_with("$")) {
        const auto value = number(text.substr(1));
        argument.kind = MarkerArgument::Kind::kConstant;
        argument.offset = value.value_or(0);
        return value.has_value();
    }
    return text.starts_with("%") ? read_register(text.substr(1), argument) : read_memory(text, argument);
}

// "-4@": the size; its sign is the number's.
bool read_size(std::string_view text, MarkerArgument& argument) {
    const auto size = number(text);
    if (!size || *size == std::numeric_limits<std::int64_t>::min()) return false;
    argument.is_signed = *size < 0;
    const std::int64_t bytes = *size < 0 ? -*size : *size;
    argument.size = static_cast<unsigned>(bytes <= 8 ? bytes : 0);
    return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

// The word with this number; the space in "8@ -8(%rbp)" that some assemblers leave parts words, and is
// refused.
std::optional<std::string_view> word(std::string_view text, std::size_t number_of) {
    std::size_t start = 0;
    for (std::size_t i = 0;; ++i) {
        start = text.find_first_not_of(' ', start);
        if (start == std::string_view::npos) return std::nullopt;
        const std::size_t end = std::min(text.find(' ', start), text.size());
        if (i == number_of) return text.substr(start, end - start);
        start = end;
    }
}

}  // namespace

std::optional<MarkerArgument> marker_argument(std::string_view arguments, std::size_t number_of) {
    const auto text = word(arguments, number_of);
    if (!text) return std::nullopt;
    MarkerArgument argument;
    const std::size_t at = text->find('@');
    const bool sized = at != std::string_view::npos;
    if (sized && !read_size(text->substr(0, at), argument)) return std::nullopt;
    if (!read_place(sized ? text->substr(at + 1) : *text, argument)) return std::nullopt;
    return argument;
}

}  // namespace flowtap
