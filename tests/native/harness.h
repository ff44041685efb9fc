// SPDX-License-Identifier: Apache-2.0
/* What the native engines share: options, the protocol on stdin and stdout, and the ledger, which is
 * the program's own exact count of what it ran. The protocol and the JSON are those of
 * tests/engine/workload.py, with these differences: node_type is the function's name, and an error type
 * is the returned value in decimal or the class of the exception that left the function. What longjmp or
 * the end of its thread left is "aborted".
 */
#ifndef FLOWTAP_TESTS_NATIVE_HARNESS_H
#define FLOWTAP_TESTS_NATIVE_HARNESS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Where the compiler has it, noipa keeps a function whole and under its own name: no inlining, no
 * clones, no knowledge of it in its callers. */
#if defined(__GNUC__) && !defined(__clang__)
#define OBSERVED __attribute__((noipa))
#else
#define OBSERVED __attribute__((noinline))
#endif

struct options {
    int runs;  /* workflow runs per round and thread */
    int nodes; /* nodes per workflow */
    int threads;
    int depth;       /* workflows inside workflows below the first */
    int work_us;     /* busy time of each node; in ways.cpp, before each run */
    int fail_every;  /* every Nth run its middle node fails; 0: never */
    int retry_every; /* every Nth run its first node succeeds at its third attempt, by recursion */
    int leave_every; /* every Nth run its last node leaves everything without a return */
    int hold;        /* each round ends with a node that waits for a line */
    const char* way; /* ways.cpp: which, separated by commas; NULL: all */
};

extern struct options options;

/* An execution under way. Begin and end stand in the caller of the observed function. */
struct bracket {
    int row;
    double began;
    int hops; /* it may end on another thread than it began on: not among those that ledger_left() means */
};

struct bracket ledger_begin(const char* workflow_id, const char* node_id, const char* node_type);
struct bracket ledger_begin_hopping(const char* workflow_id, const char* node_id, const char* node_type);
void ledger_end(struct bracket bracket, int result);
/* The same for a function that an exception left. */
void ledger_failed(struct bracket bracket, const char* error_type);
/* The innermost open executions of this thread, down to `open_before`, were left without a return: by
 * longjmp, or by an exception. */
void ledger_left(int open_before);
void ledger_threw(int open_before, const char* error_type);
int ledger_open(void);

void work(void);
/* Prints "holding" and waits for a line; "die" ends the process by SIGKILL. */
void hold(void);

/* Serves the protocol; `round` runs one thread's share of a round. */
int harness_main(int argc, char** argv, void (*round)(void), void (*held)(void));

#ifdef __cplusplus
}
#endif
#endif
