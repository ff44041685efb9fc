// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "attach/kernel/hardware_watch.h"
#include "selftest/test_bed.h"

namespace flowtap {
namespace {

Trial try_watch(TestBed& bed, KernelMechanism mechanism, WatchFor wanted, Task task) {
    const int program = bpf_program__fd(bed.object.skeleton().progs.watched);
    Result<std::vector<Fd>> watch = watch_memory(bed.subject.pid(), Subject::word_address(), wanted, program);
    if (!watch) {
        bed.add(refused(mechanism, watch.error().cause, watch.error().remedy));
        return {};
    }
    std::ranges::move(*watch, std::back_inserter(bed.watches));
    const Trial trial = try_task(bed, task, bed.object.counted().watch_hits);
    bed.add(proof_of(mechanism, trial.fired, trial.done.times));
    return trial;
}

}  // namespace

// Both watches are set when the price of a switch is measured, since a function needs one of each kind.
void try_watches(TestBed& bed) {
    const TaskDone bare_write = bed.subject.carry_out(Task::kWrite);
    const TaskDone bare_read = bed.subject.carry_out(Task::kRead);
    const TaskDone bare_switch = bed.subject.carry_out(Task::kSwitch);
    const Trial write = try_watch(bed, KernelMechanism::kWriteWatch, WatchFor::kWrites, Task::kWrite);
    const Trial read = try_watch(bed, KernelMechanism::kAccessWatch, WatchFor::kAccesses, Task::kRead);
    const auto write_price = price(write, bare_write);
    const auto read_price = price(read, bare_read);
    if (!write_price || !read_price) return;
    bed.facts.prices.hardware_watch = std::max(*write_price, *read_price);
    const TaskDone watched = bed.subject.carry_out(Task::kSwitch);
    if (bare_switch.times > 0 && watched.times > 0)
        bed.facts.prices.watched_switch = std::max(watched.seconds - bare_switch.seconds, 0.0);
}

}  // namespace flowtap
