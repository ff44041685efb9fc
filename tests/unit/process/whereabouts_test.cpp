// SPDX-License-Identifier: Apache-2.0
#include "process/whereabouts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fake_proc.h"
#include "process/file_in_root.h"

namespace flowtap::whereabouts_test {
namespace {

const std::string kId(64, 'a');
const std::string kUid = "0f3c2b1a-9d8e-4c7b-a6f5-1e2d3c4b5a69";
constexpr const char* kNamespaceFile = "7/root/var/run/secrets/kubernetes.io/serviceaccount/namespace";

class WhereaboutsOfAProcess : public testing::Test {
protected:
    void in_pod() const { proc_.put("7/cgroup", "0::/kubepods/pod" + kUid + "/" + kId + "\n"); }
    [[nodiscard]] Whereabouts found(const std::string& node = "node-1") const {
        return read_whereabouts(7, node, proc_.root());
    }

    FakeProc proc_;
};

std::string environment(const std::vector<std::string>& entries) {
    std::string text;
    for (const std::string& entry : entries) text += entry + '\0';
    return text;
}

TEST_F(WhereaboutsOfAProcess, AreItsContainerAndPodAndItsNames) {
    in_pod();
    proc_.put("7/environ", environment({"A=1", "HOSTNAME=worker-0", "PATH=/bin"}));
    proc_.put(kNamespaceFile, "team-a");
    EXPECT_EQ(found().container, kId);
    EXPECT_EQ(found().pod_uid, kUid);
    EXPECT_EQ(found().pod, "worker-0");
    EXPECT_EQ(found().pod_namespace, "team-a");
}

TEST_F(WhereaboutsOfAProcess, ComeFromItsEnvironmentWhereThatNamesThem) {
    in_pod();
    proc_.put("7/environ", environment({"HOSTNAME=other", "POD_NAME=worker-0", "POD_NAMESPACE=team-b"}));
    proc_.put(kNamespaceFile, "team-a");
    EXPECT_EQ(found().pod, "worker-0");
    EXPECT_EQ(found().pod_namespace, "team-b");
}

TEST_F(WhereaboutsOfAProcess, ComeFromItsHostNameFileWhereItsEnvironmentIsSilent) {
    in_pod();
    proc_.put("7/root/etc/hostname", "worker-0\n");
    EXPECT_EQ(found().pod, "worker-0");
    EXPECT_EQ(found().pod_namespace, "");
}

TEST_F(WhereaboutsOfAProcess, AreNotTheNodesNameForAPod) {
    in_pod();
    proc_.put("7/environ", environment({"HOSTNAME=node-1"}));
    EXPECT_EQ(found("node-1").pod, "");
    EXPECT_EQ(found("node-2").pod, "node-1");
}

TEST_F(WhereaboutsOfAProcess, ThatIsInNoPodAreItsContainerOnly) {
    proc_.put("7/cgroup", "0::/system.slice/docker-" + kId + ".scope\n");
    proc_.put("7/environ", environment({"HOSTNAME=aaaaaaaaaaaa", "POD_NAME=x"}));
    EXPECT_EQ(found().container, kId);
    EXPECT_EQ(found().pod, "");
}

TEST_F(WhereaboutsOfAProcess, AreNothingThatIsNoName) {
    in_pod();
    proc_.put("7/environ", environment({"POD_NAME=a\nb c", "HOSTNAME=\x1b[2J", std::string(300, 'a')}));
    proc_.put("7/root/etc/hostname", std::string(300, 'a'));
    proc_.put(kNamespaceFile, "Team A");
    EXPECT_EQ(found().pod, "a") << "up to the line's end";
    EXPECT_EQ(found().pod_namespace, "");
}

TEST_F(WhereaboutsOfAProcess, AreEmptyWhereThereIsNoProcess) {
    EXPECT_EQ(found().container, "");
    EXPECT_EQ(found().pod, "");
}

TEST_F(WhereaboutsOfAProcess, DoNotLeadOutOfItsRoot) {
    proc_.put("secret", "not-to-be-read");
    proc_.put("7/root/inside", "inside");
    std::filesystem::create_symlink(proc_.root() + "/secret", proc_.root() + "/7/root/absolute");
    std::filesystem::create_symlink("../../secret", proc_.root() + "/7/root/upward");
    std::filesystem::create_symlink("/inside", proc_.root() + "/7/root/rooted");
    ASSERT_EQ(::mkfifo((proc_.root() + "/7/root/fifo").c_str(), 0600), 0);
    const auto read = [&](const char* path) { return read_file_in_root(7, path, 100, proc_.root()); };
    EXPECT_EQ(read("/inside"), "inside");
    EXPECT_EQ(read("/rooted"), "inside");
    EXPECT_EQ(read("/absolute"), "");
    EXPECT_EQ(read("/upward"), "");
    EXPECT_EQ(read("/fifo"), "");
    EXPECT_EQ(read("/"), "");
}

TEST(NameOfTheNode, IsTheOneTheEnvironmentHas) {
    ASSERT_EQ(setenv("NODE_NAME", "worker-7", 1), 0);
    EXPECT_EQ(node_name(), "worker-7");
    unsetenv("NODE_NAME");
    EXPECT_NE(node_name(), "worker-7");
}

}  // namespace
}  // namespace flowtap::whereabouts_test
