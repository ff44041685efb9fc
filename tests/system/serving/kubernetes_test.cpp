// SPDX-License-Identifier: Apache-2.0
// The names of pods: a process in a control group as the kubelet makes them, and a server in the API server's
// place.
#include <algorithm>
#include <csignal>

#include "control_group.h"
#include "flowtap_daemon.h"
#include "kubernetes/api_server.h"
#include "ledger.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::kubernetes_test {
namespace {

constexpr const char* kNode = "node-1";

// A pod of this test alone.
std::string uid() {
    const std::string number = std::to_string(1'000'000'000 + ::getpid());
    return "00000000-0000-4000-8000-00" + number;
}

Exposition without_names(const Exposition& all) {
    return all.select([](Sample& sample) {
        for (const char* label : {"pod", "namespace"}) sample.labels.erase(label);
        return true;
    });
}

class KubernetesTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        for (const std::string& missing : {ApiServer::missing(), ControlGroup::missing(Controller::kNone)})
            if (!missing.empty()) GTEST_SKIP() << "missing: " << missing;
        server_.emplace(kNode);
        group_.emplace(Controller::kNone, "kubepods/pod" + uid() + "/" + std::string(64, 'a'));
        // As with spec.hostname: not the pod's name.
        target_.emplace(std::vector<std::string>{"/usr/bin/env", "HOSTNAME=front", kEngineC, "--runs", "5",
                                                 "--nodes", "2", "--fail-every", "3"});
        group_->take(target_->pid());
    }

    void start_flowtap(const std::vector<std::string>& launcher = {}) {
        const std::string config = directory_.write("flowtap.yaml", "target_labels: [namespace, pod]\n");
        flowtap_.emplace(
            std::vector<std::string>{"--config", config, "--profile", kEngineCProfile, "--pid",
                                     target_->pid_text(), "--kubernetes-api", "--kubernetes-node", kNode,
                                     "--kubernetes-credentials", server_->directory()},
            FlowtapDaemon::Listen::kAnyPort, launcher);
    }
    [[nodiscard]] double started_in(const std::string& name_space, const std::string& pod) const {
        return flowtap_->scrape().sum("workflow_executions_total",
                                      {{"status", "started"}, {"namespace", name_space}, {"pod", pod}});
    }
    [[nodiscard]] std::string log() { return flowtap_->child().errors(); }

    TemporaryDirectory directory_;
    std::optional<ApiServer> server_;
    std::optional<ControlGroup> group_;
    std::optional<Workload> target_;
    std::optional<FlowtapDaemon> flowtap_;
};

TEST_F(KubernetesTest, LabelsComeFromTheServer) {
    server_->tell("put " + uid() + " team-a worker-0");
    start_flowtap();
    const Ledger ledger = target_->run_round();
    EXPECT_EQ(started_in("team-a", "worker-0"), 5) << log();
    const Exposition scrape = flowtap_->scrape();
    EXPECT_FALSE(scrape.has("workflow_executions_total", {{"pod", "front"}}));
    EXPECT_TRUE(agrees(without_names(scrape), ledger));
    EXPECT_EQ(scrape.sum("flowtap_kubernetes_pods"), 1);
    EXPECT_EQ(scrape.sum("flowtap_kubernetes_api_failures_total"), 0);
    EXPECT_EQ(flowtap_->stop(SIGTERM), 0) << log();
}

TEST_F(KubernetesTest, LabelsComeFromThePodUntilTheServerAnswers) {
    server_->tell("status 403");
    start_flowtap();
    target_->run_round();
    EXPECT_EQ(started_in("", "front"), 5);
    EXPECT_GT(flowtap_->scrape().sum("flowtap_kubernetes_api_failures_total", {{"reason", "denied"}}), 0);
    EXPECT_NE(log().find("deploy/kubernetes/pod-names"), std::string::npos) << log();
    server_->tell("put " + uid() + " team-a worker-0");
    server_->tell("status 200");
    ASSERT_TRUE(eventually([&] { return log().find("lists the pods again") != std::string::npos; }));
    const Ledger ledger = target_->run_round();
    EXPECT_EQ(started_in("team-a", "worker-0"), 5) << log();
    EXPECT_EQ(started_in("", "front"), 5) << "what was counted stays";
    const Exposition scrape = flowtap_->scrape();
    EXPECT_TRUE(identity_holds(scrape));
    EXPECT_EQ(scrape.sum("workflow_executions_total", {{"status", "started"}}), 10);
    EXPECT_EQ(flowtap_->stop(SIGTERM), 0) << log();
}

TEST_F(KubernetesTest, TheSeccompProfileLetsTheServerBeAsked) {
    Child module({"/usr/bin/python3", "-c", "import seccomp"});
    if (module.wait() != 0) GTEST_SKIP() << "missing: Debian's package python3-seccomp";
    server_->tell("put " + uid() + " team-a worker-0");
    start_flowtap({"/usr/bin/python3", "-B",
                   std::string(kTestsDirectory) + "/system/processes/under_seccomp.py",
                   std::string(kSourceDirectory) + "/deploy/kubernetes/seccomp/flowtap.json"});
    target_->run_round();
    EXPECT_EQ(started_in("team-a", "worker-0"), 5) << log();
    EXPECT_EQ(flowtap_->scrape().sum("flowtap_kubernetes_api_failures_total"), 0) << log();
}

TEST_F(KubernetesTest, OutsideOfAClusterItIsRefused) {
    const std::string config = directory_.write("flowtap.yaml", "target_labels: [pod]\n");
    server_.reset();
    Child flowtap({kFlowtap, "run", "--config", config, "--profile", kEngineCProfile, "--pid",
                   target_->pid_text(), "--listen", "127.0.0.1:0", "--kubernetes-api", "--kubernetes-node",
                   kNode});
    EXPECT_EQ(flowtap.wait(), 3);
    EXPECT_NE(flowtap.errors().find("KUBERNETES_SERVICE_HOST"), std::string::npos) << flowtap.errors();
}

}  // namespace
}  // namespace flowtap::system_test::kubernetes_test
