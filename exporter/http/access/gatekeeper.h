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

// Decides who gets access. Checking a password is slow by design, so results are remembered by a keyed hash
// of name, password and bcrypt hash; a changed bcrypt hash is checked anew. May be used by any thread.
class Gatekeeper {
public:
    enum class Answer { kGranted, kRefused, kUnknown };

    Gatekeeper();

    // Answers at once; kUnknown: call check().
    [[nodiscard]] Answer recall(const Users& users, const Credentials& credentials) const;
    // Takes as long for a name that does not exist as for one that does.
    bool check(const Users& users, const Credentials& credentials);

private:
    using Digest = std::array<unsigned char, 32>;

    [[nodiscard]] Digest digest_of(const Users& users, const Credentials& credentials) const;
    void remember(const Digest& digest, bool granted);

    Digest key_{};
    mutable std::mutex mutex_;
    // Guarded by mutex_. Apart, so that guesses cannot push out the passwords that are right.
    std::deque<Digest> granted_;
    std::deque<Digest> refused_;
};

}  // namespace flowtap
