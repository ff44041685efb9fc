// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/access/bcrypt.h"

#include <crypt.h>
#include <gnutls/gnutls.h>

#include <memory>
#include <string_view>

namespace flowtap {

namespace {

constexpr std::size_t kHashSize = 60;  // "$2b$10$", 22 characters of salt, 31 of hash
constexpr int kLeastCost = 4;
constexpr int kMostCost = 16;
constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool has_bcrypt_shape(std::string_view hash) {
    return hash.size() == kHashSize && hash.starts_with("$2") &&
           std::string_view("aby").find(hash[2]) != std::string_view::npos && hash[3] == '$' &&
           is_digit(hash[4]) && is_digit(hash[5]) && hash[6] == '$' &&
           hash.substr(7).find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace

std::optional<std::string> bcrypt_fault(const std::string& hash) {
    if (!has_bcrypt_shape(hash)) return "is not a bcrypt hash";
    const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
    if (cost < kLeastCost || cost > kMostCost) return "has a cost that is not from 4 to 16";
    return std::nullopt;
}

bool matches_bcrypt(const std::string& password, const std::string& hash) {
    const auto scratch = std::make_unique<crypt_data>();  // 32 KiB, zeroed, as crypt_r() requires
    const char* computed = ::crypt_r(password.c_str(), hash.c_str(), scratch.get());
    if (computed == nullptr || std::string_view(computed).size() != hash.size()) return false;
    return ::gnutls_memcmp(computed, hash.data(), hash.size()) == 0;
}

}  // namespace flowtap
