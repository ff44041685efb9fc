// SPDX-License-Identifier: Apache-2.0
#include "pipeline/identity_pool.h"

#include <functional>
#include <string_view>
#include <utility>

namespace flowtap {
namespace {

std::size_t hash_of(const Identity& identity) {
    const std::hash<std::string_view> hash;
    const auto* node = std::get_if<NodeIdentity>(&identity);
    if (node == nullptr) return hash(std::get<WorkflowIdentity>(identity).workflow_id);
    return hash(node->workflow_id) * 31 + hash(node->node_id) * 7 + hash(node->node_type);
}

}  // namespace

SharedIdentity IdentityPool::share(Identity identity) {
    SharedIdentity& slot = slots_[hash_of(identity) % kSlots];
    if (*slot != identity) slot = SharedIdentity(std::move(identity));
    return slot;
}

}  // namespace flowtap
