// SPDX-License-Identifier: Apache-2.0
// Hand-assembled functions. Those in these tests start at 0x1000; by convention 0x8000 is another function,
// 0x9000 one that is called, 0xe000 one that throws and 0xf000 one that ends the process.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "code/code_source.h"
#include "code/function/function_code.h"

namespace flowtap {

inline constexpr uint64_t kCodeStart = 0x1000;
inline constexpr uint64_t kOtherFunction = 0x8000;
inline constexpr uint64_t kCallee = 0x9000;

class CodeBytes final : public CodeSource {
public:
    // One string of hexadecimal bytes for each instruction.
    CodeBytes(std::initializer_list<std::string_view> instructions) { put(kCodeStart, instructions); }
    explicit CodeBytes(const std::vector<uint8_t>& raw) {
        for (size_t i = 0; i < raw.size(); ++i) bytes_[kCodeStart + i] = raw[i];
    }

    CodeBytes& put(uint64_t address, std::initializer_list<std::string_view> instructions) {
        for (const std::string_view text : instructions)
            for (size_t i = 0; i + 1 < text.size(); i += 3)
                bytes_[address++] =
                    static_cast<uint8_t>(std::strtoul(std::string(text.substr(i, 2)).c_str(), nullptr, 16));
        return *this;
    }
    CodeBytes& function_at(uint64_t address) {
        functions_.insert(address);
        return *this;
    }
    CodeBytes& piece(uint64_t start, uint64_t end) {
        pieces_.push_back({start, end});
        return *this;
    }
    CodeBytes& landing_pad(uint64_t address) {
        pads_.push_back(address);
        return *this;
    }

    size_t read(uint64_t address, std::span<std::byte> out) const override {
        size_t count = 0;
        for (; count < out.size() && bytes_.contains(address + count); ++count)
            out[count] = std::byte{bytes_.at(address + count)};
        return count;
    }
    [[nodiscard]] bool starts_function(uint64_t address, bool /*conditional*/) const override {
        return address == kOtherFunction || functions_.contains(address);
    }
    [[nodiscard]] std::optional<AddressRange> piece_of(uint64_t address) const override {
        for (const AddressRange& piece : pieces_)
            if (piece.contains(address)) return piece;
        return std::nullopt;
    }
    [[nodiscard]] std::vector<uint64_t> landing_pads(uint64_t /*address*/) const override { return pads_; }
    [[nodiscard]] CalleeFate fate_of_call(uint64_t callee) const override {
        if (callee == 0xe000) return CalleeFate::kLeaves;
        return callee == 0xf000 ? CalleeFate::kFatal : CalleeFate::kReturns;
    }

private:
    std::map<uint64_t, uint8_t> bytes_;
    std::set<uint64_t> functions_;
    std::vector<AddressRange> pieces_;
    std::vector<uint64_t> pads_;
};

// Precondition: the code can be traced; a test that gets this wrong stops at once.
inline FunctionCode traced(const CodeBytes& source) {
    auto function = FunctionCode::trace(source, kCodeStart);
    if (!function) std::abort();
    return *std::move(function);
}

}  // namespace flowtap
