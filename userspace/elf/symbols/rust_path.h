// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flowtap {

// Reads one symbol of Rust's v0 mangling (RFC 2603). A symbol may refer back to its own parts, so that a
// short one can stand for a huge name: steps, depth and length are bounded (see rust_symbol.h).
class RustPath {
public:
    // What follows "_R".
    explicit RustPath(std::string_view symbol) : symbol_(symbol) {}

    // Empty for what is not understood.
    std::string read();

private:
    // Each returns false where the symbol is not of the form.
    bool path(bool in_type);
    bool nested_path(bool in_type);
    bool implementation(bool has_trait);
    bool qualified_path();
    bool generic_path(bool in_type);
    bool generic_arguments();
    bool generic_argument();
    bool type();
    bool pointer(std::string_view prefix);
    bool tuple();
    bool array(bool has_length);
    bool constant();
    bool identifier(std::uint64_t* disambiguator = nullptr);
    template <typename Read>
    bool back_reference(Read read);

    bool consume(char wanted);
    bool skip_lifetime();
    std::optional<std::uint64_t> base62();
    std::optional<std::uint64_t> optional_number(char tag);
    bool enter();
    void print(std::string_view text);

    std::string_view symbol_;
    std::size_t at_ = 0;
    std::string out_;
    bool silent_ = false;
    int steps_ = 0;
    int depth_ = 0;
};

}  // namespace flowtap
