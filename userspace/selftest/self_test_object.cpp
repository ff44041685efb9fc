// SPDX-License-Identifier: Apache-2.0
#include "selftest/self_test_object.h"

#include <cerrno>
#include <cstdarg>

#include "attach/kernel/uprobe_multi.h"
#include "privilege/capability.h"

namespace flowtap {
namespace {

int print_nothing(libbpf_print_level, const char*, va_list) { return 0; }

Error load_error(int error) {
    Error result = errno_error("load", "the programs of the self-test", error);
    result.kind = Error::Kind::kEnvironment;
    if (error == EPERM || error == EACCES) result.remedy = remedy_for_lack_of({kCapBpf, kCapPerfmon});
    if (result.remedy.empty())
        result.remedy = "let the seccomp profile and the kernel's lockdown allow bpf()";
    return result;
}

}  // namespace

Result<SelfTestObject::Skeleton> SelfTestObject::load_skeleton(bool with_many) {
    Skeleton skeleton(selftest_bpf::open());
    if (!skeleton) return load_error(errno);
    if (with_many) {
        bpf_program__set_expected_attach_type(skeleton->progs.many,
                                              static_cast<bpf_attach_type>(kTraceUprobeMulti));
    } else {
        bpf_program__set_autoload(skeleton->progs.many, false);
    }
    if (const int error = selftest_bpf::load(skeleton.get())) return load_error(-error);
    return skeleton;
}

Result<SelfTestObject> SelfTestObject::load() {
    libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
    libbpf_set_print(print_nothing);
    for (const bool with_many : {true, false}) {
        Result<Skeleton> skeleton = load_skeleton(with_many);
        if (skeleton) return SelfTestObject(*std::move(skeleton), with_many);
        if (!with_many) return skeleton.error();
    }
    return load_error(EINVAL);
}

}  // namespace flowtap
