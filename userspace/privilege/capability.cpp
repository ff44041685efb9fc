// SPDX-License-Identifier: Apache-2.0
#include "privilege/capability.h"

#include <cap-ng.h>
#include <sys/stat.h>

namespace flowtap {
namespace {

// PROC_USER_INIT_INO of include/linux/proc_ns.h.
constexpr ino_t kInitialUserNamespace = 0xEFFFFFFD;

bool in_effect(unsigned number) { return capng_have_capability(CAPNG_EFFECTIVE, number) == 1; }

}  // namespace

bool holds(const Capability& capability) {
    if (capng_get_caps_process() != 0) return false;
    return in_effect(capability.number) || (capability.in_sys_admin && in_effect(CAP_SYS_ADMIN));
}

void suspend(const Capability& capability) {
    if (capng_get_caps_process() != 0) return;
    for (const unsigned number : {capability.number, unsigned{CAP_SYS_ADMIN}})
        capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, number);
    capng_apply(CAPNG_SELECT_CAPS);
}

bool in_initial_user_namespace() {
    struct stat status = {};
    return ::stat("/proc/self/ns/user", &status) != 0 || status.st_ino == kInitialUserNamespace;
}

std::string remedy_for_lack_of(std::initializer_list<std::reference_wrapper<const Capability>> needed) {
    if (!in_initial_user_namespace()) return kLeaveUserNamespace;
    std::string names;
    for (const Capability& capability : needed)
        if (!holds(capability)) names += (names.empty() ? "" : " and ") + std::string(capability.name);
    return names.empty() ? names : "give flowtap " + names + ", or run it as root";
}

}  // namespace flowtap
