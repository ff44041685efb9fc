// SPDX-License-Identifier: Apache-2.0
/* A workflow engine in C: two functions, failure by return value, several ways out of each. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"

enum { kRefused = 2, kNodeFailed = 3, kInnerFailed = 4 };

/* What this run is to do, for the functions below: their signatures are those of a real engine. */
static __thread struct {
    int fail;
    int retry;
    int leave;
    int hold;
    int depth;
    jmp_buf out;
} run;

OBSERVED int run_workflow(const char* workflow_id, int nodes);
OBSERVED int run_node(const char* workflow_id, const char* node_id, int attempt);

static int counted_workflow(const char* workflow_id, int nodes) {
    const struct bracket bracket = ledger_begin(workflow_id, "", "");
    const int result = run_workflow(workflow_id, nodes);
    ledger_end(bracket, result);
    return result;
}

static int counted_node(const char* workflow_id, const char* node_id, int attempt) {
    const struct bracket bracket = ledger_begin(workflow_id, node_id, "run_node");
    const int result = run_node(workflow_id, node_id, attempt);
    ledger_end(bracket, result);
    return result;
}

static int run_inner(const char* workflow_id, int nodes) {
    char inner_id[128];
    snprintf(inner_id, sizeof inner_id, "%s/inner", workflow_id);
    --run.depth;
    const int result = counted_workflow(inner_id, nodes);
    ++run.depth;
    return result;
}

int run_node(const char* workflow_id, const char* node_id, int attempt) {
    if (attempt < 0) return kRefused;
    if (strcmp(node_id, "gate") == 0) {
        hold();
        return 0;
    }
    work();
    if (run.leave && strcmp(node_id, "last") == 0) longjmp(run.out, 1);
    if (run.fail && strcmp(node_id, "middle") == 0) return kNodeFailed;
    if (run.retry && strcmp(node_id, "first") == 0 && attempt < 2) {
        return counted_node(workflow_id, node_id, attempt + 1);
    }
    return 0;
}

static const char* node_name(int index, int nodes, char* buffer, size_t size) {
    if (run.hold) return "gate";
    if (index == 0) return "first";
    if (index == nodes - 1) return "last";
    if (index == nodes / 2) return "middle";
    snprintf(buffer, size, "node-%d", index);
    return buffer;
}

int run_workflow(const char* workflow_id, int nodes) {
    char buffer[32];
    if (nodes <= 0) return kRefused;
    if (run.depth > 0) {
        const int result = run_inner(workflow_id, nodes);
        if (result != 0) return kInnerFailed;
    }
    for (int i = 0; i < nodes; ++i) {
        const int result = counted_node(workflow_id, node_name(i, nodes, buffer, sizeof buffer), 0);
        if (result != 0) return result;
    }
    return 0;
}

static int every(int n, int index) { return n > 0 && index % n == 0; }

static void run_round(void) {
    for (volatile int i = 0; i < options.runs; ++i) {
        run.fail = every(options.fail_every, i);
        run.retry = every(options.retry_every, i);
        run.leave = every(options.leave_every, i);
        run.depth = options.depth;
        if (setjmp(run.out) == 0) {
            counted_workflow("native", options.nodes);
        } else {
            ledger_left(0);
        }
    }
}

static void run_held(void) {
    memset(&run, 0, sizeof run);
    run.hold = 1;
    counted_workflow("held", 1);
    run.hold = 0;
}

int main(int argc, char** argv) { return harness_main(argc, argv, run_round, run_held); }
