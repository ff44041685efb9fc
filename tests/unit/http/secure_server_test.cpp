// SPDX-License-Identifier: Apache-2.0
// TLS and passwords, with curl as the client and certificates that the test makes with the openssl program.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <mutex>
#include <string>

#include "exporter/http/http_server.h"
#include "temporary_files.h"

namespace flowtap::secure_server_test {
namespace {

constexpr const char* kAnnsHash = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";  // U*U
constexpr const char* kBobsHash = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";  // U*U*

// What a shell command writes, and after it how it ended.
std::string run(const std::string& command) {
    std::string text;
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return "cannot run a shell";
    std::array<char, 4096> buffer{};
    for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        text.append(buffer.data(), count);
    }
    const int status = ::pclose(pipe);
    return text + "status " + std::to_string(WEXITSTATUS(status));
}

class SecureServerTest : public testing::Test {
protected:
    void SetUp() override {
        for (const char* program : {"curl", "openssl"}) {
            if (run("command -v " + std::string(program)).find("status 0") == std::string::npos) {
                GTEST_SKIP() << "missing: the program " << program;
            }
        }
    }

    // A CA, and what it signed: NAME.key, NAME.pem.
    void make_ca(const std::string& name) {
        in_directory(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
            " -keyout " + name + ".key -out " + name + ".pem");
    }
    void make_certificate(const std::string& ca, const std::string& name, const std::string& extensions) {
        static_cast<void>(files_.write("extensions", extensions));
        in_directory("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
                     " -keyout " + name + ".key -out request");
        in_directory("openssl x509 -req -days 2 -in request -CA " + ca + ".pem -CAkey " + ca +
                     ".key -CAcreateserial -extfile extensions -out " + name + ".pem");
    }
    void make_server_certificate() {
        make_ca("ca");
        make_certificate("ca", "server", "subjectAltName=IP:127.0.0.1\n");
    }
    void in_directory(const std::string& command) {
        const std::string said = run("cd " + files_.directory().string() + " && " + command);
        ASSERT_TRUE(said.ends_with("status 0")) << command << ": " << said;
    }

    void start(const std::string& config) {
        HttpOptions options;
        options.address = {"127.0.0.1", 0};
        options.web_config_file = files_.write("web.yml", config);
        options.log = [this](const std::string& line) {
            const std::lock_guard lock(mutex_);
            log_ += line + "\n";
        };
        auto started =
            HttpServer::start(options, {[](const HttpRequest& request) { return request.path == "/q"; },
                                        [](const HttpRequest&) -> HttpResponse {
                                            return {200, kPlainType, "answer 42\n"};
                                        }});
        ASSERT_TRUE(started) << started.error().message();
        server_ = std::move(*started);
    }

    std::string curl(const std::string& options, const std::string& scheme = "https") {
        return run("cd " + files_.directory().string() + " && curl -sS -m 20 " + options + " " + scheme +
                   "://" + to_string(server_->address()) + "/any");
    }
    static bool answered(const std::string& said) { return said.find("answer 42\n") != std::string::npos; }

    std::string log() {
        const std::lock_guard lock(mutex_);
        return log_;
    }

    static constexpr const char* kTls =
        "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n";

    test::TemporaryFiles files_;
    std::mutex mutex_;
    std::string log_;  // guarded by mutex_
    std::unique_ptr<HttpServer> server_;
};

TEST_F(SecureServerTest, ServesOverTlsAndOnlyOverTls) {
    make_server_certificate();
    start(kTls);
    EXPECT_EQ(curl("--cacert ca.pem"), "answer 42\nstatus 0");
    EXPECT_FALSE(answered(curl("")));
    EXPECT_FALSE(answered(curl("", "http")));
    EXPECT_TRUE(answered(curl("--cacert ca.pem --tls-max 1.2")));
    EXPECT_FALSE(answered(curl("--cacert ca.pem --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0")));
}

TEST_F(SecureServerTest, KeepsToTheVersionsItWasTold) {
    make_server_certificate();
    start(std::string(kTls) + "  min_version: TLS13\n");
    EXPECT_TRUE(answered(curl("--cacert ca.pem")));
    EXPECT_FALSE(answered(curl("--cacert ca.pem --tls-max 1.2")));
}

TEST_F(SecureServerTest, LetsInOnlyClientsWithACertificateOfTheCa) {
    make_server_certificate();
    make_ca("clients");
    make_ca("others");
    make_certificate("clients", "friend", "extendedKeyUsage=clientAuth\n");
    make_certificate("clients", "misused", "extendedKeyUsage=serverAuth\n");
    make_certificate("others", "stranger", "extendedKeyUsage=clientAuth\n");
    const std::string ca = "  client_ca_file: clients.pem\n";
    start(kTls + ca + "  client_auth_type: RequireAndVerifyClientCert\n");
    const auto with = [this](const std::string& name) {
        return answered(curl("--cacert ca.pem --cert " + name + ".pem --key " + name + ".key"));
    };
    EXPECT_TRUE(with("friend"));
    EXPECT_FALSE(with("stranger"));
    EXPECT_FALSE(with("misused"));
    EXPECT_FALSE(answered(curl("--cacert ca.pem")));

    start(kTls + ca + "  client_auth_type: VerifyClientCertIfGiven\n");
    EXPECT_TRUE(with("friend"));
    EXPECT_FALSE(with("stranger"));
    EXPECT_TRUE(answered(curl("--cacert ca.pem")));

    start(std::string(kTls) + "  client_auth_type: RequireAnyClientCert\n");
    EXPECT_TRUE(with("stranger"));
    EXPECT_FALSE(answered(curl("--cacert ca.pem")));
}

TEST_F(SecureServerTest, ARenewedCertificateIsUsedWithoutARestart) {
    make_server_certificate();
    start(kTls);
    EXPECT_TRUE(answered(curl("--cacert ca.pem")));
    make_ca("newer");
    make_certificate("newer", "server", "subjectAltName=IP:127.0.0.1\n");
    EXPECT_TRUE(answered(curl("--cacert newer.pem")));
    EXPECT_FALSE(answered(curl("--cacert ca.pem")));
}

TEST_F(SecureServerTest, AsksForPasswordsEverywhere) {
    start("basic_auth_users:\n  ann: " + std::string(kAnnsHash) + "\n  bob: " + kBobsHash + "\n");
    for (int twice = 0; twice < 2; ++twice) {
        EXPECT_TRUE(answered(curl("-u 'ann:U*U'", "http")));
        EXPECT_TRUE(answered(curl("-u 'bob:U*U*'", "http")));
        EXPECT_FALSE(answered(curl("-u 'ann:U*U*'", "http")));
        EXPECT_FALSE(answered(curl("-u 'eve:U*U'", "http")));
        EXPECT_FALSE(answered(curl("-H 'Authorization: Basic !'", "http")));
    }
    const std::string refused = curl("-i", "http");
    EXPECT_NE(refused.find("401"), std::string::npos) << refused;
    EXPECT_NE(refused.find("WWW-Authenticate: Basic realm=\"flowtap\", charset=\"UTF-8\""), std::string::npos)
        << refused;
    EXPECT_NE(refused.find("this page requires a user name and a password\n"), std::string::npos) << refused;
    const std::string quick = run("curl -sS " + to_string(server_->address()) + "/q");
    EXPECT_FALSE(answered(quick)) << "also what is answered at once";
}

TEST_F(SecureServerTest, UsersAndHeadersChangeWithoutARestart) {
    const std::string ann = "basic_auth_users:\n  ann: " + std::string(kAnnsHash) + "\n";
    start(ann);
    EXPECT_TRUE(answered(curl("-u 'ann:U*U'", "http")));
    static_cast<void>(
        files_.write("web.yml", "basic_auth_users:\n  bob: " + std::string(kBobsHash) +
                                    "\nhttp_server_config:\n  headers:\n    X-Frame-Options: deny\n"));
    EXPECT_FALSE(answered(curl("-u 'ann:U*U'", "http")));
    EXPECT_NE(curl("-i -u 'bob:U*U*'", "http").find("X-Frame-Options: deny"), std::string::npos);
    EXPECT_EQ(log(), "");
}

TEST_F(SecureServerTest, ABadFileKeepsTheOldOneAndIsSaidOnce) {
    start("basic_auth_users:\n  ann: " + std::string(kAnnsHash) + "\n");
    static_cast<void>(files_.write("web.yml", "basic_auth_users:\n  ann: nonsense\n"));
    EXPECT_TRUE(answered(curl("-u 'ann:U*U'", "http")));
    EXPECT_FALSE(answered(curl("", "http")));
    EXPECT_EQ(log(),
              "the web config is unchanged: load web config " + files_.path("web.yml") +
                  ":2: basic_auth_users: user \"ann\": its password is not a bcrypt hash (make one with: "
                  "htpasswd -nBC 10 NAME)\n");

    static_cast<void>(files_.write("web.yml", "# nobody needs a password any more\n"));
    EXPECT_TRUE(answered(curl("", "http")));
}

TEST_F(SecureServerTest, TlsIsNotSwitchedOffOrOnWhileItRuns) {
    make_server_certificate();
    start(kTls);
    static_cast<void>(files_.write("web.yml", "http_server_config:\n"));
    EXPECT_TRUE(answered(curl("--cacert ca.pem")));
    EXPECT_EQ(log(), "the web config is unchanged: reload web config " + files_.path("web.yml") +
                         ": TLS cannot be switched on or off (restart flowtap)\n");
}

TEST_F(SecureServerTest, DoesNotStartWithFilesItCannotUse) {
    const auto refused_with = [this](const std::string& config) {
        HttpOptions options;
        options.address = {"127.0.0.1", 0};
        options.web_config_file = files_.write("web.yml", config);
        const auto server = HttpServer::start(options, {});
        EXPECT_FALSE(server);
        if (server) return std::string();
        EXPECT_EQ(server.error().kind, Error::Kind::kUsage);
        return server.error().message();
    };
    EXPECT_EQ(refused_with(kTls), "load certificate " + files_.path("server.pem") +
                                      ": No such file or directory (check the path and its permissions)");
    make_server_certificate();
    static_cast<void>(files_.write("text", "not PEM\n"));
    const std::string no_certificate =
        refused_with("tls_server_config:\n  cert_file: text\n  key_file: server.key\n");
    EXPECT_TRUE(no_certificate.starts_with("load certificate and key " + files_.path("text") + " and " +
                                           files_.path("server.key") + ": "))
        << no_certificate;
    EXPECT_TRUE(no_certificate.ends_with(" (give a file in PEM)")) << no_certificate;
    for (const char* text : {"", "not PEM\n"}) {
        static_cast<void>(files_.write("ca_text", text));
        EXPECT_EQ(
            refused_with(kTls + std::string("  client_ca_file: ca_text\n"
                                            "  client_auth_type: RequireAndVerifyClientCert\n")),
            "load client CA " + files_.path("ca_text") + ": No certificate was found (give a file in PEM)");
    }
}

// Wrong passwords are checked one after the other; who is known does not wait for that.
TEST_F(SecureServerTest, GuessingPasswordsHoldsUpNobodyWhoIsKnown) {
    start("basic_auth_users:\n  ann: " + std::string(kAnnsHash) + "\n");
    EXPECT_TRUE(answered(curl("-u 'ann:U*U'", "http")));
    const std::string url = "'http://" + to_string(server_->address()) + "/any?[1-200]'";
    const std::string both = "cd " + files_.directory().string() +
                             " && (curl --parallel --parallel-max 50 -s -o guess -u ann:wrong " + url +
                             " & for i in 1 2 3 4 5; do curl -sS -m 20 -u 'ann:U*U' http://" +
                             to_string(server_->address()) + "/any; done; wait)";
    const std::string said = run(both);
    int answers = 0;
    for (std::size_t at = 0; (at = said.find("answer 42\n", at)) != std::string::npos; ++at) ++answers;
    EXPECT_EQ(answers, 5) << said;
}

}  // namespace
}  // namespace flowtap::secure_server_test
