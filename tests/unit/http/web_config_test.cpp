// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/access/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_files.h"

namespace flowtap::web_config_test {
namespace {

using testing::HasSubstr;

constexpr const char* kHash = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

class WebConfigTest : public testing::Test {
protected:
    Result<WebConfig> read(const std::string& text) { return read_web_config(files_.write("web.yml", text)); }

    // Every line main would print.
    std::string faults_of(const std::string& text) {
        const Result<WebConfig> config = read(text);
        if (config) return "";
        EXPECT_EQ(config.error().kind, Error::Kind::kUsage);
        std::string lines = config.error().message();
        for (const std::string& line : config.error().others) lines += "\n" + line;
        return lines;
    }

    test::TemporaryFiles files_;
};

TEST_F(WebConfigTest, ReadsEverySection) {
    const auto config = read(R"(
tls_server_config:
  cert_file: server.pem
  key_file: /etc/keys/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca/clients.pem
  min_version: TLS13
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=63072000
basic_auth_users:
  ann: )" + std::string(kHash) +
                             "\n");
    ASSERT_TRUE(config) << config.error().message();
    ASSERT_TRUE(config->tls);
    EXPECT_EQ(config->tls->cert_file, files_.path("server.pem")) << "relative to the config file";
    EXPECT_EQ(config->tls->key_file, "/etc/keys/server.key");
    EXPECT_EQ(config->tls->client_ca_file, files_.path("ca/clients.pem"));
    EXPECT_EQ(config->tls->client_auth, ClientAuth::kRequireAndVerifyClientCert);
    EXPECT_EQ(config->tls->min_version, TlsVersion::kTls13);
    EXPECT_EQ(config->users, (Users{{"ann", kHash}}));
    ASSERT_EQ(config->headers.size(), 1U);
    EXPECT_EQ(config->headers[0].second, "max-age=63072000");
}

TEST_F(WebConfigTest, AnEmptyFileRequiresNothing) {
    for (const char* text : {"", "\n", "tls_server_config:\nbasic_auth_users:\nhttp_server_config:\n",
                             "basic_auth_users: {}\n"}) {
        const auto config = read(text);
        ASSERT_TRUE(config) << text << config.error().message();
        EXPECT_FALSE(config->tls);
        EXPECT_TRUE(config->users.empty());
    }
}

TEST_F(WebConfigTest, NamesEveryMistakeWithItsLine) {
    const std::string faults = faults_of(R"(tls_server_config:
  cert_file: a
  key_file: b
  cipher_suites: [X]
  client_auth_type: Maybe
basic_auth_user:
  ann: x
basic_auth_users:
  bob: secret
http_server_config:
  headers:
    X-Powered-By: flowtap
)");
    EXPECT_THAT(faults, HasSubstr("web.yml:4"));
    EXPECT_THAT(faults, HasSubstr("cipher_suites"));
    EXPECT_THAT(faults, HasSubstr("web.yml:5"));
    EXPECT_THAT(faults, HasSubstr("RequireAnyClientCert"));
    EXPECT_THAT(faults, HasSubstr("web.yml:6"));
    EXPECT_THAT(faults, HasSubstr("web.yml:9"));
    EXPECT_THAT(faults,
                HasSubstr("web.yml:9: basic_auth_users: user \"bob\": its password is not a bcrypt hash "
                          "(make one with: htpasswd -nBC 10 NAME)\n"));
    EXPECT_THAT(faults, testing::Not(HasSubstr("secret"))) << "what may be a password is not printed";
    EXPECT_THAT(
        faults,
        HasSubstr("web.yml:12: http_server_config: headers: \"X-Powered-By\" is not a header that can be "
                  "set (choose from Content-Security-Policy, Strict-Transport-Security, "
                  "X-Content-Type-Options, X-Frame-Options, X-XSS-Protection)"));
}

TEST_F(WebConfigTest, RefusesWhatDoesNotFitTogether) {
    const std::string begin = "tls_server_config:\n  cert_file: a\n  key_file: b\n";
    EXPECT_THAT(faults_of("tls_server_config:\n  cert_file: a\n"), HasSubstr("key_file"));
    EXPECT_THAT(faults_of(begin + "  client_auth_type: RequireAndVerifyClientCert\n"),
                HasSubstr("client_ca_file"));
    EXPECT_THAT(faults_of(begin + "  client_ca_file: c\n"), HasSubstr("client_auth_type"));
    EXPECT_THAT(faults_of(begin + "  min_version: TLS13\n  max_version: TLS12\n"), HasSubstr("max_version"));
    EXPECT_THAT(faults_of("basic_auth_users:\n  \"a:b\": " + std::string(kHash) + "\n"), HasSubstr("a:b"));
    EXPECT_THAT(
        faults_of("http_server_config:\n  headers:\n    X-Frame-Options: \"a\\r\\nSet-Cookie: b\"\n"),
        testing::EndsWith(":3: http_server_config: headers: the value of \"X-Frame-Options\" cannot stand "
                          "in a header (write 1 to 8192 printable ASCII characters)"));
}

TEST_F(WebConfigTest, RefusesWrongTypesAndMissingFiles) {
    for (const char* text :
         {"- a\n", "just text\n", "{", "tls_server_config: text\n", "basic_auth_users: []\n",
          "http_server_config: 1\n", "http_server_config:\n  headers: x\n", "basic_auth_users:\n  ann: [x]\n",
          "basic_auth_users:\n  [a]: x\n"}) {
        EXPECT_NE(faults_of(text), "") << text;
    }
    const auto absent = read_web_config(files_.path("absent.yml"));
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().message(),
              "load web config " + files_.path("absent.yml") +
                  ": No such file or directory (check the path and its permissions)");
}

TEST_F(WebConfigTest, HasAtMostThousandUsers) {
    std::string text = "basic_auth_users:\n";
    for (int user = 0; user < 1000; ++user) text += "  u" + std::to_string(user) + ": " + kHash + "\n";
    EXPECT_EQ(faults_of(text), "");
    EXPECT_EQ(faults_of(text + "  one_more: " + kHash + "\n"),
              "load web config " + files_.path("web.yml") +
                  ":1002: basic_auth_users: has more than 1000 keys (remove some)");
}

}  // namespace
}  // namespace flowtap::web_config_test
