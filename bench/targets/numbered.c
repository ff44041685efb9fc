// SPDX-License-Identifier: Apache-2.0
// numbered PERIOD_MS: runs an execution every PERIOD_MS milliseconds, from its start on, and records when
// each one began. Commands on standard input: "stop" ends the executions and prints how many there were; "at
// N" prints how many microseconds after the exec the N-th execution began, counted from 1. Exits on EOF.
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kMost = 1000000 };

static uint64_t begins[kMost];

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// The function that flowtap watches. Its duration is that of the wait.
__attribute__((noinline, noclone)) int execute(const char* id, int period_ms) {
    if (id[0] == 0) return 1;  // forces the string into memory
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    const int ready = poll(&input, 1, period_ms);
    return ready != 0;
}

static size_t run(int period_ms) {
    size_t number = 0;
    int stopped = 0;
    while (!stopped && number < kMost) {
        begins[number++] = now_ns();
        stopped = execute("numbered", period_ms);
    }
    return number;
}

int main(int argc, char** argv) {
    if (argc == 2) {  // execs itself once, to know the time of the exec
        char exec_ns[32];
        snprintf(exec_ns, sizeof exec_ns, "%" PRIu64, now_ns());
        execl("/proc/self/exe", argv[0], argv[1], exec_ns, (char*)NULL);
        return errno;
    }
    if (argc != 3) return 2;
    const uint64_t exec_ns = strtoull(argv[2], NULL, 10);
    const size_t count = run(atoi(argv[1]));
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t number = 0;
        if (strcmp(line, "stop\n") == 0) {
            printf("%zu\n", count);
        } else if (sscanf(line, "at %zu", &number) == 1 && number >= 1 && number <= count) {
            printf("%" PRIu64 "\n", (begins[number - 1] - exec_ns) / 1000);
        } else {
            printf("?\n");
        }
        fflush(stdout);
    }
    return 0;
}
