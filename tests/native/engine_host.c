// SPDX-License-Identifier: Apache-2.0
/* An engine whose nodes are in a plug-in: loaded once the file $ENGINE_PLUGIN exists, and loaded anew, at
 * another address, when $ENGINE_PLUGIN.reload exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

typedef int plugin_function(const char* workflow_id, const char* node_id);

static void* library;
static plugin_function* plugin_run;

static void load(const char* path) {
    library = dlopen(path, RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(3);
    }
    *(void**)&plugin_run = dlsym(library, "plugin_run");
    if (!plugin_run) exit(3);
}

/* What is mapped where the library was keeps it from coming back there. */
static void load_elsewhere(const char* path) {
    Dl_info info;
    if (!dladdr(*(void**)&plugin_run, &info)) exit(3);
    void* where = info.dli_fbase;
    dlclose(library);
    if (mmap(where, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        exit(3);
    load(path);
}

static void run_round(void) {
    const char* path = getenv("ENGINE_PLUGIN");
    char reload[4096];
    snprintf(reload, sizeof reload, "%s.reload", path);
    if (!library && access(path, R_OK) == 0) load(path);
    if (library && access(reload, R_OK) == 0) {
        unlink(reload);
        load_elsewhere(path);
    }
    for (int i = 0; plugin_run && i < options.runs; ++i) {
        const struct bracket bracket = ledger_begin("plugged", "p1", "plugin_run");
        ledger_end(bracket, plugin_run("plugged", "p1"));
    }
}

static void run_held(void) {}

int main(int argc, char** argv) { return harness_main(argc, argv, run_round, run_held); }
