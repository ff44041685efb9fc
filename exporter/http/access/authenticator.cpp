// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/access/authenticator.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <algorithm>
#include <string_view>

#include "exporter/http/access/bcrypt.h"

namespace flowtap {

namespace {

constexpr std::size_t kRemembered = 256;

void append_sized(std::string& text, std::string_view part) {
    text.append(std::to_string(part.size())).append(":").append(part);
}

const std::string* hash_of(const Users& users, const std::string& name) {
    const auto found = users.find(name);
    return found == users.end() ? nullptr : &found->second;
}

}  // namespace

Authenticator::Authenticator() { ::gnutls_rnd(GNUTLS_RND_KEY, key_.data(), key_.size()); }

Authenticator::Answer Authenticator::recall(const Users& users, const Credentials& credentials) const {
    const Digest digest = digest_of(users, credentials);
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(granted_, digest) != granted_.end()) return Answer::kGranted;
    if (std::ranges::find(refused_, digest) != refused_.end()) return Answer::kRefused;
    return Answer::kUnknown;
}

bool Authenticator::check(const Users& users, const Credentials& credentials) {
    const std::string* hash = hash_of(users, credentials.user);
    const bool known = hash != nullptr;
    if (!known) hash = &users.begin()->second;
    const bool granted = matches_bcrypt(credentials.password, *hash) && known;
    remember(digest_of(users, credentials), granted);
    return granted;
}

Authenticator::Digest Authenticator::digest_of(const Users& users, const Credentials& credentials) const {
    const std::string* hash = hash_of(users, credentials.user);
    std::string text;
    append_sized(text, credentials.user);
    append_sized(text, credentials.password);
    append_sized(text, hash == nullptr ? std::string_view() : std::string_view(*hash));
    Digest digest{};
    ::gnutls_hmac_fast(GNUTLS_MAC_SHA256, key_.data(), key_.size(), text.data(), text.size(), digest.data());
    return digest;
}

void Authenticator::remember(const Digest& digest, bool granted) {
    const std::lock_guard lock(mutex_);
    auto& digests = granted ? granted_ : refused_;
    digests.push_back(digest);
    if (digests.size() > kRemembered) digests.pop_front();
}

}  // namespace flowtap
