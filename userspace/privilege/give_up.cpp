// SPDX-License-Identifier: Apache-2.0
#include "privilege/give_up.h"

#include <cap-ng.h>
#include <sys/prctl.h>

#include <cerrno>
#include <set>

#include "privilege/capability.h"

namespace flowtap {
namespace {

constexpr Capability kStandIn = {"CAP_SYS_ADMIN", CAP_SYS_ADMIN, "stands for those not given", nullptr,
                                 false};

bool permitted(unsigned number) { return capng_have_capability(CAPNG_PERMITTED, number) == 1; }

class Selection {
public:
    void keep(const Capability& capability) {
        if (!numbers_.insert(capability.number).second) return;
        left_.kept +=
            (left_.kept.empty() ? "" : ", ") + std::string(capability.name) + " (" + capability.purpose + ")";
    }
    void lacks(const Capability& capability) {
        if (capability.without != nullptr)
            left_.lacking.push_back("without " + std::string(capability.name) + " " + capability.without);
    }
    [[nodiscard]] const std::set<unsigned>& numbers() const { return numbers_; }
    [[nodiscard]] PrivilegesLeft left() const {
        return {left_.kept.empty() ? "none" : left_.kept, left_.lacking};
    }

private:
    std::set<unsigned> numbers_;
    PrivilegesLeft left_;
};

Selection select(const LaterNeeds& needs) {
    Selection selection;
    const bool admin = permitted(CAP_SYS_ADMIN);
    for (const Capability& capability : kCapabilities) {
        if (&capability == &kCapBpf && !needs.tables) continue;
        if (&capability == &kCapPerfmon && !needs.perf_events && needs.watches == WatchPrivilege::kNone)
            continue;
        if (permitted(capability.number)) {
            selection.keep(capability);
        } else if (capability.in_sys_admin && admin) {
            selection.keep(kStandIn);
        } else {
            selection.lacks(capability);
        }
    }
    if (needs.perf_events && admin) selection.keep(kCapSysAdmin);
    if (needs.watches == WatchPrivilege::kSysAdmin && admin) selection.keep(kCapSysAdminForWatches);
    return selection;
}

// The bounding set can be narrowed only with CAP_SETPCAP; without it, no_new_privs alone keeps an exec from
// gaining anything.
bool apply(const std::set<unsigned>& numbers) {
    const auto kinds = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
    const bool narrows = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;
    capng_clear(CAPNG_SELECT_ALL);
    for (const unsigned number : numbers) capng_update(CAPNG_ADD, kinds, number);
    if (narrows && capng_apply(CAPNG_SELECT_BOUNDS) != 0) return false;
    return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

}  // namespace

Result<PrivilegesLeft> give_up_privileges(const LaterNeeds& needs) {
    const Error failed = {"drop", "the privileges of this process", "the kernel refused it",
                          "let its seccomp profile allow capget, capset and prctl"};
    if (capng_get_caps_process() != 0) return failed;
    const Selection selection = select(needs);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !apply(selection.numbers())) return failed;
    return selection.left();
}

}  // namespace flowtap
