// SPDX-License-Identifier: Apache-2.0
#include "ledger.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness.h"

enum { kMaxRows = 1024, kMaxErrors = 8, kMaxOpen = 4096, kMaxId = 128 };

struct error {
    char type[kMaxId];
    long count;
};

struct row {
    char workflow_id[kMaxId];
    char node_id[kMaxId]; /* empty for a workflow */
    char node_type[kMaxId];
    long started, success, failed, aborted;
    double success_seconds, failed_seconds;
    struct error errors[kMaxErrors];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct row rows[kMaxRows];
static int row_count;

/* The rows of this thread's open executions, innermost last. */
static __thread int open_rows[kMaxOpen];
static __thread int open_count;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int find_row(const char* workflow_id, const char* node_id, const char* node_type) {
    for (int i = 0; i < row_count; ++i) {
        if (strcmp(rows[i].workflow_id, workflow_id) == 0 && strcmp(rows[i].node_id, node_id) == 0 &&
            strcmp(rows[i].node_type, node_type) == 0) {
            return i;
        }
    }
    if (row_count == kMaxRows) abort();
    struct row* row = &rows[row_count];
    snprintf(row->workflow_id, kMaxId, "%s", workflow_id);
    snprintf(row->node_id, kMaxId, "%s", node_id);
    snprintf(row->node_type, kMaxId, "%s", node_type);
    return row_count++;
}

struct bracket ledger_begin_hopping(const char* workflow_id, const char* node_id, const char* node_type) {
    struct bracket bracket = {.hops = 1};
    pthread_mutex_lock(&lock);
    bracket.row = find_row(workflow_id, node_id, node_type);
    ++rows[bracket.row].started;
    pthread_mutex_unlock(&lock);
    bracket.began = now();
    return bracket;
}

struct bracket ledger_begin(const char* workflow_id, const char* node_id, const char* node_type) {
    struct bracket bracket = ledger_begin_hopping(workflow_id, node_id, node_type);
    if (open_count == kMaxOpen) abort();
    open_rows[open_count++] = bracket.row;
    bracket.hops = 0;
    bracket.began = now();
    return bracket;
}

static void count_error(struct row* row, const char* type) {
    for (int i = 0; i < kMaxErrors; ++i) {
        if (row->errors[i].count == 0) snprintf(row->errors[i].type, kMaxId, "%s", type);
        if (strcmp(row->errors[i].type, type) == 0) {
            ++row->errors[i].count;
            return;
        }
    }
    abort();
}

static void end(struct bracket bracket, const char* error_type) {
    const double taken = now() - bracket.began;
    struct row* row = &rows[bracket.row];
    if (!bracket.hops) --open_count;
    pthread_mutex_lock(&lock);
    if (!error_type) {
        ++row->success;
        row->success_seconds += taken;
    } else {
        ++row->failed;
        row->failed_seconds += taken;
        count_error(row, error_type);
    }
    pthread_mutex_unlock(&lock);
}

void ledger_end(struct bracket bracket, int result) {
    char type[16];
    snprintf(type, sizeof type, "%d", result);
    end(bracket, result == 0 ? NULL : type);
}

void ledger_failed(struct bracket bracket, const char* error_type) { end(bracket, error_type); }

int ledger_open(void) { return open_count; }

void ledger_left(int open_before) {
    pthread_mutex_lock(&lock);
    while (open_count > open_before) ++rows[open_rows[--open_count]].aborted;
    pthread_mutex_unlock(&lock);
}

void ledger_threw(int open_before, const char* error_type) {
    pthread_mutex_lock(&lock);
    while (open_count > open_before) {
        struct row* row = &rows[open_rows[--open_count]];
        ++row->failed;
        count_error(row, error_type);
    }
    pthread_mutex_unlock(&lock);
}

void ledger_reset(void) {
    memset(rows, 0, sizeof rows);
    row_count = 0;
}

static void print_workflows(void) {
    const char* separator = "";
    for (const struct row* row = rows; row < rows + row_count; ++row) {
        if (row->node_id[0]) continue;
        printf(
            "%s\"%s\": {\"started\": %ld, \"success\": %ld, \"failed\": %ld, \"cancelled\": 0, "
            "\"aborted\": %ld, \"seconds\": %.9f, \"success_seconds\": %.9f}",
            separator, row->workflow_id, row->started, row->success, row->failed, row->aborted,
            row->success_seconds + row->failed_seconds, row->success_seconds);
        separator = ", ";
    }
}

static const char* print_node(const char* separator, const struct row* row, const char* status, long count,
                              double taken) {
    if (count == 0) return separator;
    printf(
        "%s{\"workflow_id\": \"%s\", \"node_id\": \"%s\", \"node_type\": \"%s\", \"status\": \"%s\", "
        "\"count\": %ld, \"seconds\": %.9f}",
        separator, row->workflow_id, row->node_id, row->node_type, status, count, taken);
    return ", ";
}

static void print_nodes(void) {
    const char* separator = "";
    for (const struct row* row = rows; row < rows + row_count; ++row) {
        if (!row->node_id[0]) continue;
        separator = print_node(separator, row, "started", row->started, 0);
        separator = print_node(separator, row, "success", row->success, row->success_seconds);
        separator = print_node(separator, row, "failed", row->failed, row->failed_seconds);
        separator = print_node(separator, row, "aborted", row->aborted, 0);
    }
}

static void print_errors(void) {
    const char* separator = "";
    for (const struct row* row = rows; row < rows + row_count; ++row) {
        for (const struct error* error = row->errors; error < row->errors + kMaxErrors; ++error) {
            if (error->count == 0) break;
            printf("%s{\"workflow_id\": \"%s\", \"node_id\": \"%s\", \"error_type\": \"%s\", \"count\": %ld}",
                   separator, row->workflow_id, row->node_id, error->type, error->count);
            separator = ", ";
        }
    }
}

void ledger_print(void) {
    fputs("\"workflows\": {", stdout);
    print_workflows();
    fputs("}, \"nodes\": [", stdout);
    print_nodes();
    fputs("], \"errors\": [", stdout);
    print_errors();
    fputs("]", stdout);
}
