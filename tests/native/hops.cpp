// SPDX-License-Identifier: Apache-2.0
// Executions that go on on another thread than they began on: fibres with stacks of their own, and C++20
// coroutines. Every thread has ended before the next one takes over.
#include <ucontext.h>

#include <chrono>
#include <coroutine>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "harness.h"

struct Fibre;

extern "C" {
OBSERVED int run_fibre(Fibre* fibre, const char* workflow_id, const char* node_id);
OBSERVED void workflow_begun(long run, const char* workflow_id);
OBSERVED void workflow_over(int result, long run);
}

namespace engine {

class Task {
public:
    explicit Task(long id) : id_(id) {}
    OBSERVED void begun(const char* workflow_id, const char* node_id);
    OBSERVED void over(int result);

private:
    long id_;
    volatile int state_ = 0;
};

void Task::begun(const char* workflow_id, const char* node_id) {
    state_ = workflow_id[0] + node_id[0];
    work();
}

void Task::over(int result) {
    work();
    state_ = result;
}

}  // namespace engine

struct Fibre {
    enum class End { kReturn, kFail, kThrow };
    Fibre(const char* id, End end) : id(id), end(end) {}

    const char* id;
    End end;
    std::vector<char> stack = std::vector<char>(1 << 17);
    ucontext_t context = {};
    ucontext_t* home = nullptr;
    bool done = false;
};

namespace {

using std::chrono::milliseconds;

volatile long state = 0;
long last_run = 0;

void on_a_thread(auto body) { std::thread(body).join(); }

void fibre_main(unsigned low, unsigned high) {
    auto* fibre = reinterpret_cast<Fibre*>(static_cast<unsigned long>(high) << 32 | low);
    const bracket bracket = ledger_begin_hopping("fibres", fibre->id, "run_fibre");
    try {
        ledger_end(bracket, run_fibre(fibre, "fibres", fibre->id));
    } catch (const std::runtime_error&) {
        ledger_failed(bracket, "std::runtime_error");
    }
    fibre->done = true;
    setcontext(fibre->home);
}

void make(Fibre& fibre) {
    const auto address = reinterpret_cast<unsigned long>(&fibre);
    getcontext(&fibre.context);
    fibre.context.uc_stack.ss_sp = fibre.stack.data();
    fibre.context.uc_stack.ss_size = fibre.stack.size();
    fibre.context.uc_link = nullptr;
    makecontext(&fibre.context, reinterpret_cast<void (*)()>(fibre_main), 2, static_cast<unsigned>(address),
                static_cast<unsigned>(address >> 32));
}

void resume(Fibre& fibre) {
    ucontext_t home;
    fibre.home = &home;
    swapcontext(&home, &fibre.context);
}

// Suspended coroutines, until some thread takes them on.
std::vector<std::coroutine_handle<>> waiting;

struct Elsewhere {
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> handle) { waiting.push_back(handle); }
    void await_resume() {}
};

struct Job {
    struct promise_type {
        Job get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

Job run_job(engine::Task& task, const char* node_id, int result) {
    const bracket bracket = ledger_begin_hopping("jobs", node_id, "engine::Task::begun");
    task.begun("jobs", node_id);
    co_await Elsewhere{};
    work();
    co_await Elsewhere{};
    task.over(result);
    ledger_end(bracket, result);
}

void resume_jobs() {
    std::vector<std::coroutine_handle<>> ready;
    ready.swap(waiting);
    on_a_thread([&] {
        // The last one suspended goes on first.
        for (auto job = ready.rbegin(); job != ready.rend(); ++job) job->resume();
    });
}

struct Paused {
    Fibre fibres[3] = {
        {"even", Fibre::End::kReturn}, {"odd", Fibre::End::kThrow}, {"third", Fibre::End::kFail}};
    engine::Task tasks[2] = {engine::Task(++last_run), engine::Task(++last_run)};
    long run = ++last_run;
    bracket workflow = {};

    void begin() {
        on_a_thread([this] {
            workflow = ledger_begin_hopping("hops", "", "");
            workflow_begun(run, "hops");
            for (Fibre& fibre : fibres) {
                make(fibre);
                resume(fibre);
            }
            run_job(tasks[0], "first", 0);
            run_job(tasks[1], "second", 3);
        });
    }
    void go_on() {
        std::this_thread::sleep_for(milliseconds(2));
        on_a_thread([this] {
            for (int i : {1, 0, 2}) resume(fibres[i]);
        });
        resume_jobs();
        resume_jobs();
        on_a_thread([this] {
            workflow_over(0, run);
            ledger_end(workflow, 0);
        });
        for (const Fibre& fibre : fibres)
            if (!fibre.done) abort();
    }
};

// The engine forgets to say that an execution is over, and uses its number again.
void reuse() {
    engine::Task task(7);
    task.begun("reused", "lost");
    task.begun("reused", "kept");
    task.over(0);
}

bool is_asked_for(const char* way) { return options.way != nullptr && strcmp(options.way, way) == 0; }

void run_round() {
    for (int i = 0; i < options.runs; ++i) {
        if (is_asked_for("reused")) {
            reuse();
            continue;
        }
        const auto paused = std::make_unique<Paused>();
        paused->begin();
        paused->go_on();
    }
}

void run_held() {
    const auto paused = std::make_unique<Paused>();
    paused->begin();
    hold();
    paused->go_on();
}

}  // namespace

int run_fibre(Fibre* fibre, const char* workflow_id, const char* node_id) {
    work();
    swapcontext(&fibre->context, fibre->home);
    work();
    state = state + workflow_id[0] + node_id[0];
    if (fibre->end == Fibre::End::kThrow) throw std::runtime_error("thrown on another thread");
    return fibre->end == Fibre::End::kFail ? 7 : 0;
}

void workflow_begun(long run, const char* workflow_id) { state = run + workflow_id[0]; }
void workflow_over(int result, long run) { state = run + result; }

int main(int argc, char** argv) { return harness_main(argc, argv, run_round, run_held); }
