// SPDX-License-Identifier: Apache-2.0
#include "selftest/tester.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "attach/kernel/pid_namespace.h"
#include "attach/kernel/time_namespace.h"
#include "privilege/capability.h"
#include "selftest/test_bed.h"

namespace flowtap {
namespace {

void try_map_files(TestBed& bed) {
    const std::string directory = "/proc/" + std::to_string(bed.subject.pid()) + "/map_files/";
    const Fd file(::open((directory + bed.functions.mapping).c_str(), O_RDONLY | O_CLOEXEC));
    bed.add(file ? proof_of_hits(KernelMechanism::kMapFiles, 1, 1)
                 : refused(KernelMechanism::kMapFiles, std::strerror(errno),
                           remedy_for_lack_of({kCapCheckpointRestore})));
}

Result<std::vector<PerfLink>> attach_lifecycle(const SelfTestObject& object) {
    std::vector<PerfLink> links;
    const auto& programs = object.skeleton().progs;
    for (bpf_program* program :
         {programs.process_forked, programs.process_executed, programs.process_exited}) {
        links.emplace_back(bpf_program__attach(program));
        if (!links.back()) return errno_error("attach", "to the tracepoints of processes", errno);
    }
    return links;
}

// If exec is refused, no event of it can be expected.
void try_lifecycle(TestBed& bed) {
    const bool executed = bed.subject.ended_as_another();
    const volatile auto& counted = bed.object.counted();
    bed.add(proof_of_hits(KernelMechanism::kLifecycle, counted.forks + counted.execs + counted.exits,
                          executed ? 3 : 2));
}

struct Prepared {
    TestBed bed;
    std::vector<PerfLink> lifecycle;
};

Result<Prepared> prepare() {
    if (Result<void> same = check_pid_namespace(); !same) return same.error();
    if (Result<void> same = check_time_namespace(); !same) return same.error();
    Result<ProbedFunctions> functions = find_probed_functions();
    if (!functions) return functions.error();
    Result<SelfTestObject> object = SelfTestObject::load();
    if (!object) return object.error();
    object->counted().tester = static_cast<std::uint32_t>(::getpid());
    Result<std::vector<PerfLink>> lifecycle = attach_lifecycle(*object);
    if (!lifecycle) return lifecycle.error();
    Result<Subject> subject = Subject::start();
    if (!subject) return subject.error();
    object->counted().subject = static_cast<std::uint32_t>(subject->pid());
    return Prepared{{*std::move(object), *std::move(functions), *std::move(subject)}, *std::move(lifecycle)};
}

}  // namespace

void try_mechanisms(const std::function<void(const MachineFacts&)>& report) {
    Result<Prepared> prepared = prepare();
    if (!prepared) {
        MachineFacts nothing;
        nothing.untried = prepared.error().message();
        return report(nothing);
    }
    TestBed& bed = prepared->bed;
    try_map_files(bed);
    try_uprobes(bed);
    try_ring_buffer(bed);
    try_watches(bed);
    try_lifecycle(bed);
    report(bed.facts);
}

}  // namespace flowtap
