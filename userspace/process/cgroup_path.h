// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace flowtap {

// What a process's control groups reveal about where it runs; empty if they reveal nothing.
struct CgroupNames {
    std::string container;  // the runtime's id: 64 hexadecimal digits, or ECS Fargate's 32 and a number
    std::string pod_uid;    // with dashes; a static pod's has none
    bool operator==(const CgroupNames&) const = default;
};

// The text of /proc/PID/cgroup (cgroups(7)), of version 1, 2 or both: as containerd, CRI-O, Docker, Podman
// and their kin name groups with the systemd and the cgroupfs driver. Of nested containers the innermost. The
// text may be hostile: nothing but hexadecimal digits and dashes comes out of it.
CgroupNames parse_cgroup(std::string_view text);

}  // namespace flowtap
