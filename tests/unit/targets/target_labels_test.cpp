// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "targets/target_names.h"

namespace flowtap::target_labels_test {
namespace {

const std::string kUid = "0f3c2b1a-9d8e-4c7b-a6f5-1e2d3c4b5a69";
const std::string kContainer(64, 'a');

TEST(LabelsOfAProcess, AreItsNumberItsExecutableAndItsNode) {
    const TargetLabels labels = TargetNames("worker-7").origin_of(getpid()).labels;
    EXPECT_EQ(labels.pid, std::to_string(getpid()));
    EXPECT_EQ(labels.exe, std::filesystem::read_symlink("/proc/self/exe").string());
    EXPECT_EQ(labels.node, "worker-7");
}

TEST(LabelsOfAProcess, AreEmptyWhereThereIsNoSuchProcess) {
    constexpr pid_t kNobody = 0x7fffffff;
    const TargetOrigin origin = TargetNames("").origin_of(kNobody);
    EXPECT_EQ(origin.labels.exe, "");
    EXPECT_EQ(origin.labels.container, "");
    EXPECT_EQ(origin.labels.pod, "");
    EXPECT_EQ(origin.pod_uid, "");
}

// A process in a pod whose host name is not the pod's, as with spec.hostname.
class LabelsOfAPod : public testing::Test {
protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "flowtap-labels-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        proc_ = name;
        std::filesystem::create_directories(proc_ / "7");
        std::ofstream(proc_ / "7/cgroup") << "0::/kubepods/pod" << kUid << "/" << kContainer << "\n";
        std::ofstream(proc_ / "7/environ") << "HOSTNAME=front" << '\0';
    }
    void TearDown() override { std::filesystem::remove_all(proc_); }

    TargetNames names_ = TargetNames("node-1", [this](const std::string& uid) -> std::optional<PodName> {
        const auto found = pods_.find(uid);
        if (found == pods_.end()) return std::nullopt;
        return found->second;
    });
    TargetOrigin origin() const { return names_.origin_of(7, proc_); }

    std::filesystem::path proc_;
    std::map<std::string, PodName> pods_;
};

TEST_F(LabelsOfAPod, ComeFromItsEnvironmentUntilTheServerDisagrees) {
    TargetOrigin target = origin();
    EXPECT_EQ(target.pod_uid, kUid);
    EXPECT_FALSE(names_.correct(target.labels, target.pod_uid));
    EXPECT_EQ(target.labels.pod, "front");
    EXPECT_EQ(target.labels.namespace_name, "");
    pods_[kUid] = {"team-a", "worker-0"};
    EXPECT_TRUE(names_.correct(target.labels, target.pod_uid));
    EXPECT_EQ(target.labels.pod, "worker-0");
    EXPECT_EQ(target.labels.namespace_name, "team-a");
    EXPECT_EQ(target.labels.container, kContainer);
    EXPECT_EQ(target.labels.node, "node-1");
}

TEST_F(LabelsOfAPod, ChangeOnceAtMost) {
    TargetOrigin target = origin();
    pods_[kUid] = {"team-a", "worker-0"};
    EXPECT_TRUE(names_.correct(target.labels, target.pod_uid));
    EXPECT_FALSE(names_.correct(target.labels, target.pod_uid));
    pods_.clear();
    EXPECT_FALSE(names_.correct(target.labels, target.pod_uid));
    EXPECT_EQ(target.labels.pod, "worker-0");
}

TEST_F(LabelsOfAPod, DoNotChangeIfTheServerAgrees) {
    std::ofstream(proc_ / "7/environ", std::ios::binary)
        << "POD_NAME=worker-0" << '\0' << "POD_NAMESPACE=team-a" << '\0';
    pods_[kUid] = {"team-a", "worker-0"};
    TargetOrigin target = origin();
    EXPECT_EQ(target.labels.pod, "worker-0");
    EXPECT_FALSE(names_.correct(target.labels, target.pod_uid));
}

TEST_F(LabelsOfAPod, DoNotChangeWithoutTheApiServer) {
    TargetOrigin target = origin();
    EXPECT_FALSE(TargetNames("node-1").correct(target.labels, target.pod_uid));
    std::ofstream(proc_ / "7/cgroup") << "0::/system.slice\n";
    target = origin();
    pods_[""] = {"team-a", "worker-0"};
    EXPECT_FALSE(names_.correct(target.labels, target.pod_uid)) << "it is in no pod";
}

}  // namespace
}  // namespace flowtap::target_labels_test
