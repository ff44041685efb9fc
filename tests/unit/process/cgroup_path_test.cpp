// SPDX-License-Identifier: Apache-2.0
#include "process/cgroup_path.h"

#include <gtest/gtest.h>

#include <ostream>

namespace flowtap::cgroup_path_test {
namespace {

#define ID "8c7f0d3c1e5b4a69f2d80b7a6c5e4d3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d"
#define OUTER "1111111111111111111111111111111111111111111111111111111111111111"
#define UID "0f3c2b1a-9d8e-4c7b-a6f5-1e2d3c4b5a69"
#define UID_ "0f3c2b1a_9d8e_4c7b_a6f5_1e2d3c4b5a69"
#define HASH "5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d"

struct Case {
    const char* name;
    const char* text;
    CgroupNames names;

    friend std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }
};

const Case kCases[] = {
    {"NoContainer", "0::/user.slice/user-1000.slice/session-2.scope\n", {}},
    {"Root", "0::/\n", {}},
    {"Empty", "", {}},
    {"SystemdService", "0::/system.slice/nginx.service\n", {}},
    {"DockerSystemdV2", "0::/system.slice/docker-" ID ".scope\n", {ID, ""}},
    {"DockerCgroupfsV2", "0::/docker/" ID "\n", {ID, ""}},
    {"DockerCgroupfsV1",
     "12:pids:/docker/" ID "\n11:hugetlb:/docker/" ID "\n1:name=systemd:/docker/" ID "\n0::/system.slice/"
     "containerd.service\n",
     {ID, ""}},
    {"DockerInAPrivateNamespaceOfOurs", "0::/../docker-" ID ".scope\n", {ID, ""}},
    {"ContainerdSystemdV2",
     "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID
     ".scope\n",
     {ID, UID}},
    {"ContainerdSystemdGuaranteed",
     "0::/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope\n",
     {ID, UID}},
    {"ContainerdCgroupfsV2", "0::/kubepods/besteffort/pod" UID "/" ID "\n", {ID, UID}},
    {"ContainerdCgroupfsGuaranteed", "0::/kubepods/pod" UID "/" ID "\n", {ID, UID}},
    {"ContainerdCgroupfsV1",
     "11:memory:/kubepods/burstable/pod" UID "/" ID "\n4:cpu,cpuacct:/kubepods/burstable/pod" UID "/" ID
     "\n1:name=systemd:/kubepods/burstable/pod" UID "/" ID "\n",
     {ID, UID}},
    {"ContainerdSystemdPathsWithoutSystemd",
     "0::/system.slice/containerd.service/kubepods-besteffort-pod" UID_ ".slice:cri-containerd:" ID "\n",
     {ID, UID}},
    {"CriOSystemd",
     "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice/crio-" ID ".scope\n",
     {ID, UID}},
    {"CriOWithASubgroup",
     "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/crio-" ID
     ".scope/container\n",
     {ID, UID}},
    {"CriOCgroupfs", "0::/kubepods/burstable/pod" UID "/crio-" ID "\n", {ID, UID}},
    {"CriOMonitorIsNoContainer",
     "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/crio-conmon-" ID
     ".scope\n",
     {"", UID}},
    {"DockerShim",
     "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/docker-" ID ".scope\n",
     {ID, UID}},
    {"StaticPod", "0::/kubepods/burstable/pod" HASH "/" ID "\n", {ID, HASH}},
    {"StaticPodSystemd",
     "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" HASH ".slice/cri-containerd-" ID
     ".scope\n",
     {ID, HASH}},
    {"KubernetesInDocker",
     "0::/docker/" OUTER "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
     "kubelet-kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope\n",
     {ID, UID}},
    {"KubernetesInDockerCgroupfs",
     "0::/docker/" OUTER "/kubelet/kubepods/besteffort/pod" UID "/" ID "\n",
     {ID, UID}},
    {"ContainerWithASystemdInside",
     "0::/system.slice/docker-" ID ".scope/system.slice/worker.service\n",
     {ID, ""}},
    {"PodmanRoot", "0::/machine.slice/libpod-" ID ".scope/container\n", {ID, ""}},
    {"PodmanRootless",
     "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container\n",
     {ID, ""}},
    {"PodmanMonitor", "0::/machine.slice/libpod-conmon-" ID ".scope\n", {}},
    {"Nerdctl", "0::/system.slice/nerdctl-" ID ".scope\n", {ID, ""}},
    {"NerdctlCgroupfs", "0::/default/" ID "\n", {ID, ""}},
    {"Ecs", "9:perf_event:/ecs/" HASH "/" ID "\n", {ID, ""}},
    {"EcsFargate", "9:perf_event:/ecs/" HASH "/" HASH "-2531612879\n", {HASH "-2531612879", ""}},
    {"OnlyOneControllerKnows",
     "3:cpu:/\n2:memory:/user.slice\n1:name=systemd:/system.slice/docker-" ID ".scope\n0::/\n",
     {ID, ""}},
    {"PodWithoutContainer", "0::/kubepods/burstable/pod" UID "\n", {"", UID}},
    // What looks like it and is not.
    {"DigitTooFew", "0::/docker/8c7f0d3c1e5b4a69f2d80b7a6c5e4d3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7\n", {}},
    {"UpperCase", "0::/docker/8C7F0D3C1E5B4A69F2D80B7A6C5E4D3F2A1B0C9D8E7F6A5B4C3D2E1F0A9B8C7D\n", {}},
    {"DigitsThatGoOnBefore", "0::/docker/aa" ID "\n", {}},
    {"PodOfAnotherName", "0::/kubepods/burstable/tripod" UID "/" ID "\n", {ID, ""}},
    {"UidOfWrongForm", "0::/kubepods/burstable/pod0f3c2b1a-9d8e-4c7b-a6f5_1e2d3c4b5a6z/" ID "\n", {ID, ""}},
    {"NoColons", "/docker/" ID, {}},
    {"ControlCharacters",
     "0::/\x01\x1b[2J\x7f/docker-\x02" ID ".scope\n0::/kubepods/\xff\xfe/pod" UID "\x03/\"\\\n",
     {}},
    {"ControlCharactersBesides", "0::/\x01\x1b]0;x\x07/docker-" ID ".scope/\x80\x81\n", {ID, ""}},
};

class CgroupText : public testing::TestWithParam<Case> {};

TEST_P(CgroupText, NamesWhatItIs) {
    const CgroupNames names = parse_cgroup(GetParam().text);
    EXPECT_EQ(names.container, GetParam().names.container);
    EXPECT_EQ(names.pod_uid, GetParam().names.pod_uid);
}

INSTANTIATE_TEST_SUITE_P(Forms, CgroupText, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(CgroupTexts, OfAnyBytesGiveHexadecimalDigitsAndDashesOnly) {
    std::uint32_t random = 1;
    for (int round = 0; round < 2000; ++round) {
        std::string text = "0::/kubepods/pod" UID "/" ID ".scope\n";
        for (int i = 0; i < 4; ++i) {
            random = random * 1664525 + 1013904223;
            text[(random >> 8) % text.size()] = static_cast<char>(random >> 24);
        }
        const CgroupNames names = parse_cgroup(text);
        EXPECT_EQ((names.container + names.pod_uid).find_first_not_of("0123456789abcdef-"),
                  std::string::npos);
    }
}

}  // namespace
}  // namespace flowtap::cgroup_path_test
