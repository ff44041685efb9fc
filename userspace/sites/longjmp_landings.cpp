// SPDX-License-Identifier: Apache-2.0
// glibc: siglongjmp() calls __longjmp(), which decodes the stack pointer into a register and moves it from
// there (sysdeps/*/__longjmp.S). musl's longjmp() loads it from the buffer itself.
#include <set>

#include "sites/landing_sites.h"
#include "sites/site_choice.h"
#include "sites/stack_install.h"

namespace flowtap {
namespace {

void add_installs(const CodeSource& source, const FunctionCode& function, std::vector<LandingSite>& sites) {
    for (const StackInstall& install : stack_installs(source, function)) {
        sites.push_back({make_site(*function.at(install.address), "longjmp's change of the stack"),
                         install.stack_pointer,
                         {}});
    }
}

}  // namespace

std::vector<LandingSite> longjmp_landings(const CodeSource& source, uint64_t entry) {
    std::vector<LandingSite> sites;
    const Result<FunctionCode> function = FunctionCode::trace(source, entry);
    if (!function) return sites;
    add_installs(source, *function, sites);
    std::set<uint64_t> callees;
    for (const auto& [address, node] : function->nodes()) {
        if (node.instruction.flow == Flow::kCall && node.instruction.target)
            callees.insert(*node.instruction.target);
    }
    for (const TailCall& call : function->tail_calls())
        if (call.target) callees.insert(*call.target);
    for (const uint64_t callee : callees)
        if (const auto code = FunctionCode::trace(source, callee)) add_installs(source, *code, sites);
    return sites;
}

}  // namespace flowtap
