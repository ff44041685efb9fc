// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace flowtap {

using Users = std::map<std::string, std::string>;  // bcrypt hash by name

struct Credentials {
    std::string user;
    std::string password;
};

// Authenticates clients. Checking a password is slow by design, so results are cached by a keyed hash of
// name, password and bcrypt hash; after a change of the bcrypt hash, the password is checked again. Any
// thread may use it.
class Authenticator {
public:
    enum class Answer { kGranted, kRefused, kUnknown };

    Authenticator();

    // Returns at once. kUnknown: call check().
    [[nodiscard]] Answer recall(const Users& users, const Credentials& credentials) const;
    // Takes as long for an unknown name as for a known one.
    bool check(const Users& users, const Credentials& credentials);

private:
    using Digest = std::array<unsigned char, 32>;

    [[nodiscard]] Digest digest_of(const Users& users, const Credentials& credentials) const;
    void remember(const Digest& digest, bool granted);

    Digest key_{};
    mutable std::mutex mutex_;
    // Guarded by mutex_. Separate from refused ones, so that guesses cannot evict correct passwords.
    std::deque<Digest> granted_;
    std::deque<Digest> refused_;
};

}  // namespace flowtap
