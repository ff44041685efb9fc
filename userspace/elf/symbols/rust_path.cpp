// SPDX-License-Identifier: Apache-2.0
#include "elf/symbols/rust_path.h"

#include <cctype>
#include <limits>
#include <utility>

namespace flowtap {
namespace {

constexpr int kMaxSteps = 4096;
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxLength = 4096;

// By letter, 'a' first (RFC 2603, basic-type); empty where there is none.
constexpr std::string_view kBasicTypes[26] = {
    "i8",   "bool", "char", "f64", "str", "f32", "",    "u8", "isize", "usize", "",    "i32", "u32",
    "i128", "u128", "_",    "",    "",    "i16", "u16", "()", "...",   "",      "i64", "u64", "!"};

// Counts how deep the reader is in itself.
class Nested {
public:
    explicit Nested(int& depth) : depth_(++depth) {}
    ~Nested() { --depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

private:
    int& depth_;
};

}  // namespace

std::string RustPath::read() {
    while (at_ < symbol_.size() && std::isdigit(static_cast<unsigned char>(symbol_[at_])) != 0) ++at_;
    const bool done = path(false) && out_.size() <= kMaxLength;
    return done ? out_ : std::string();
}

bool RustPath::enter() { return ++steps_ <= kMaxSteps && depth_ <= kMaxDepth && out_.size() <= kMaxLength; }

void RustPath::print(std::string_view text) {
    if (!silent_) out_ += text;
}

bool RustPath::consume(char wanted) {
    if (at_ >= symbol_.size() || symbol_[at_] != wanted) return false;
    ++at_;
    return true;
}

// "_" is 0, "0_" is 1, and so on.
std::optional<std::uint64_t> RustPath::base62() {
    if (consume('_')) return 0;
    std::uint64_t value = 0;
    while (at_ < symbol_.size()) {
        const char c = symbol_[at_++];
        if (c == '_') return value + 1;
        std::uint64_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint64_t>(c - '0');
        } else if (c >= 'a' && c <= 'z') {
            digit = static_cast<std::uint64_t>(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'Z') {
            digit = static_cast<std::uint64_t>(c - 'A') + 36;
        } else {
            return std::nullopt;
        }
        if (value > std::numeric_limits<std::uint64_t>::max() / 62 - 62) return std::nullopt;
        value = value * 62 + digit;
    }
    return std::nullopt;
}

// 0 without the tag.
std::optional<std::uint64_t> RustPath::optional_number(char tag) {
    if (!consume(tag)) return 0;
    const auto number = base62();
    return number ? std::optional(*number + 1) : std::nullopt;
}

bool RustPath::identifier(std::uint64_t* disambiguator) {
    const auto number = optional_number('s');
    if (!number) return false;
    if (disambiguator != nullptr) *disambiguator = *number;
    consume('u');  // Punycode: left as it is encoded
    std::size_t length = 0;
    const std::size_t start = at_;
    while (at_ < symbol_.size() && std::isdigit(static_cast<unsigned char>(symbol_[at_])) != 0) {
        length = length * 10 + static_cast<std::size_t>(symbol_[at_++] - '0');
        if (length > symbol_.size()) return false;
    }
    if (at_ == start) return false;
    consume('_');
    if (length > symbol_.size() - at_) return false;
    print(symbol_.substr(at_, length));
    at_ += length;
    return true;
}

// Reads what stands earlier in the symbol.
template <typename Read>
bool RustPath::back_reference(Read read) {
    const std::size_t start = at_ - 1;
    const auto target = base62();
    if (!target || *target >= start) return false;
    const std::size_t after = std::exchange(at_, static_cast<std::size_t>(*target));
    const bool done = read();
    at_ = after;
    return done;
}

bool RustPath::path(bool in_type) {
    const Nested nested(depth_);
    if (!enter()) return false;
    if (consume('C')) return identifier();
    if (consume('N')) return nested_path(in_type);
    if (consume('M')) return implementation(false);
    if (consume('X')) return implementation(true);
    if (consume('Y')) return qualified_path();
    if (consume('I')) return generic_path(in_type);
    return consume('B') && back_reference([&] { return path(in_type); });
}

bool RustPath::nested_path(bool in_type) {
    if (at_ >= symbol_.size()) return false;
    const char space = symbol_[at_++];
    if (!path(in_type)) return false;
    print("::");
    const bool is_special = std::isupper(static_cast<unsigned char>(space)) != 0;
    if (!is_special) return identifier();
    print(space == 'C' ? "{closure" : space == 'S' ? "{shim" : "{");
    std::uint64_t number = 0;
    const std::size_t before = out_.size();
    if (!identifier(&number)) return false;
    if (!silent_ && out_.size() > before) out_.insert(before, ":");
    print("#" + std::to_string(number) + "}");
    return true;
}

// A method: of a type, as the legacy mangling prints it, or of a trait for a type.
bool RustPath::implementation(bool has_trait) {
    const bool was_silent = std::exchange(silent_, true);
    const bool skipped = optional_number('s') && path(false);
    silent_ = was_silent;
    if (!skipped) return false;
    return has_trait ? qualified_path() : type();
}

bool RustPath::qualified_path() {
    print("<");
    if (!type()) return false;
    print(" as ");
    if (!path(true)) return false;
    print(">");
    return true;
}

bool RustPath::generic_path(bool in_type) {
    if (!path(in_type)) return false;
    // A function's own arguments are left out, so that one name stands for all instances of it.
    const bool was_silent = std::exchange(silent_, silent_ || !in_type);
    print("<");
    const bool done = generic_arguments();
    print(">");
    silent_ = was_silent;
    return done;
}

bool RustPath::generic_arguments() {
    for (bool first = true; !consume('E'); first = false) {
        if (!first) print(", ");
        if (!generic_argument()) return false;
    }
    return true;
}

bool RustPath::skip_lifetime() { return base62().has_value(); }

bool RustPath::generic_argument() {
    if (!enter()) return false;
    if (consume('L')) {
        print("'_");
        return skip_lifetime();
    }
    return consume('K') ? constant() : type();
}

bool RustPath::constant() {
    if (consume('B')) return back_reference([&] { return constant(); });
    if (consume('p')) {
        print("_");
        return true;
    }
    if (at_ >= symbol_.size() || std::islower(static_cast<unsigned char>(symbol_[at_++])) == 0) return false;
    if (consume('n')) print("-");
    print("0x");
    while (at_ < symbol_.size() && std::isxdigit(static_cast<unsigned char>(symbol_[at_])) != 0)
        print(symbol_.substr(at_++, 1));
    return consume('_');
}

bool RustPath::type() {
    const Nested nested(depth_);
    if (!enter() || at_ >= symbol_.size()) return false;
    const char c = symbol_[at_];
    if (c >= 'a' && c <= 'z') {
        ++at_;
        const std::string_view name = kBasicTypes[c - 'a'];
        print(name);
        return !name.empty();
    }
    if (consume('R')) return pointer("&");
    if (consume('Q')) return pointer("&mut ");
    if (consume('P')) return pointer("*const ");
    if (consume('O')) return pointer("*mut ");
    if (consume('A')) return array(true);
    if (consume('S')) return array(false);
    if (consume('T')) return tuple();
    if (consume('B')) return back_reference([&] { return type(); });
    return path(true);
}

bool RustPath::pointer(std::string_view prefix) {
    print(prefix);
    if (consume('L') && !skip_lifetime()) return false;
    return type();
}

bool RustPath::array(bool has_length) {
    print("[");
    if (!type()) return false;
    if (has_length) {
        print("; ");
        if (!constant()) return false;
    }
    print("]");
    return true;
}

bool RustPath::tuple() {
    print("(");
    const bool done = generic_arguments();
    print(")");
    return done;
}

}  // namespace flowtap
