// SPDX-License-Identifier: Apache-2.0
/* Executions known by a number: after a first node, many begin, then all the others do, then they end.
 * Meanwhile a thread comes to its end, and other executions come and go. With --hold, half of them end in the
 * next breath after a line. */
#include <pthread.h>
#include <stdlib.h>

#include "harness.h"

OBSERVED void run_begun(long number, const char* workflow_id);
OBSERVED void run_over(long number, int result);
OBSERVED int run_node(const char* workflow_id, const char* node_id);

static volatile long state;

void run_begun(long number, const char* workflow_id) { state = number + workflow_id[0]; }
void run_over(long number, int result) { state = number + result; }
int run_node(const char* workflow_id, const char* node_id) {
    work();
    state = workflow_id[0] + node_id[0];
    return 0;
}

static struct bracket* brackets;

static void end_one(int number) {
    run_over(number, 0);
    ledger_end(brackets[number], 0);
}

static void* nothing(void* unused) { return unused; }

static void end_a_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0) abort();
    pthread_join(thread, NULL);
}

static void run_nodes(int count) {
    for (int i = 0; i < count; ++i) {
        const struct bracket bracket = ledger_begin("bursts", "filler", "run_node");
        ledger_end(bracket, run_node("bursts", "filler"));
    }
}

static void run_round(void) {
    brackets = calloc((size_t)options.runs, sizeof *brackets);
    run_nodes(1);
    end_a_thread();
    for (int i = 0; i < options.runs; ++i) {
        brackets[i] = ledger_begin_hopping("bursts", "", "");
        run_begun(i, "bursts");
    }
    run_nodes(options.nodes);
    for (int i = 0; i < (options.hold ? options.runs / 2 : options.runs); ++i) end_one(i);
    end_a_thread();
    if (!options.hold) free(brackets);
}

static void run_held(void) {
    hold();
    for (int i = options.runs / 2; i < options.runs; ++i) end_one(i);
    free(brackets);
}

int main(int argc, char** argv) { return harness_main(argc, argv, run_round, run_held); }
