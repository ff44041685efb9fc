// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/http/gzip.h"
#include "exporter/http/http_server.h"
#include "tests/unit/http/curl_without_memory.h"

namespace flowtap::fetch_test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kLarge = std::size_t{1} << 20;

HttpResponse answer(const HttpRequest& request) {
    if (request.path == "/large") return {200, kPlainType, std::string(kLarge, 'x')};
    if (request.path == "/packed") return {200, kPlainType, *gzip(std::string(kLarge, 'x')), true};
    if (request.path == "/text") return {200, kPlainType, "answer 42\n"};
    if (request.path == "/away") return {302, kPlainType, "", false, {{"Location", "/text"}}};
    if (request.path == "/locked") return {401, kPlainType, "no\n"};
    return {404, kPlainType, "no\n"};
}

class FetchTest : public testing::Test {
protected:
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(server_->address().port) + path;
    }

    std::unique_ptr<HttpServer> server_ = std::move(
        *HttpServer::start({.address = {"127.0.0.1", 0}}, {[](const auto&) { return false; }, answer}));
};

TEST_F(FetchTest, GetsTheBody) {
    const Result<std::string> body = fetch({.url = url("/text")});
    ASSERT_TRUE(body) << body.error().message();
    EXPECT_EQ(*body, "answer 42\n");
}

TEST(Fetch, WithoutMemorySaysSo) {
    const std::string said = test::without_memory_of_curl([](bool& gone) {
        gone = true;
        const Result<std::string> body = fetch({.url = "http://127.0.0.1:1/"});
        return body ? "an answer" : body.error().message();
    });
    EXPECT_EQ(said, "fetch URL: libcurl is out of memory");
}

TEST_F(FetchTest, TakesNoMoreThanItWasTold) {
    EXPECT_EQ(fetch({.url = url("/large")})->size(), kLarge);
    EXPECT_EQ(fetch({.url = url("/packed")})->size(), kLarge);
    for (const char* path : {"/large", "/packed"}) {
        const Result<std::string> body = fetch({.url = url(path), .max_bytes = kLarge - 1});
        ASSERT_FALSE(body) << path;
        EXPECT_EQ(body.error().message(), "fetch " + url(path) +
                                              ": the answer is too large (check that a flowtap daemon "
                                              "listens there)");
    }
}

TEST_F(FetchTest, TakesNothingButTheAnswerItself) {
    const std::pair<const char*, const char*> refused[] = {
        {"/none", "404 (check that a flowtap daemon listens there)"},
        {"/away", "302 (check that a flowtap daemon listens there)"},
        {"/locked", "401 (give a user: http://USER:PASSWORD@HOST:PORT, or ~/.netrc)"},
    };
    for (const auto& [path, answered] : refused) {
        const Result<std::string> body = fetch({.url = url(path)});
        ASSERT_FALSE(body) << path;
        EXPECT_EQ(body.error().message(), "fetch " + url(path) + ": it answered with status " + answered);
    }
}

TEST_F(FetchTest, SaysWhyThereIsNone) {
    const std::string gone = url("/text");
    server_.reset();
    const Result<std::string> body = fetch({.url = gone});
    ASSERT_FALSE(body);
    EXPECT_THAT(body.error().message(), testing::StartsWith("fetch " + gone + ": "));
    EXPECT_EQ(body.error().remedy, "check the address, and that flowtap runs there");
    EXPECT_EQ(body.error().kind, Error::Kind::kFailed);
}

TEST_F(FetchTest, RefusesFilesAndOtherProtocols) {
    for (const char* url : {"file:///etc/passwd", "ftp://localhost/", "", "http://"}) {
        const Result<std::string> body = fetch({.url = url});
        ASSERT_FALSE(body) << url;
        EXPECT_EQ(body.error().message(),
                  "fetch " + without_password(url) + ": not an HTTP URL (write http://HOST:PORT)");
        EXPECT_EQ(body.error().kind, Error::Kind::kUsage) << url;
    }
}

TEST_F(FetchTest, ErrorsDoNotContainThePassword) {
    const Result<std::string> body = fetch({.url = "http://me:secret@127.0.0.1:1/x"});
    ASSERT_FALSE(body);
    EXPECT_THAT(body.error().message(), Not(HasSubstr("secret")));
    EXPECT_EQ(without_password("http://me:secret@host:1/x"), "http://host:1/x");
}

TEST(PageUrl, IsBelowTheAddress) {
    EXPECT_EQ(*page_url("http://host:9847", "/api"), "http://host:9847/api");
    EXPECT_EQ(*page_url("host:9847", "/api"), "http://host:9847/api");
    EXPECT_EQ(*page_url("https://host/", "/api"), "https://host/api");
    EXPECT_EQ(*page_url("https://host/flowtap/", "/api"), "https://host/flowtap/api");
    EXPECT_EQ(*page_url("https://host/flowtap/api", "/api"), "https://host/flowtap/api");
}

TEST(PageUrl, SaysWhyItIsRefused) {
    EXPECT_EQ(page_url("http://", "/api").error().cause, "not a URL");
    EXPECT_EQ(
        page_url("ftp://host", "/api").error().message(),
        "read --url \"ftp://host/\": neither http nor https (write, for example, http://localhost:9847)");
}

TEST(PageUrl, IsAnHttpUrl) {
    for (const char* url : {"", "http://", "file:///etc/passwd", "a b"}) {
        const Result<std::string> page = page_url(url, "/api");
        ASSERT_FALSE(page) << url;
        EXPECT_EQ(page.error().kind, Error::Kind::kUsage);
    }
}

}  // namespace
}  // namespace flowtap::fetch_test
