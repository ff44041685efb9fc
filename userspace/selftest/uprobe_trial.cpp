// SPDX-License-Identifier: Apache-2.0
// Attaches uprobes as the attacher does: by a uprobe_multi link if the kernel has them, else by perf events.
#include <array>
#include <cerrno>
#include <optional>

#include "attach/kernel/uprobe_multi.h"
#include "privilege/capability.h"
#include "selftest/test_bed.h"

namespace flowtap {
namespace {

// Returns the error if the uprobes could not be attached.
using Refusal = std::optional<Error>;

struct Both {
    Trial emulated;
    Trial single_stepped;
};

Refusal link_many(TestBed& bed) {
    if (!bed.object.may_link_many()) return Error{"link", "uprobes", "this kernel has no uprobe_multi links"};
    const std::array<std::uint64_t, 2> offsets = {bed.functions.emulated_offset,
                                                  bed.functions.single_stepped_offset};
    constexpr std::array<std::uint64_t, 2> kNoSemaphores = {};
    const int program = bpf_program__fd(bed.object.skeleton().progs.many);
    Fd link = link_uprobes(program, bed.functions.file, offsets, kNoSemaphores, bed.subject.pid());
    if (!link) return errno_error("link", "uprobes", errno);
    bed.links.emplace_back(std::move(link));
    return std::nullopt;
}

Refusal link_single(TestBed& bed) {
    for (const std::uint64_t offset : {bed.functions.emulated_offset, bed.functions.single_stepped_offset}) {
        PerfLink link(bpf_program__attach_uprobe(bed.object.skeleton().progs.single, false, bed.subject.pid(),
                                                 bed.functions.file.c_str(), offset));
        if (!link) {
            Error error = errno_error("attach", "a uprobe", errno);
            error.remedy = remedy_for_lack_of({kCapSysAdmin});
            return error;
        }
        bed.links.emplace_back(std::move(link));
    }
    return std::nullopt;
}

// Attaches the uprobes and has them fire. nullopt if the kernel refuses them.
std::optional<Both> measure(TestBed& bed, KernelMechanism how, Refusal (*place)(TestBed&)) {
    if (Refusal refusal = place(bed)) {
        bed.add(refused(how, refusal->cause, refusal->remedy));
        return std::nullopt;
    }
    const volatile auto& hits = bed.object.counted().hits;
    const Both both = {try_task(bed, Task::kCallEmulated, hits),
                       try_task(bed, Task::kCallSingleStepped, hits)};
    bed.add(proof_of(how, both.emulated.fired, both.emulated.done.times));
    return both;
}

// Detaching perf events takes long, so they are tried only without uprobe_multi.
std::optional<Both> measure_any(TestBed& bed) {
    std::optional<Both> both = measure(bed, KernelMechanism::kUprobeMulti, link_many);
    if (bed.facts.proven(KernelMechanism::kUprobeMulti)) return both;
    bed.links.clear();
    std::optional<Both> single = measure(bed, KernelMechanism::kPerfUprobe, link_single);
    return single ? single : both;
}

}  // namespace

void try_uprobes(TestBed& bed) {
    const TaskDone bare_emulated = bed.subject.carry_out(Task::kCallEmulated);
    const TaskDone bare_single_stepped = bed.subject.carry_out(Task::kCallSingleStepped);
    const std::optional<Both> both = measure_any(bed);
    if (!both) {
        const MechanismProof last = bed.facts.proofs.back();
        for (const auto kind : {KernelMechanism::kEmulatedUprobe, KernelMechanism::kSingleSteppedUprobe})
            bed.add(refused(kind, last.reason, last.remedy));
        return;
    }
    const auto& [emulated, single_stepped] = *both;
    bed.add(proof_of(KernelMechanism::kEmulatedUprobe, emulated.fired, emulated.done.times));
    bed.add(proof_of(KernelMechanism::kSingleSteppedUprobe, single_stepped.fired, single_stepped.done.times));
    bed.facts.prices.emulated = price(emulated, bare_emulated);
    bed.facts.prices.single_stepped = price(single_stepped, bare_single_stepped);
}

}  // namespace flowtap
