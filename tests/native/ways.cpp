// SPDX-License-Identifier: Apache-2.0
// Every way out of a function. Each is a workflow of its own name, with a node or more inside; --way names
// those that are to run, separated by commas.
#include <pthread.h>
#include <setjmp.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness.h"

extern "C" {
OBSERVED int run_workflow(const char* workflow_id, int (*body)(const char*), const char* argument);
OBSERVED int run_node(const char* workflow_id, const char* node_id, int (*body)(const char*));
// Optimised, it ends in a tail call of the next, which others call as well.
OBSERVED int run_handing_on(const char* workflow_id, const char* node_id, int (*body)(const char*));
OBSERVED int finish(const char* workflow_id, int (*body)(const char*));
}

namespace {

struct Oops : std::runtime_error {
    Oops() : std::runtime_error("oops") {}
};

// What a destructor does is work that an observer must not take for something else.
struct Guard {
    explicit Guard(int (*body)(const char*) = nullptr) : body(body) {}
    ~Guard() {
        if (body != nullptr) body("guard");
        work();
    }
    int (*body)(const char*);
};

int sink = 0;
int nothing(const char*) { return 0; }
int failing(const char*) { return 7; }
int throwing(const char*) { throw Oops(); }
int throwing_int(const char*) { throw 42; }
int throwing_and_catching(const char*) {
    try {
        throw Oops();
    } catch (const std::exception&) {
        return 0;
    }
}

int counted_node(const char* workflow_id, const char* node_id, int (*body)(const char*)) {
    const bracket bracket = ledger_begin(workflow_id, node_id, "run_node");
    const int result = run_node(workflow_id, node_id, body);
    ledger_end(bracket, result);
    return result;
}

int counted_workflow(const char* workflow_id, int (*body)(const char*)) {
    const bracket bracket = ledger_begin(workflow_id, "", "");
    const int result = run_workflow(workflow_id, body, workflow_id);
    ledger_end(bracket, result);
    return result;
}

// A frame with something to clean up between the node and the workflow.
int guarded_node(const char* workflow_id, const char* node_id, int (*body)(const char*)) {
    const Guard guard;
    return counted_node(workflow_id, node_id, body) + sink;
}

template <typename Exception>
void expect_thrown(const char* way, int (*body)(const char*), const char* type) {
    const int open = ledger_open();
    try {
        counted_workflow(way, body);
        abort();
    } catch (const Exception&) {
        ledger_threw(open, type);
    }
}

// ---- one way each ----

void way_return() {
    counted_workflow("return", [](const char* id) { return counted_node(id, "a", nothing); });
    counted_workflow("return", [](const char* id) { return counted_node(id, "b", failing); });
}

void way_throw() {
    expect_thrown<Oops>(
        "throw", [](const char* id) { return counted_node(id, "a", throwing); },
        "(anonymous namespace)::Oops");
    expect_thrown<int>(
        "throw", [](const char* id) { return counted_node(id, "b", throwing_int); }, "int");
}

void way_cleanup() {
    expect_thrown<Oops>(
        "cleanup", [](const char* id) { return guarded_node(id, "a", throwing); },
        "(anonymous namespace)::Oops");
}

void way_catch() {
    counted_workflow("catch", [](const char* id) { return counted_node(id, "a", throwing_and_catching); });
    counted_workflow("catch", [](const char* id) {
        const int open = ledger_open();
        try {
            return counted_node(id, "b", throwing);
        } catch (const Oops&) {
            ledger_threw(open, "(anonymous namespace)::Oops");
            return counted_node(id, "c", nothing);
        }
    });
}

void way_rethrow() {
    expect_thrown<std::exception>(
        "rethrow",
        [](const char* id) {
            return counted_node(id, "a", [](const char*) -> int {
                try {
                    throw std::out_of_range("first");
                } catch (const std::exception&) {
                    throw;
                }
            });
        },
        "std::out_of_range");
}

void way_rethrow_pointer() {
    expect_thrown<std::exception>(
        "rethrow-pointer",
        [](const char* id) {
            return counted_node(id, "a", [](const char*) -> int {
                std::exception_ptr kept;
                try {
                    throw std::length_error("kept");
                } catch (...) {
                    kept = std::current_exception();
                }
                std::rethrow_exception(kept);
            });
        },
        "std::length_error");
}

void way_convert() {
    expect_thrown<std::logic_error>(
        "convert",
        [](const char* id) {
            return counted_node(id, "a", [](const char*) -> int {
                try {
                    throw Oops();
                } catch (const Oops&) {
                    throw std::logic_error("another");
                }
            });
        },
        "std::logic_error");
}

// While an exception passes, a destructor runs a node, and another one that throws and catches.
void way_destructor() {
    expect_thrown<Oops>(
        "destructor",
        [](const char* id) {
            const Guard guard([](const char*) {
                counted_node("destructor", "late", nothing);
                return counted_node("destructor", "later", throwing_and_catching);
            });
            // What the guard runs is not inside the node: its ledger entry must be closed first.
            const bracket bracket = ledger_begin(id, "a", "run_node");
            try {
                return run_node(id, "a", throwing) + sink;
            } catch (...) {
                ledger_failed(bracket, "(anonymous namespace)::Oops");
                throw;
            }
        },
        "(anonymous namespace)::Oops");
}

thread_local int depth = 0;
int recurse(const char* id) {
    if (--depth == 0) return 0;
    return counted_node(id, "deep", recurse);
}
int recurse_and_throw(const char* id) {
    if (--depth == 0) throw Oops();
    return counted_node(id, "deep", recurse_and_throw);
}

void way_recursion() {
    depth = 1000;
    counted_workflow("recursion", recurse);
    depth = 1000;
    expect_thrown<Oops>("recursion", recurse_and_throw, "(anonymous namespace)::Oops");
}

jmp_buf out;
sigjmp_buf signal_out;

void way_longjmp() {
    const int open = ledger_open();
    if (setjmp(out) == 0)
        counted_workflow("longjmp", [](const char* id) {
            return counted_node(id, "a", [](const char*) -> int { longjmp(out, 1); });
        });
    ledger_left(open);
    if (sigsetjmp(signal_out, 1) == 0)
        counted_workflow("longjmp", [](const char* id) {
            return counted_node(id, "b", [](const char*) -> int { siglongjmp(signal_out, 1); });
        });
    ledger_left(open);
    // Inside a node: nothing is left.
    counted_workflow("longjmp", [](const char* id) {
        return counted_node(id, "c", [](const char*) -> int {
            jmp_buf back;
            if (setjmp(back) == 0) longjmp(back, 1);
            return 0;
        });
    });
}

void on_a_thread(void* (*body)(void*), bool cancel) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, body, nullptr) != 0) abort();
    if (cancel) pthread_cancel(thread);
    void* result = nullptr;
    pthread_join(thread, &result);
    if (result != (cancel ? PTHREAD_CANCELED : static_cast<void*>(&sink))) abort();
}

void way_pthread_exit() {
    on_a_thread(
        [](void*) -> void* {
            const Guard guard([](const char*) {
                ledger_left(0);
                return 0;
            });
            counted_workflow("pthread-exit", [](const char* id) {
                return guarded_node(id, "a", [](const char*) -> int { pthread_exit(&sink); });
            });
            return nullptr;
        },
        false);
}

void way_pthread_cancel() {
    on_a_thread(
        [](void*) -> void* {
            const Guard guard([](const char*) {
                ledger_left(0);
                return 0;
            });
            counted_workflow("pthread-cancel", [](const char* id) {
                return guarded_node(id, "a", [](const char*) -> int {
                    for (;;) pause();
                });
            });
            return nullptr;
        },
        true);
}

int counted_handing_on(const char* workflow_id, const char* node_id, int (*body)(const char*)) {
    const bracket bracket = ledger_begin(workflow_id, node_id, "run_handing_on");
    const int result = run_handing_on(workflow_id, node_id, body);
    ledger_end(bracket, result);
    return finish(workflow_id, nothing) + result;
}

void way_tail_call() {
    counted_workflow("tail-call", [](const char* id) { return counted_handing_on(id, "a", nothing); });
    counted_workflow("tail-call", [](const char* id) { return counted_handing_on(id, "b", failing); });
    expect_thrown<int>(
        "tail-call", [](const char* id) { return counted_handing_on(id, "c", throwing_int); }, "int");
}

// Two fibres take turns, each in a node of its own; one of them throws and catches around its node.
ucontext_t home;
ucontext_t fibres[2];
int current = 0;

int yielding(const char*) {
    for (int i = 0; i < 3; i++) {
        const int from = current;
        current = 1 - from;
        swapcontext(&fibres[from], &fibres[1 - from]);
    }
    return 0;
}
int yielding_and_throwing(const char* argument) {
    yielding(argument);
    throw Oops();
}

void fibre(int number) {
    const bracket bracket = ledger_begin("fibres", number == 0 ? "even" : "odd", "run_node");
    try {
        ledger_end(bracket, run_node("fibres", number == 0 ? "even" : "odd",
                                     number == 0 ? yielding : yielding_and_throwing));
    } catch (const Oops&) {
        ledger_failed(bracket, "(anonymous namespace)::Oops");
    }
    // The other one still waits inside its node.
    static int ended = 0;
    if (++ended % 2 == 1) {
        current = 1 - number;
        setcontext(&fibres[1 - number]);
    }
}

void way_fibres() {
    static std::vector<char> stacks[2] = {std::vector<char>(1 << 17), std::vector<char>(1 << 17)};
    for (int i = 0; i < 2; i++) {
        getcontext(&fibres[i]);
        fibres[i].uc_stack.ss_sp = stacks[i].data();
        fibres[i].uc_stack.ss_size = stacks[i].size();
        fibres[i].uc_link = &home;
        makecontext(&fibres[i], reinterpret_cast<void (*)()>(fibre), 1, i);
    }
    current = 0;
    swapcontext(&home, &fibres[0]);
}

const struct {
    const char* name;
    void (*run)();
} kWays[] = {{"return", way_return},
             {"throw", way_throw},
             {"cleanup", way_cleanup},
             {"catch", way_catch},
             {"rethrow", way_rethrow},
             {"rethrow-pointer", way_rethrow_pointer},
             {"convert", way_convert},
             {"destructor", way_destructor},
             {"recursion", way_recursion},
             {"longjmp", way_longjmp},
             {"pthread-exit", way_pthread_exit},
             {"pthread-cancel", way_pthread_cancel},
             {"tail-call", way_tail_call},
             {"fibres", way_fibres}};

bool is_wanted(const std::string& way) {
    return options.way == nullptr ||
           ("," + std::string(options.way) + ",").find("," + way + ",") != std::string::npos;
}

void run_round() {
    for (const auto& way : kWays)
        for (int i = 0; i < options.runs && is_wanted(way.name); ++i) {
            work();
            way.run();
        }
}

// Waits in a node, and then throws through everything.
void run_held() {
    expect_thrown<Oops>(
        "held",
        [](const char* id) {
            return counted_node(id, "gate", [](const char*) -> int {
                hold();
                throw Oops();
            });
        },
        "(anonymous namespace)::Oops");
}

}  // namespace

int run_workflow(const char* workflow_id, int (*body)(const char*), const char* argument) {
    const int result = body(argument);
    work();
    return workflow_id[0] == '\0' ? -1 : result;
}

int run_node(const char* workflow_id, const char* node_id, int (*body)(const char*)) {
    work();
    if (node_id[0] == '\0') return -1;
    const int result = body(workflow_id);
    work();
    return result;
}

int run_handing_on(const char* workflow_id, const char* node_id, int (*body)(const char*)) {
    work();
    if (node_id[0] == '\0') return -1;
    return finish(workflow_id, body);
}

int finish(const char* workflow_id, int (*body)(const char*)) {
    const int result = body(workflow_id);
    work();
    return result;
}

int main(int argc, char** argv) { return harness_main(argc, argv, run_round, run_held); }
