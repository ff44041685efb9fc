// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/bpf_programs.h"

#include <cerrno>
#include <cstdlib>

#include "flowtap_bpf.skel.h"
#include "flowtap_iterators_bpf.skel.h"

namespace flowtap {

void ClosesPrograms::operator()(flowtap_bpf* programs) const { flowtap_bpf::destroy(programs); }

// One skeleton serves both, because names and tables are the same.
Programs open_programs(Loops loops) {
    if (loops == Loops::kPlain) return Programs(flowtap_bpf::open());
    Programs programs(static_cast<flowtap_bpf*>(std::calloc(1, sizeof(flowtap_bpf))));
    if (!programs || flowtap_bpf__create_skeleton(programs.get()) != 0) {
        errno = ENOMEM;
        return nullptr;
    }
    bpf_object_skeleton& skeleton = *programs->skeleton;
    skeleton.data = const_cast<void*>(flowtap_iterators_bpf::elf_bytes(&skeleton.data_sz));
    const int error = bpf_object__open_skeleton(&skeleton, nullptr);
    if (error == 0) return programs;
    errno = -error;
    return nullptr;
}

}  // namespace flowtap
