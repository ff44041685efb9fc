// SPDX-License-Identifier: Apache-2.0
// Against a server over TLS that does what API servers do, and what they should not.
#include "kubernetes/pod_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kubernetes/api_server.h"

namespace flowtap::pod_watcher_test {
namespace {

using namespace std::chrono_literals;
using system_test::ApiServer;
using system_test::eventually;
using system_test::kPatience;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kWatchedUid = "0f3c2b1a-9d8e-4c7b-a6f5-1e2d3c4b5a69";
const std::string kOther = "11111111-2222-3333-4444-555555555555";

constexpr const char* kNotThisServer = "check that this is the API server of the cluster";

constexpr PodWatchTimes kHasty{
    .list_patience = 10s, .watch = 60s, .first_pause = 10ms, .longest_pause = 100ms, .settled = 10s};

class PodWatcherTest : public testing::Test {
protected:
    void SetUp() override {
        if (const std::string missing = ApiServer::missing(); !missing.empty())
            GTEST_SKIP() << "missing: " << missing;
        server_.emplace("node-1");
    }

    void start() {
        const Result<ClusterAccess> access = cluster_access(server_->directory(), "node-1");
        ASSERT_TRUE(access) << access.error().message();
        Result<std::unique_ptr<PodWatcher>> watcher = PodWatcher::start(*access, kHasty);
        ASSERT_TRUE(watcher) << watcher.error().message();
        watcher_ = std::move(*watcher);
    }
    void start_watching() {
        start();
        ASSERT_TRUE(watcher_->wait_for_list(kPatience)) << said();
        ASSERT_TRUE(eventually([&] { return server_->count().open == 1; }));
    }
    [[nodiscard]] bool comes_to_know(const std::string& uid) const {
        return eventually([&] { return watcher_->find(uid).has_value(); });
    }
    [[nodiscard]] std::uint64_t failures(PodWatchFailure reason) const {
        return watcher_->statistics().failures[reason];
    }
    [[nodiscard]] bool comes_to_count(PodWatchFailure reason) const {
        return eventually([&] { return failures(reason) > 0; });
    }
    std::string said() {
        for (std::string& line : watcher_->take_log_lines()) said_.push_back(std::move(line));
        std::string all;
        for (const std::string& line : said_) all += line + "\n";
        return all;
    }

    // Of a request for the pods that failed.
    [[nodiscard]] std::string line(const std::string& cause, const std::string& remedy) const {
        return "list pods at " + server_->address() + " for node node-1: " + cause + " (" + remedy +
               "; until then pod names come from the processes' environment)\n";
    }
    // Whether that is all that is ever said.
    [[nodiscard]] bool comes_to_say(const std::string& text) {
        return eventually([&] { return said() == text; });
    }

    std::optional<ApiServer> server_;
    std::unique_ptr<PodWatcher> watcher_;
    std::vector<std::string> said_;
};

TEST_F(PodWatcherTest, KnowsThePodsThatAreListed) {
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    start();
    ASSERT_TRUE(watcher_->wait_for_list(kPatience)) << said();
    EXPECT_EQ(watcher_->find(kWatchedUid), (PodName{"team-a", "worker-0"}));
    EXPECT_EQ(watcher_->find(kOther), std::nullopt);
    EXPECT_EQ(watcher_->statistics().pods, 1U);
    EXPECT_EQ(watcher_->statistics().failures.total(), 0U);
    EXPECT_EQ(said(), "");
}

TEST_F(PodWatcherTest, FollowsPodsThatComeAndGo) {
    start_watching();
    const std::uint64_t before = watcher_->version();
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    ASSERT_TRUE(comes_to_know(kWatchedUid));
    EXPECT_GT(watcher_->version(), before);
    server_->tell("remove " + kWatchedUid);
    EXPECT_TRUE(eventually([&] { return watcher_->statistics().pods == 0; }));
    EXPECT_TRUE(watcher_->find(kWatchedUid)) << "its processes may be there yet";
    EXPECT_EQ(server_->count().lists, 1);
    EXPECT_EQ(watcher_->statistics().failures.total(), 0U);
}

TEST_F(PodWatcherTest, ListsAgainWhereItsVersionIsTooOld) {
    start_watching();
    server_->tell("expire");
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    ASSERT_TRUE(comes_to_know(kWatchedUid)) << said();
    EXPECT_TRUE(eventually([&] { return server_->count().lists == 2; }));
    EXPECT_EQ(watcher_->statistics().failures.total(), 0U) << "that is how it should be";
}

TEST_F(PodWatcherTest, TakesTheTokenThatIsThereNow) {
    start_watching();
    server_->tell("token second");
    server_->tell("cut");
    ASSERT_TRUE(comes_to_count(PodWatchFailure::kDenied));
    EXPECT_TRUE(
        comes_to_say(line("it answered with status 401",
                          "allow the service account to list and watch pods: deploy/kubernetes/pod-names")))
        << said();
    server_->write_token("second");
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    EXPECT_TRUE(comes_to_know(kWatchedUid));
    EXPECT_TRUE(eventually([&] { return said().find("lists the pods again") != std::string::npos; }));
    EXPECT_EQ(said_.size(), 2U) << said();
}

TEST_F(PodWatcherTest, ResumesAfterADisconnect) {
    start_watching();
    server_->tell("cut");
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    ASSERT_TRUE(comes_to_know(kWatchedUid));
    EXPECT_EQ(server_->count().lists, 1) << "from the version it had";
    EXPECT_EQ(failures(PodWatchFailure::kUnreachable), 1U);
    EXPECT_EQ(said(), "") << "what lies between may cut a watch any time";
}

TEST_F(PodWatcherTest, ListsAgainAfterGarbage) {
    start_watching();
    server_->tell("say {\"type\":\"ADDED\",");
    ASSERT_TRUE(comes_to_count(PodWatchFailure::kMalformed));
    EXPECT_THAT(said(), testing::StartsWith(line("not JSON", kNotThisServer)));
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    EXPECT_TRUE(comes_to_know(kWatchedUid));
    EXPECT_EQ(server_->count().lists, 2);
}

TEST_F(PodWatcherTest, AbandonsAnEndlessLine) {
    start_watching();
    server_->tell("endless");
    ASSERT_TRUE(comes_to_count(PodWatchFailure::kMalformed));
    EXPECT_THAT(said(), testing::StartsWith(line("an event is too long", kNotThisServer)));
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    EXPECT_TRUE(comes_to_know(kWatchedUid));
}

TEST_F(PodWatcherTest, CountsAMalformedList) {
    server_->tell("body {\"kind\":\"Status\"}");
    start();
    EXPECT_TRUE(comes_to_say(line("not a list of pods", kNotThisServer))) << said();
    ASSERT_TRUE(comes_to_count(PodWatchFailure::kMalformed));
    EXPECT_FALSE(watcher_->wait_for_list(0ms));
    server_->tell("body");
    EXPECT_TRUE(watcher_->wait_for_list(kPatience));
}

TEST_F(PodWatcherTest, CountsAListThatIsTooLong) {
    server_->tell("long " + std::to_string((32 << 20) + 1));
    start();
    EXPECT_TRUE(comes_to_say(line("the list is too long", kNotThisServer))) << said();
    EXPECT_GT(failures(PodWatchFailure::kMalformed), 0U);
}

TEST_F(PodWatcherTest, CountsAListWhoseVersionIsTooOld) {
    server_->tell("status 410");
    start();
    EXPECT_TRUE(comes_to_say(line("it answered a list with status 410", kNotThisServer))) << said();
    EXPECT_GT(failures(PodWatchFailure::kStatus), 0U);
}

TEST_F(PodWatcherTest, SaysThatEventsAreCut) {
    start_watching();
    server_->tell("cut {\"type\":");
    ASSERT_TRUE(eventually([&] { return server_->count().watches == 2; }));
    server_->tell("cut {\"type\":");
    EXPECT_TRUE(comes_to_say(line("the connection was cut in the middle of an event",
                                  "check that no NetworkPolicy keeps flowtap from the API server")))
        << said();
    EXPECT_EQ(failures(PodWatchFailure::kUnreachable), 2U);
}

TEST_F(PodWatcherTest, SaysThatANodeCannotHaveSoManyPods) {
    server_->tell("fill " + std::to_string(PodTable::kMost));
    start_watching();
    EXPECT_EQ(watcher_->statistics().pods, PodTable::kMost);
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    EXPECT_TRUE(comes_to_say(line("too many pods for one node", kNotThisServer))) << said();
    EXPECT_GT(failures(PodWatchFailure::kMalformed), 0U);
}

TEST_F(PodWatcherTest, KeepsWhatItKnowsWhileTheServerIsInTrouble) {
    server_->tell("put " + kWatchedUid + " team-a worker-0");
    start_watching();
    server_->tell("status 503");
    server_->tell("cut");
    ASSERT_TRUE(eventually([&] { return failures(PodWatchFailure::kStatus) > 2; }));
    EXPECT_TRUE(watcher_->find(kWatchedUid));
    EXPECT_EQ(said(), line("it answered with status 503", kNotThisServer)) << "once, not each time";
    server_->tell("status 200");
    server_->tell("put " + kOther + " team-b worker-1");
    EXPECT_TRUE(comes_to_know(kOther));
}

TEST_F(PodWatcherTest, RefusesACertificateOfAnotherAuthority) {
    const ApiServer other("node-1");  // the variables lead to it, the directory to the first
    start();
    ASSERT_TRUE(comes_to_count(PodWatchFailure::kUnreachable));
    EXPECT_FALSE(watcher_->wait_for_list(0ms));
    EXPECT_THAT(said(), HasSubstr("ertificate"));
    EXPECT_THAT(said(),
                HasSubstr(" (check that no NetworkPolicy keeps flowtap from the API server; until then "));
}

TEST_F(PodWatcherTest, SaysThatThereIsNoToken) {
    std::filesystem::remove(server_->directory() + "/token");
    start();
    ASSERT_TRUE(comes_to_count(PodWatchFailure::kCredentials));
    EXPECT_TRUE(comes_to_say(line("read token " + server_->directory() + "/token: No such file or directory",
                                  "mount a service account's token: automountServiceAccountToken")))
        << said();
    server_->write_token("first");
    EXPECT_TRUE(watcher_->wait_for_list(kPatience));
}

TEST_F(PodWatcherTest, EndsAtOnceInTheMiddleOfAWatch) {
    start_watching();
    watcher_.reset();
    EXPECT_TRUE(eventually([&] {
        server_->tell("put " + kWatchedUid + " team-a worker-0");  // a write shows it that nobody listens
        return server_->count().open == 0;
    }));
}

}  // namespace
}  // namespace flowtap::pod_watcher_test
