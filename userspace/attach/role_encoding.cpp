// SPDX-License-Identifier: Apache-2.0
#include "attach/role_encoding.h"

#include "bpf/target.h"

namespace flowtap {
namespace {

struct RoleBit {
    CodeRole role;
    ft_code_role bit;
};
constexpr RoleBit kRoleBits[] = {
    {CodeRole::kWorkflow, FT_CODE_WORKFLOW},   {CodeRole::kNode, FT_CODE_NODE},
    {CodeRole::kCaller, FT_CODE_CALLER},       {CodeRole::kCoroutine, FT_CODE_COROUTINE},
    {CodeRole::kCarrier, FT_CODE_CARRIER},     {CodeRole::kVariable, FT_CODE_VARIABLE},
    {CodeRole::kSetter, FT_CODE_SETTER},       {CodeRole::kWatched, FT_CODE_WATCHED},
    {CodeRole::kName, FT_CODE_NAME},           {CodeRole::kShared, FT_CODE_SHARED},
    {CodeRole::kPassing, FT_CODE_PASSING},     {CodeRole::kOnlyFromCallers, FT_CODE_ENTRUSTED},
    {CodeRole::kMark, FT_CODE_MARK},           {CodeRole::kContext, FT_CODE_CONTEXT},
    {CodeRole::kGenerator, FT_CODE_GENERATOR}, {CodeRole::kLateIds, FT_CODE_LATE_IDS},
};

}  // namespace

std::uint16_t encode_roles(CodeRoles roles) {
    std::uint16_t bits = 0;
    for (const auto& [role, bit] : kRoleBits)
        if (roles.has(role)) bits |= static_cast<std::uint16_t>(bit);
    return bits;
}

}  // namespace flowtap
