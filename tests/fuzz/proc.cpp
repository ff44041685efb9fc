// SPDX-License-Identifier: Apache-2.0
// What /proc says of a process, parts of which the process writes itself.
#include "input.h"
#include "process/cgroup_path.h"
#include "process/proc_maps.h"
#include "process/proc_stat.h"
#include "process/thread_stack.h"
#include "process/whereabouts.h"

using namespace flowtap;

namespace {

bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; }

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    (void)parse_mapping(text);
    (void)parse_file_mappings(text);
    (void)parse_proc_stat(text);
    (void)as_name(text);
    for (const bool first : {false, true}) {
        const auto stack = own_stack(text, {0x7f0000000000, first}, 0x7ffff0000000);
        if (stack) fuzz::require(stack->hold(0x7ffff0000000, 0x7ffff0000000));
    }
    const CgroupNames names = parse_cgroup(text);
    fuzz::require(std::all_of(names.pod_uid.begin(), names.pod_uid.end(), is_hexadecimal));
    fuzz::require(std::all_of(names.container.begin(), names.container.end(), is_hexadecimal));
    return 0;
}
