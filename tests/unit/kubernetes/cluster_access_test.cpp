// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/cluster_access.h"

#include <gtest/gtest.h>

#include "system/support/temporary_directory.h"

namespace flowtap::cluster_access_test {
namespace {

class ClusterAccessTest : public testing::Test {
protected:
    void SetUp() override { set("10.0.0.1", "443"); }
    void TearDown() override {
        ::unsetenv("KUBERNETES_SERVICE_HOST");
        ::unsetenv("KUBERNETES_SERVICE_PORT");
    }
    static void set(const char* host, const char* port) {
        ::setenv("KUBERNETES_SERVICE_HOST", host, 1);
        ::setenv("KUBERNETES_SERVICE_PORT", port, 1);
    }
};

TEST_F(ClusterAccessTest, IsWhatTheKubeletTellsAPod) {
    const Result<ClusterAccess> access = cluster_access("/token-dir", "node-1");
    ASSERT_TRUE(access) << access.error().message();
    EXPECT_EQ(access->url, "https://10.0.0.1:443");
    EXPECT_EQ(access->ca_file, "/token-dir/ca.crt");
    EXPECT_EQ(access->token_file, "/token-dir/token");
    EXPECT_EQ(access->node, "node-1");
    set("fd00::1", "6443");
    EXPECT_EQ(cluster_access("/d", "n")->url, "https://[fd00::1]:6443");
}

TEST_F(ClusterAccessTest, SaysWhatIsMissing) {
    EXPECT_EQ(cluster_access("/d", "").error().kind, Error::Kind::kUsage);
    EXPECT_EQ(cluster_access("/d", "").error().message(),
              "list the pods of this node: the name of the node is unknown "
              "(give --kubernetes-node, or set NODE_NAME from spec.nodeName)");
    for (const auto& [host, port] : {std::pair("", "443"),
                                     {"host/path", "443"},
                                     {"a@b", "443"},
                                     {"h", ""},
                                     {"h", "44x"},
                                     {"h", "443443"}}) {
        set(host, port);
        const Result<ClusterAccess> access = cluster_access("/d", "n");
        ASSERT_FALSE(access) << host << " " << port;
        EXPECT_EQ(access.error().kind, Error::Kind::kEnvironment);
        EXPECT_EQ(
            access.error().message(),
            "find the Kubernetes API server: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT do not "
            "name one (run in a pod, or leave kubernetes-api out)");
    }
}

TEST_F(ClusterAccessTest, AsksForTheNodesPodsOnly) {
    const ClusterAccess access{"https://h:1", "", "", "node=1&x"};
    EXPECT_EQ(list_url(access),
              "https://h:1/api/v1/pods?fieldSelector=spec.nodeName%3Dnode%3D1%26x&resourceVersion=0");
    EXPECT_EQ(watch_url(access, "7&8", std::chrono::seconds(300)),
              "https://h:1/api/v1/pods?fieldSelector=spec.nodeName%3Dnode%3D1%26x&resourceVersion=7%268"
              "&watch=true&allowWatchBookmarks=true&timeoutSeconds=300");
}

TEST(Token, IsWhatTheFileHoldsNow) {
    const system_test::TemporaryDirectory directory;
    EXPECT_EQ(*read_token(directory.write("token", "abc.def\n")), "abc.def");
    EXPECT_EQ(*read_token(directory.write("token", "other")), "other");
}

TEST(Token, CannotInjectAHeader) {
    const system_test::TemporaryDirectory directory;
    for (const std::string& text : {std::string("a\r\nX: y"), std::string("a b"), std::string("\n"),
                                    std::string(), std::string("a\0b", 3), std::string(100'000, 'a')}) {
        EXPECT_FALSE(read_token(directory.write("token", text))) << text.substr(0, 20);
    }
    EXPECT_FALSE(read_token(directory / "none"));
    const Result<std::string> empty = read_token(directory.write("token", ""));
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().message(),
              "read token " + (directory / "token").string() + ": the file does not contain a token");
}

}  // namespace
}  // namespace flowtap::cluster_access_test
