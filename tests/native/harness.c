// SPDX-License-Identifier: Apache-2.0
#include "harness.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"

struct options options = {.runs = 10, .nodes = 5, .threads = 1};

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void work(void) {
    const double end = seconds(CLOCK_MONOTONIC) + options.work_us * 1e-6;
    while (options.work_us && seconds(CLOCK_MONOTONIC) < end) {
    }
}

void hold(void) {
    char line[64] = "";
    puts("holding");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) && strcmp(line, "die\n") == 0) kill(getpid(), SIGKILL);
}

static int* option(const char* name) {
    static const struct {
        const char* name;
        int* value;
    } known[] = {
        {"--runs", &options.runs},
        {"--nodes", &options.nodes},
        {"--threads", &options.threads},
        {"--depth", &options.depth},
        {"--work-us", &options.work_us},
        {"--fail-every", &options.fail_every},
        {"--retry-every", &options.retry_every},
        {"--leave-every", &options.leave_every},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
        if (strcmp(name, known[i].name) == 0) return known[i].value;
    }
    fprintf(stderr, "unknown option: %s\n", name);
    exit(2);
}

static void parse(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--hold") == 0) {
            options.hold = 1;
        } else if (i + 1 < argc && strcmp(argv[i], "--way") == 0) {
            options.way = argv[++i];
        } else if (i + 1 < argc) {
            int* value = option(argv[i]);
            *value = atoi(argv[++i]);
        } else {
            fprintf(stderr, "%s needs a value\n", argv[i]);
            exit(2);
        }
    }
}

static void* thread_body(void* round) {
    (*(void (**)(void))round)();
    return NULL;
}

enum { kMaxThreads = 64 };

static void run_round(void (*round)(void), void (*held)(void), int number) {
    const double wall = seconds(CLOCK_MONOTONIC);
    const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t threads[kMaxThreads];
    const int count = options.threads < kMaxThreads ? options.threads : kMaxThreads;
    if (count <= 1) round();
    for (int i = 0; count > 1 && i < count; ++i) {
        if (pthread_create(&threads[i], NULL, thread_body, &round) != 0) abort();
    }
    for (int i = 0; count > 1 && i < count; ++i) pthread_join(threads[i], NULL);
    if (options.hold) held();
    printf("{\"pid\": %d, \"round\": %d, \"elapsed_seconds\": %.9f, \"cpu_seconds\": %.9f, ", getpid(),
           number, seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    ledger_print();
    puts("}");
    fflush(stdout);
}

int harness_main(int argc, char** argv, void (*round)(void), void (*held)(void)) {
    char line[64];
    int number = 0;
    parse(argc, argv);
    printf("ready %d\n", getpid());
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "exit\n") == 0) break;
        if (strcmp(line, "reset\n") == 0) {
            ledger_reset();
            puts("reset");
            fflush(stdout);
        } else {
            run_round(round, held, ++number);
        }
    }
    return 0;
}
