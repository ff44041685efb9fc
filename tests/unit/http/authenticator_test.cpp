// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/access/authenticator.h"

#include <gtest/gtest.h>

#include "exporter/http/access/bcrypt.h"

namespace flowtap::authenticator_test {
namespace {

using Answer = Authenticator::Answer;

// Test vectors of Openwall's crypt_blowfish (wrapper.c), public domain.
constexpr const char* kStoredHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
constexpr const char* kPassword = "U*U";
constexpr const char* kOtherHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";
constexpr const char* kOtherPassword = "U*U*";

TEST(Bcrypt, AgreesWithPublishedVectorsUnderEachPrefix) {
    for (const char version : {'a', 'b', 'y'}) {
        std::string hash = kStoredHash;
        hash[2] = version;
        EXPECT_TRUE(matches_bcrypt(kPassword, hash)) << hash;
        EXPECT_FALSE(matches_bcrypt("U*V", hash)) << hash;
        EXPECT_FALSE(matches_bcrypt("", hash)) << hash;
    }
    EXPECT_TRUE(matches_bcrypt(kOtherPassword, kOtherHash));
}

TEST(Bcrypt, RefusesBadHashesAndHighCosts) {
    EXPECT_EQ(bcrypt_fault(kStoredHash), std::nullopt);
    const std::string tail = std::string(kStoredHash).substr(6);
    for (const std::string& bad : {std::string(), std::string("secret"), std::string(kStoredHash).substr(1),
                                   std::string(kStoredHash) + "x", "$2x$05" + tail, "$6$05$" + tail,
                                   "$2a$5x" + tail, std::string(kStoredHash).replace(20, 1, ":")}) {
        EXPECT_EQ(bcrypt_fault(bad), "is not a bcrypt hash") << bad;
    }
    for (const char* cost : {"00", "03", "17", "31", "99"}) {
        EXPECT_EQ(bcrypt_fault("$2a$" + std::string(cost) + tail), "has a cost that is not from 4 to 16");
    }
}

class AuthenticatorTest : public testing::Test {
protected:
    Users users_ = {{"ann", kStoredHash}, {"bob", kOtherHash}};
    Authenticator authenticator_;
};

TEST_F(AuthenticatorTest, LetsInWhoKnowsThePasswordAndRemembersIt) {
    const Credentials ann{"ann", kPassword};
    EXPECT_EQ(authenticator_.recall(users_, ann), Answer::kUnknown);
    EXPECT_TRUE(authenticator_.check(users_, ann));
    EXPECT_EQ(authenticator_.recall(users_, ann), Answer::kGranted);
}

TEST_F(AuthenticatorTest, RefusesEverybodyElseAndRemembersThatToo) {
    for (const Credentials& wrong : {Credentials{"ann", kOtherPassword}, Credentials{"ann", ""},
                                     Credentials{"eve", kPassword}, Credentials{"", kPassword}}) {
        EXPECT_EQ(authenticator_.recall(users_, wrong), Answer::kUnknown);
        EXPECT_FALSE(authenticator_.check(users_, wrong)) << wrong.user << " " << wrong.password;
        EXPECT_EQ(authenticator_.recall(users_, wrong), Answer::kRefused);
    }
}

TEST_F(AuthenticatorTest, AChangedHashIsCheckedAgain) {
    EXPECT_TRUE(authenticator_.check(users_, {"ann", kPassword}));
    users_["ann"] = kOtherHash;
    EXPECT_EQ(authenticator_.recall(users_, {"ann", kPassword}), Answer::kUnknown);
    EXPECT_FALSE(authenticator_.check(users_, {"ann", kPassword}));
}

TEST_F(AuthenticatorTest, UserAndPasswordCannotBeSplitElsewhere) {
    users_["an"] = kOtherHash;
    EXPECT_TRUE(authenticator_.check(users_, {"ann", kPassword}));
    EXPECT_EQ(authenticator_.recall(users_, {"an", "n" + std::string(kPassword)}), Answer::kUnknown);
}

TEST_F(AuthenticatorTest, GuessesDoNotPushOutAPasswordThatIsRight) {
    std::string cheap = kStoredHash;
    cheap.replace(4, 2, "04");
    users_ = {{"ann", kStoredHash}, {"cheap", cheap}};
    EXPECT_TRUE(authenticator_.check(users_, {"ann", kPassword}));
    for (int guess = 0; guess < 300; ++guess) {
        authenticator_.check(users_, {"cheap", std::to_string(guess)});
    }
    EXPECT_EQ(authenticator_.recall(users_, {"ann", kPassword}), Answer::kGranted);
    EXPECT_EQ(authenticator_.recall(users_, {"cheap", "0"}), Answer::kUnknown) << "memory is bounded";
}

}  // namespace
}  // namespace flowtap::authenticator_test
