// SPDX-License-Identifier: Apache-2.0
// Python executions from probe to record, in memory made by hand, with tables and a ring buffer that have no
// room: steps and lifetimes of coroutines, their running time, hardware watches, and calls that functions
// make or fail by.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bpf/target.h"
#include "programs.h"
#include "shim_state.h"
#include "target_image.h"

namespace flowtap::python_stateful_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kTgid = 4242;
constexpr std::uint32_t kProbe = 1;
constexpr std::uint32_t kPoint = 7;
constexpr std::uint64_t kStack = 0x7ffc00000000;
constexpr std::uint64_t kStep = 0x1000;
constexpr std::uint64_t kWatched = 0x2000;
constexpr std::uint8_t kRax = 0;
constexpr std::uint8_t kRbx = 3;

template <typename T>
T as(const shim::Record& record) {
    T value = {};
    EXPECT_EQ(record.size(), sizeof(T));
    std::memcpy(&value, record.data(), std::min(record.size(), sizeof(T)));
    return value;
}

std::uint16_t kind_of(const shim::Record& record) {
    ft_header header = {};
    std::memcpy(&header, record.data(), sizeof(header));
    return header.kind;
}

// One thread of one process, whose functions the profiles know.
class PythonExecutions : public testing::TestWithParam<unsigned> {
protected:
    PythonExecutions() {
        shim::reset();
        shim::run_as(kTgid, kTgid);
        shim::set_time(100);
        tstate_ = image_.block(4096);
        cframe_ = image_.block(4096);
        const std::uint64_t pointer = image_.block(8);
        image_.memory.put(pointer, tstate_);
        image_.py.tstate_in = FT_TSTATE_GLOBAL;
        image_.py.tstate_address = pointer;
        image_.py.clocks = 1;
        for (auto& word : image_.py.code_filter) word = ~std::uint64_t{0};
        shim::put("layouts", std::uint32_t{0}, image_.py);
        shim::put("targets", kTgid, image_.py);
        ft_site site = {};
        site.tgid = kTgid;
        site.probe = kProbe;
        site.object = kRbx;
        site.result = kRax;
        site.function = FT_NO_REGISTER;
        shim::put("sites", ft_site_key{kStep, kTgid, 0}, site);
    }

    std::uint64_t add_code(std::uint16_t role) {
        const std::uint64_t code = image_.block(1024);
        ft_code info = {};
        info.point = kPoint;
        info.role = role;
        info.object_slot = -1;
        info.token_slot = -1;
        shim::put("codes", ft_code_key{code, kTgid, 0}, info);
        return code;
    }
    std::uint64_t add_coroutine(std::uint64_t code) {
        const std::uint64_t coroutine = image_.block(2048);
        const std::uint64_t frame = coroutine + image_.py.generator_frame;
        image_.memory.put(frame + image_.py.frame_code, code);
        image_.memory.put<std::uint8_t>(frame + image_.py.frame_owner, FT_OWNED_BY_GENERATOR);
        set_state(coroutine, image_.py.generator_created);
        return coroutine;
    }
    void set_state(std::uint64_t coroutine, int state) {
        image_.memory.put(coroutine + image_.py.generator_state, static_cast<std::int8_t>(state));
    }
    void suspend(std::uint64_t coroutine) { set_state(coroutine, image_.py.generator_suspended_first); }
    void finish(std::uint64_t coroutine) { set_state(coroutine, version().states.final[0]); }
    void run_frame(std::uint64_t frame) {
        if (image_.py.frame_via_cframe) {
            image_.memory.put(tstate_ + image_.py.tstate_frame, cframe_);
            image_.memory.put(cframe_ + image_.py.cframe_frame, frame);
        } else {
            image_.memory.put(tstate_ + image_.py.tstate_frame, frame);
        }
    }
    [[nodiscard]] static const PythonVersion& version() { return *python_version(GetParam()); }

    static pt_regs at(std::uint64_t object, std::uint64_t result = 1, std::uint64_t stack = kStack) {
        pt_regs registers = {};
        registers.ip = kStep;
        registers.sp = stack;
        registers.bx = object;
        registers.ax = result;
        return registers;
    }
    static void run(int (*program)(pt_regs*), pt_regs registers) { program(&registers); }

    static ft_counters counters() { return as<ft_counters>(shim::get_of_cpus("counters", kProbe).front()); }
    static std::vector<std::uint16_t> drain_kinds() {
        std::vector<std::uint16_t> kinds;
        for (const shim::Record& record : shim::drain("events")) kinds.push_back(kind_of(record));
        return kinds;
    }
    static ft_end last_end() {
        const auto records = shim::drain("events");
        EXPECT_FALSE(records.empty());
        return records.empty() ? ft_end{} : as<ft_end>(records.back());
    }

    TargetImage image_{GetParam()};
    std::uint64_t tstate_ = 0;
    std::uint64_t cframe_ = 0;
};

class Steps : public PythonExecutions {};
INSTANTIATE_TEST_SUITE_P(Versions, Steps, testing::ValuesIn(all_minors()),
                         [](const auto& info) { return "v3_" + std::to_string(info.param); });

TEST_P(Steps, OfOneCoroutineAreOneExecution) {
    const std::uint64_t coroutine = add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE));
    run(python_step_entry, at(coroutine));
    suspend(coroutine);
    run(python_step_exit, at(coroutine));
    run(python_step_entry, at(coroutine));
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN));
    finish(coroutine);
    run(python_step_exit, at(coroutine, 0));
    const ft_end end = last_end();
    EXPECT_EQ(end.header.kind, FT_EVENT_END);
    EXPECT_EQ(end.header.key, coroutine);
    EXPECT_EQ(end.header.point, kPoint);
    EXPECT_EQ(end.header.status, FT_STATUS_FAILED) << "it returned no object";
    EXPECT_EQ(shim::count("open"), 0u);
    EXPECT_EQ(ft_open_of_target(0), 0);
}

TEST_P(Steps, OfACoroutineInFlightAreReportedOnceAndHaveNoEnd) {
    const std::uint64_t coroutine = add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE));
    suspend(coroutine);
    run(python_step_entry, at(coroutine));
    run(python_step_entry, at(coroutine));
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_IN_FLIGHT));
    finish(coroutine);
    run(python_step_exit, at(coroutine));
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(shim::count("open"), 0u);
}

// A close() that evaluates the coroutine itself has no step entry, since it begins none.
TEST_P(Steps, TellACoroutineThatNeverRanByItsFrame) {
    const std::uint64_t instruction = image_.block(16);
    const auto status_at = [&](std::uint8_t opcode) {
        const std::uint64_t coroutine = add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE));
        const std::uint64_t frame = coroutine + image_.py.generator_frame;
        image_.memory.put(frame + image_.py.frame_instruction, instruction);
        image_.memory.put(instruction, opcode);
        run_frame(frame);
        run(python_created, at(0, coroutine));
        finish(coroutine);
        run(python_step_exit, at(coroutine, 0));
        const ft_end end = last_end();
        EXPECT_EQ(end.header.kind, FT_EVENT_END);
        return end.header.status;
    };
    EXPECT_EQ(status_at(image_.py.unstarted), FT_STATUS_ABORTED);
    EXPECT_EQ(status_at(image_.py.unstarted + 1), FT_STATUS_FAILED);
}

TEST_P(Steps, OfUnknownCodeAreIgnored) {
    const std::uint64_t coroutine = add_coroutine(image_.block(1024));
    run(python_step_entry, at(coroutine));
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(shim::count("open"), 0u);
}

TEST_P(Steps, AreLostOnceByReason) {
    const std::uint64_t code = add_code(FT_CODE_NODE | FT_CODE_COROUTINE);
    shim::limit("open", 1);
    run(python_step_entry, at(add_coroutine(code)));
    run(python_step_entry, at(add_coroutine(code)));
    EXPECT_EQ(counters().lost_open_full, 1u);
    shim::limit("open", 100);
    ft_limit_targets(1);
    run(python_step_entry, at(add_coroutine(code)));
    EXPECT_EQ(counters().lost_open_share, 1u);
    ft_limit_targets(100);
    shim::limit("events", 0);
    run(python_step_entry, at(add_coroutine(code)));
    EXPECT_EQ(counters().lost_ring_full, 1u);
    EXPECT_EQ(counters().events, 4u);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN)) << "the others left no record";
    EXPECT_EQ(shim::count("open"), 1u);
}

TEST_P(Steps, EndLateIfTheRingIsFull) {
    const std::uint64_t coroutine = add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE));
    run(python_step_entry, at(coroutine));
    shim::limit("events", 0);
    finish(coroutine);
    run(python_step_exit, at(coroutine));
    EXPECT_EQ(shim::drain("late_ends").size(), 1u);
    EXPECT_EQ(shim::count("open"), 0u);
}

class Clocks : public PythonExecutions {
protected:
    // Runs from 100 to 130 and from 200 to 250.
    std::uint64_t run_twice() {
        const std::uint64_t coroutine = add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE));
        run(python_step_entry, at(coroutine));
        shim::set_time(130);
        suspend(coroutine);
        run(python_step_exit, at(coroutine));
        shim::set_time(200);
        run(python_step_entry, at(coroutine));
        shim::set_time(250);
        finish(coroutine);
        run(python_step_exit, at(coroutine));
        return last_end().running_ns;
    }
};
INSTANTIATE_TEST_SUITE_P(Versions, Clocks, testing::ValuesIn(all_minors()),
                         [](const auto& info) { return "v3_" + std::to_string(info.param); });

TEST_P(Clocks, RunWhileTheCoroutineIsDriven) { EXPECT_EQ(run_twice(), 80u); }

TEST_P(Clocks, AreUnknownIfTheDriveWasNotRecorded) {
    shim::limit("drives", 0);
    EXPECT_EQ(run_twice(), FT_RUNNING_UNKNOWN);
}

TEST_P(Clocks, AreUnknownIfTheClockWasEvicted) {
    shim::limit("clocks", 1);
    const std::uint64_t coroutine = add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE));
    run(python_step_entry, at(coroutine));
    suspend(coroutine);
    run(python_step_exit, at(coroutine));
    run(python_step_entry, at(add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE)), 1, kStack - 512));
    run(python_step_entry, at(coroutine));
    finish(coroutine);
    run(python_step_exit, at(coroutine));
    EXPECT_EQ(last_end().running_ns, FT_RUNNING_UNKNOWN);
}

TEST_P(Clocks, AreUnknownForDeeplyNestedDrives) {
    for (std::uint64_t i = 0; i < FT_MAX_DRIVES; ++i)
        run(python_drive_entry, at(add_coroutine(image_.block(1024)), 1, kStack + 64 * (i + 1)));
    EXPECT_EQ(run_twice(), FT_RUNNING_UNKNOWN);
}

// Made, then awaited without a task, from 3.12 on.
class CoroutineLifetimes : public PythonExecutions {
protected:
    void SetUp() override {
        if (!image_.py.inlines_awaits) GTEST_SKIP() << "every await is a step here";
        coroutine_ = add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE));
        run_frame(frame());
    }
    [[nodiscard]] std::uint64_t frame() const { return coroutine_ + image_.py.generator_frame; }
    // The new object is what the call returned.
    void make() { run(python_created, at(0, coroutine_)); }
    void complete() {
        finish(coroutine_);
        run(python_completion, at(frame()));
    }

    std::uint64_t coroutine_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Versions, CoroutineLifetimes, testing::ValuesIn(all_minors()),
                         [](const auto& info) { return "v3_" + std::to_string(info.param); });

TEST_P(CoroutineLifetimes, AreACreationAndACompletion) {
    make();
    complete();
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_CREATED, FT_EVENT_END));
    EXPECT_EQ(shim::count("open"), 0u);
    EXPECT_EQ(ft_open_of_target(0), 0);
}

TEST_P(CoroutineLifetimes, EndAbortedIfDestroyedBeforeTheFirstStep) {
    make();
    run(python_destroyed, at(coroutine_));
    const ft_end end = last_end();
    EXPECT_EQ(end.header.kind, FT_EVENT_END);
    EXPECT_EQ(end.header.status, FT_STATUS_ABORTED);
    EXPECT_EQ(shim::count("open"), 0u);
}

TEST_P(CoroutineLifetimes, WhoseCreationFoundNoRoomAreLostWithTheirEnd) {
    shim::limit("events", 0);
    make();
    EXPECT_EQ(counters().lost_ring_full, 1u);
    shim::limit("events", 1 << 20);
    complete();
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(shim::count("open"), 0u);
}

// It was told of when it was made, so its end must be told.
TEST_P(CoroutineLifetimes, WhoseBeginFoundNoRoomStillEnd) {
    make();
    run_frame(0);
    shim::limit("events", sizeof(ft_begin) + 8);
    run(python_step_entry, at(coroutine_));
    EXPECT_EQ(counters().lost_ring_full, 1u);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_CREATED));
    complete();
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_END));
}

TEST_P(CoroutineLifetimes, WithoutRoomInTheTableAreLostAndCounted) {
    shim::limit("open", 0);
    make();
    complete();
    EXPECT_EQ(counters().lost_open_full, 1u);
    EXPECT_THAT(drain_kinds(), IsEmpty());
}

// A plain function, by the bytes of its code.
class Watches : public PythonExecutions {
protected:
    void SetUp() override {
        code_ = add_code(FT_CODE_NODE | FT_CODE_WATCHED);
        units_ = image_.block(256);
        frame_ = image_.block(1024);
        caller_ = image_.block(1024);
        image_.memory.put(frame_ + image_.py.frame_code, code_);
        image_.memory.put(frame_ + image_.py.frame_previous, caller_);
        ft_watch watch = {};
        watch.site.tgid = kTgid;
        watch.site.probe = kProbe;
        watch.code = code_;
        watch.begin = units_ + 16;
        watch.size = 64;
        watch.returns[0] = kReturn;
        shim::put("watches", ft_site_key{kWatched, kTgid, 0}, watch);
        image_.memory.put<std::uint8_t>(units_ + 32, kReturn);
    }
    static constexpr std::uint8_t kReturn = 83;

    static bpf_perf_event_data touched() {
        bpf_perf_event_data data = {};
        data.regs.ip = 0x555500;
        data.addr = kWatched;
        return data;
    }
    void stand_at(std::uint64_t unit) {
        run_frame(frame_);
        image_.memory.put(frame_ + image_.py.frame_instruction, unit);
    }
    void begin() {
        stand_at(units_);
        bpf_perf_event_data data = touched();
        python_watch_begin(&data);
    }
    void end() {
        stand_at(units_ + 32);
        if (image_.py.pops_frame_first) run_frame(caller_);
        bpf_perf_event_data data = touched();
        python_watch_end(&data);
    }

    std::uint64_t code_ = 0;
    std::uint64_t units_ = 0;
    std::uint64_t frame_ = 0;
    std::uint64_t caller_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Versions, Watches, testing::ValuesIn(all_minors()),
                         [](const auto& info) { return "v3_" + std::to_string(info.param); });

TEST_P(Watches, ReportACallAndItsReturn) {
    begin();
    EXPECT_EQ(shim::count("watched_calls"), 1u);
    end();
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN, FT_EVENT_END));
    EXPECT_EQ(shim::count("open"), 0u);
    EXPECT_EQ(shim::count("watched_calls"), 0u);
}

TEST_P(Watches, IgnoreReadsOfTheCode) {
    stand_at(units_ + 32);
    bpf_perf_event_data data = touched();
    python_watch_begin(&data);
    run_frame(caller_);
    python_watch_begin(&data);
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(counters().hits, 2u);
}

TEST_P(Watches, WithoutRoomAreOneLossOfTheirReasonAndNoEnd) {
    shim::limit("open", 0);
    begin();
    EXPECT_EQ(counters().lost_open_full, 1u);
    shim::limit("open", 10);
    shim::limit("events", 0);
    begin();
    EXPECT_EQ(counters().lost_ring_full, 1u);
    shim::limit("events", 1 << 20);
    end();
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(counters().events, 2u);
    EXPECT_EQ(shim::count("open"), 0u);
}

// The oldest calls are forgotten; what has no end that can be told is not given another's.
TEST_P(Watches, WithoutRoomForTheCallEndsNothingElse) {
    shim::limit("watched_calls", 1);
    begin();
    const std::uint64_t other = image_.block(1024);
    shim::put("watched_calls", ft_open_key{other, kTgid, 0}, other);
    bpf_perf_event_data data = touched();
    run_frame(other);
    python_watch_end(&data);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN));
    EXPECT_EQ(shim::count("open"), 1u);
}

// A plain function, by a class that it calls and by a function written in C.
class Marks : public PythonExecutions {
protected:
    void SetUp() override {
        class_ = image_.type(0);
        code_ = image_.block(1024);
        ft_code info = {};
        info.point = kPoint;
        info.role = FT_CODE_NODE | FT_CODE_WATCHED;
        info.object_slot = -1;
        info.token_slot = -1;
        info.begins_at = class_;
        info.ends_at = kFunction;
        shim::put("codes", ft_code_key{code_, kTgid, 0}, info);
        ft_site site = {};
        site.tgid = kTgid;
        site.probe = kProbe;
        site.object = FT_NO_REGISTER;
        shim::put("sites", ft_site_key{kFunction, kTgid, 0}, site);
        units_ = image_.block(256);
        frame_ = image_.block(1024);
        image_.memory.put(frame_ + image_.py.frame_code, code_);
    }
    static constexpr std::uint64_t kFunction = 0x3000;

    void stand_at(std::uint64_t unit) {
        run_frame(frame_);
        image_.memory.put(frame_ + image_.py.frame_instruction, units_ + unit);
    }
    void call_class(std::uint64_t unit) {
        stand_at(unit);
        run(python_mark, at(class_));
    }
    void call_function(std::uint64_t unit) {
        stand_at(unit);
        pt_regs registers = {};
        registers.ip = kFunction;
        python_mark(&registers);
    }

    std::uint64_t class_ = 0;
    std::uint64_t code_ = 0;
    std::uint64_t units_ = 0;
    std::uint64_t frame_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Versions, Marks, testing::ValuesIn(all_minors()),
                         [](const auto& info) { return "v3_" + std::to_string(info.param); });

TEST_P(Marks, BeginAndEndAtTheTwoCalls) {
    call_class(10);
    EXPECT_EQ(shim::count("open"), 1u);
    call_function(20);
    call_class(10);
    call_function(20);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN, FT_EVENT_END, FT_EVENT_BEGIN, FT_EVENT_END));
    EXPECT_EQ(shim::count("open"), 0u);
}

TEST_P(Marks, BeginOnceIfTheFunctionRepeatsTheCall) {
    call_class(10);
    call_class(14);
    call_function(20);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN, FT_EVENT_END));
}

// An exception may have left the function before; its frame's place is another call's by then.
TEST_P(Marks, BeginAnewWhereTheFunctionIsCalledAgain) {
    call_class(10);
    call_class(10);
    call_function(20);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN, FT_EVENT_BEGIN, FT_EVENT_END));
    EXPECT_EQ(shim::count("open"), 0u);
}

TEST_P(Marks, OfOtherFunctionsAndEndsWithoutABeginAreNothing) {
    call_function(20);
    const std::uint64_t other = image_.block(1024);
    image_.memory.put(other + image_.py.frame_code, image_.block(1024));
    run_frame(other);
    run(python_mark, at(class_));
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(counters().hits, 2u);
}

// Nodes that set a variable while they run, and calls of them that raise.
class RaisedCalls : public PythonExecutions {
protected:
    void SetUp() override {
        code_ = image_.block(1024);
        ft_code info = {};
        info.point = kPoint;
        info.role = FT_CODE_NODE | FT_CODE_SETTER;
        info.object_slot = 0;
        info.token_slot = 1;
        shim::put("codes", ft_code_key{code_, kTgid, 0}, info);
        info.role = FT_CODE_VARIABLE;
        shim::put("codes", ft_code_key{variable_, kTgid, 0}, info);
        frame_ = image_.block(1024);
        image_.memory.put(frame_ + image_.py.frame_code, code_);
        call_of(node_);
        const std::uint64_t frame_object = image_.block(256);
        image_.memory.put(frame_object + FT_FRAME_OBJECT_FRAME, frame_);
        image_.memory.put(traceback_ + FT_TRACEBACK_FRAME, frame_object);
    }
    void put_local(std::uint64_t slot, std::uint64_t object) {
        image_.memory.put(frame_ + image_.py.frame_locals + 8 * slot, object);
    }
    void call_of(std::uint64_t node) { put_local(0, node); }
    // The node begins to run, and ends well.
    void run_node() {
        const std::uint64_t handlers = image_.block(64);
        image_.memory.put(tstate_ + image_.py.tstate_exc_info, handlers);
        run_frame(frame_);
        run(python_variable_set, at(variable_));
        put_local(1, token_);
    }
    // Then raises; always with the same traceback, which is the next one's once it is freed.
    void raise_at(std::uint64_t stack) {
        run_frame(caller_);
        if (image_.py.exception_is_type) {
            image_.memory.put(tstate_ + image_.py.tstate_exception, image_.type(FT_TYPE_EXCEPTION_SUBCLASS));
            image_.memory.put(tstate_ + image_.py.tstate_exception + FT_PENDING_TRACEBACK, traceback_);
        } else {
            const std::uint64_t exception = image_.object(image_.type(FT_TYPE_EXCEPTION_SUBCLASS));
            image_.memory.put(exception + FT_EXCEPTION_TRACEBACK, traceback_);
            image_.memory.put(tstate_ + image_.py.tstate_exception, exception);
        }
        run(python_raised, at(0, 0, stack));
    }

    const std::uint64_t variable_ = image_.object(image_.type(0));
    const std::uint64_t token_ = image_.object(image_.type(0));
    const std::uint64_t node_ = image_.object(image_.type(0));
    const std::uint64_t traceback_ = image_.block(64);
    const std::uint64_t caller_ = image_.block(1024);
    std::uint64_t code_ = 0;
    std::uint64_t frame_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Versions, RaisedCalls, testing::ValuesIn(all_minors()),
                         [](const auto& info) { return "v3_" + std::to_string(info.param); });

TEST_P(RaisedCalls, AreReportedOnceHoweverManyCallsTheyPass) {
    run_node();
    raise_at(kStack);
    raise_at(kStack + 96);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN, FT_EVENT_RAISED));
}

TEST_P(RaisedCalls, OfALaterRunAtTheSameAddressesAreReportedToo) {
    run_node();
    raise_at(kStack);
    put_local(1, 0);
    run_node();
    raise_at(kStack + 96);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN, FT_EVENT_RAISED, FT_EVENT_BEGIN, FT_EVENT_RAISED));
}

TEST_P(RaisedCalls, OfAnotherNodeThatDidNotRunAreReportedToo) {
    raise_at(kStack);
    raise_at(kStack + 96);
    call_of(image_.object(image_.type(0)));
    raise_at(kStack + 192);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_DONE, FT_EVENT_DONE));
}

// A coroutine that runs, and calls of a coroutine function by which executions of its point fail.
class FailingCalls : public PythonExecutions {
protected:
    void SetUp() override {
        named_ = add_code(FT_CODE_COROUTINE);
        make_failing(named_, kPoint);
        coroutine_ = begin(add_code(FT_CODE_NODE | FT_CODE_COROUTINE), kPoint);
    }
    // A coroutine whose first step has begun.
    std::uint64_t begin(std::uint64_t code, std::uint32_t point, std::uint64_t caller = 0) {
        change(code, [&](ft_code& info) { info.point = point; });
        const std::uint64_t coroutine = add_coroutine(code);
        image_.memory.put(frame_of(coroutine) + image_.py.frame_previous, caller);
        run_frame(caller);
        run(python_step_entry, at(coroutine));
        return coroutine;
    }
    template <typename Change>
    void change(std::uint64_t code, Change change) {
        ft_code info = {};
        info.role = FT_CODE_NODE | FT_CODE_COROUTINE;
        info.object_slot = -1;
        info.token_slot = -1;
        change(info);
        shim::put("codes", ft_code_key{code, kTgid, 0}, info);
    }
    void make_failing(std::uint64_t code, std::uint32_t point) {
        const auto set = [](ft_code& info) {
            info.role = FT_CODE_COROUTINE;
            info.fails = 1;
        };
        change(code, set);
        shim::put("codes", ft_code_key{code, kTgid, point + 1}, ft_code{});
    }
    [[nodiscard]] std::uint64_t frame_of(std::uint64_t coroutine) const {
        return coroutine + image_.py.generator_frame;
    }
    std::uint64_t add_frame(std::uint64_t caller) {
        const std::uint64_t frame = image_.block(1024);
        image_.memory.put(frame + image_.py.frame_code, image_.block(1024));
        image_.memory.put(frame + image_.py.frame_previous, caller);
        return frame;
    }
    // Creates a coroutine of this code.
    void call(std::uint64_t code, std::uint64_t caller) {
        const std::uint64_t called = add_coroutine(code);
        image_.memory.put(frame_of(called) + image_.py.frame_previous, caller);
        run_frame(frame_of(called));
        run(python_created, at(0, called));
    }
    // How the execution ends, if it returns this.
    ft_end end(std::uint64_t coroutine, std::uint64_t returned = 1) {
        finish(coroutine);
        run_frame(0);
        run(python_step_exit, at(coroutine, returned));
        return last_end();
    }
    void expect_failed(const ft_end& end) {
        EXPECT_EQ(end.header.kind, FT_EVENT_END);
        EXPECT_EQ(end.header.status, FT_STATUS_FAILED);
        EXPECT_EQ(end.error_type.flags, FT_TEXT_CALLED);
        EXPECT_EQ(end.error_type.encoding, FT_TEXT_NONE);
    }
    void expect_success(const ft_end& end) {
        EXPECT_EQ(end.header.kind, FT_EVENT_END);
        EXPECT_EQ(end.header.status, FT_STATUS_SUCCESS);
        EXPECT_EQ(end.error_type.flags, 0);
    }

    std::uint64_t named_ = 0;
    std::uint64_t coroutine_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Versions, FailingCalls, testing::ValuesIn(all_minors()),
                         [](const auto& info) { return "v3_" + std::to_string(info.param); });

TEST_P(FailingCalls, FailTheExecutionThatMakesThem) {
    call(named_, frame_of(coroutine_));
    expect_failed(end(coroutine_));
}

TEST_P(FailingCalls, MayBeFarBelowTheExecution) {
    std::uint64_t frame = frame_of(coroutine_);
    for (int i = 0; i < 60; i++) frame = add_frame(frame);
    call(named_, frame);
    expect_failed(end(coroutine_));
}

TEST_P(FailingCalls, LeaveTheStatusOfAnException) {
    call(named_, frame_of(coroutine_));
    const ft_end failed = end(coroutine_, 0);
    EXPECT_EQ(failed.header.status, FT_STATUS_FAILED);
    EXPECT_EQ(failed.error_type.flags & FT_TEXT_CALLED, 0);
}

TEST_P(FailingCalls, AreOnlyThoseThatThePointNames) {
    call(add_code(FT_CODE_COROUTINE), frame_of(coroutine_));
    const std::uint64_t of_another = add_code(FT_CODE_COROUTINE);
    make_failing(of_another, kPoint + 1);
    call(of_another, frame_of(coroutine_));
    call(named_, 0);
    expect_success(end(coroutine_));
}

TEST_P(FailingCalls, FailOnlyTheNearestExecution) {
    const std::uint64_t inner =
        begin(add_code(FT_CODE_NODE | FT_CODE_COROUTINE), kPoint, frame_of(coroutine_));
    const std::uint64_t other =
        begin(add_code(FT_CODE_NODE | FT_CODE_COROUTINE), kPoint + 1, frame_of(coroutine_));
    call(named_, frame_of(inner));
    call(named_, frame_of(other));
    expect_success(end(other));
    expect_failed(end(inner));
    expect_success(end(coroutine_));
}

// Whether that of an execution whose begin was lost is of its own, nobody knows.
TEST_P(FailingCalls, OfALostExecutionFailNoOther) {
    const std::uint64_t code = add_code(FT_CODE_NODE | FT_CODE_COROUTINE);
    shim::limit("events", 0);
    const std::uint64_t lost = begin(code, kPoint, frame_of(coroutine_));
    shim::limit("events", 1 << 20);
    call(named_, frame_of(lost));
    expect_success(end(coroutine_));
}

TEST_P(FailingCalls, OfWhatIsPartOfAnExecutionFailThat) {
    const std::uint64_t part = add_coroutine(add_code(FT_CODE_NODE | FT_CODE_COROUTINE));
    image_.memory.put(frame_of(part) + image_.py.frame_previous, frame_of(coroutine_));
    ft_open noted = {};
    noted.key_kind = FT_KEY_COROUTINE;
    noted.state = FT_OPEN_IN_FLIGHT;
    shim::put("open", ft_open_key{part, kTgid, 0}, noted);
    call(named_, frame_of(part));
    expect_failed(end(coroutine_));
}

}  // namespace
}  // namespace flowtap::python_stateful_test
