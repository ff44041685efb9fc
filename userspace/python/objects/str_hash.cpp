// SPDX-License-Identifier: Apache-2.0
#include "python/objects/str_hash.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace flowtap {
namespace {

using State = std::array<std::uint64_t, 4>;

void scramble(State& v, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = std::rotl(v[1], 13) ^ v[0];
        v[3] = std::rotl(v[3], 16) ^ v[2];
        v[0] = std::rotl(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = std::rotl(v[1], 17) ^ v[2];
        v[3] = std::rotl(v[3], 21) ^ v[0];
        v[2] = std::rotl(v[2], 32);
    }
}

void take_in(State& v, std::uint64_t word, int rounds) {
    v[3] ^= word;
    scramble(v, rounds);
    v[0] ^= word;
}

}  // namespace

std::uint64_t StrHash::operator()(std::string_view ascii) const {
    State v = {key0_ ^ 0x736f6d6570736575, key1_ ^ 0x646f72616e646f6d, key0_ ^ 0x6c7967656e657261,
               key1_ ^ 0x7465646279746573};
    std::uint64_t last = static_cast<std::uint64_t>(ascii.size()) << 56;
    for (; ascii.size() >= sizeof(last); ascii.remove_prefix(sizeof(last))) {
        std::uint64_t word = 0;
        std::memcpy(&word, ascii.data(), sizeof(word));
        take_in(v, word, rounds_.each);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, ascii.data(), ascii.size());
    last |= rest;
    take_in(v, last, rounds_.each);
    v[2] ^= 0xff;
    scramble(v, rounds_.last);
    const std::uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return hash == ~0ULL ? ~0ULL - 1 : hash;  // -1 stands for an error
}

std::optional<StrHash> StrHash::of(const Memory& memory, std::uint64_t secret,
                                   std::span<const Known> strings) {
    constexpr std::array<Rounds, 2> kWays{{{1, 3}, {2, 4}}};  // 3.11's default, and that before
    const auto keys = memory.read<std::array<std::uint64_t, 2>>(secret);
    if (!keys || strings.empty()) return std::nullopt;
    for (const Rounds& rounds : kWays) {
        const StrHash hash((*keys)[0], (*keys)[1], rounds);
        if (std::ranges::all_of(strings, [&](const Known& one) { return hash(one.text) == one.hash; }))
            return hash;
    }
    return std::nullopt;
}

}  // namespace flowtap
