// SPDX-License-Identifier: Apache-2.0
// An engine whose author put static markers into it: pairs for the workflow and its steps, and one at the end
// of a task that tells how long it took. Built with or without semaphores, and, for the nops to be avoided,
// with markers on 5-byte nops in a leaf function.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

#include "harness.h"

#ifdef MARKERS_BY_SYSTEMTAP
#ifdef MARKERS_WITH_SEMAPHORES
#define _SDT_HAS_SEMAPHORES 1
#endif
#include <sys/sdt.h>
#define MARKER2(name, a, b) STAP_PROBE2(engine, name, a, b)
#define MARKER3(name, a, b, c) STAP_PROBE3(engine, name, a, b, c)
#else
/* What sys/sdt.h makes, by hand. */
#ifndef MARKER_NOP
#define MARKER_NOP ".byte 0x90"
#endif
#ifdef MARKERS_WITH_SEMAPHORES
#define SEMAPHORE_OF(name) "engine_" #name "_semaphore"
#else
#define SEMAPHORE_OF(name) "0"
#endif
#define MARKER_NOTE(name, arguments)                                                                       \
    "990: " MARKER_NOP                                                                                     \
    "\n"                                                                                                   \
    ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.long 992f-991f, 994f-993f, 3\n"                 \
    "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .quad 990b\n.quad _.stapsdt.base\n.quad " SEMAPHORE_OF( \
        name) "\n.asciz \"engine\"\n.asciz \"" #name "\"\n.asciz \"" arguments                             \
              "\"\n994: .balign 4\n.popsection\n"                                                          \
              ".ifndef _.stapsdt.base\n.pushsection "                                                      \
              ".stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                                   \
              ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"                   \
              ".size _.stapsdt.base, 1\n.popsection\n.endif\n"
#define MARKER2(name, a, b) \
    __asm__ volatile(MARKER_NOTE(name, "8@%0 -4@%1")::"nor"((long)(a)), "nor"((int)(b)))
#define MARKER3(name, a, b, c)                                                                 \
    __asm__ volatile(MARKER_NOTE(name, "8@%0 8@%1 -8@%2")::"nor"((long)(a)), "nor"((long)(b)), \
                     "nor"((long)(c)))
#endif

#ifdef MARKERS_WITH_SEMAPHORES
extern "C" {
#define SEMAPHORE(name) \
    __extension__ unsigned short engine_##name##_semaphore __attribute__((section(".probes"), used))
SEMAPHORE(workflow_begin);
SEMAPHORE(workflow_end);
SEMAPHORE(step_begin);
SEMAPHORE(step_end);
SEMAPHORE(task_done);
}
#define WANTED(name) (*(volatile unsigned short*)&engine_##name##_semaphore != 0)
#else
#define WANTED(name) true
#endif

namespace {

std::int64_t now_ns() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

volatile int sink;

// A leaf: what it knows lies below the stack pointer.
__attribute__((noinline)) long marked_leaf(long serial, long a, long b) {
    volatile long kept[3] = {a, b, a ^ b};
    if (WANTED(step_begin)) MARKER3(step_begin, serial, "native", "leaf");
    const long sum = kept[0] + kept[1] + kept[2];
    if (WANTED(step_end)) MARKER2(step_end, serial, 0);
    return sum;
}

void run_step(int number, bool fails) {
    static std::atomic<long> serial = 0;  // the key: no two live steps share one
    const bracket leaf = ledger_begin("native", "leaf", "engine:step_begin");
    if (marked_leaf(++serial * 64 + number, 5, number) != 5 + number + (5 ^ number)) __builtin_abort();
    ledger_end(leaf, 0);
    const bracket task = ledger_begin("native", "task", "engine:task_done");
    const std::int64_t began = WANTED(task_done) ? now_ns() : 0;
    work();
    ledger_end(task, fails ? 7 : 0);
    if (WANTED(task_done)) MARKER3(task_done, now_ns() - began, "task", fails ? 7 : 0);
}

void run_round() {
    for (int i = 0; i < options.runs; ++i) {
        const bracket workflow = ledger_begin("native", "", "");
        if (WANTED(workflow_begin)) MARKER2(workflow_begin, "native", i);
        const bool fails = options.fail_every > 0 && i % options.fail_every == 0;
        for (int step = 0; step < options.nodes; ++step) run_step(step, fails);
        if (WANTED(workflow_end)) MARKER2(workflow_end, i, fails ? 2 : 0);
        ledger_end(workflow, fails ? 2 : 0);
    }
}

void run_held() {
#ifdef MARKERS_WITH_SEMAPHORES
    std::fprintf(stderr, "listeners %d\n", engine_task_done_semaphore);
#endif
    hold();
}

}  // namespace

int main(int argc, char** argv) { return harness_main(argc, argv, run_round, run_held); }
