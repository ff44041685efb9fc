// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "engine_script.h"
#include "live_python.h"
#include "python/interpreter_states.h"
#include "python/module_count.h"
#include "python/thread_state.h"

namespace flowtap::interpreter_states_live_test {
namespace {

using testing::ElementsAre;
using testing::Field;

class InterpreterStates : public LivePythonTest {
protected:
    [[nodiscard]] std::vector<InterpreterState> states() const {
        return read_interpreters(memory(), interpreter().layout(), interpreter().interpreter_list());
    }
    [[nodiscard]] bool has_own_gils() const { return interpreter().version().minor >= 12; }
    // Code of a function as the interpreter has it.
    [[nodiscard]] std::uint64_t code_in(const InterpreterState& state) const {
        const auto code =
            CodeLookup(interpreter(), memory(), state.address).find_function("engine.core", "Base.execute");
        return code ? code->code_address : 0;
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InterpreterStates);
INSTANTIATE_TEST_SUITE_P(Found, InterpreterStates, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(InterpreterStates, HaveTheMainOneAloneInMostProcesses) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    EXPECT_THAT(states(), ElementsAre(InterpreterState{interpreter().main_interpreter(), 0, false}));
}

TEST_P(InterpreterStates, HaveNumbersGilsModulesAndFunctionsOfTheirOwn) {
    ASSERT_NO_FATAL_FAILURE(start(subinterpreter_script(R"PY(
ENGINE_CODE = 'print("code-%s", id(engine.Base.execute.__code__), flush=True)'
ended = subinterpreter('legacy')
legacy = subinterpreter('legacy', ENGINE_CODE % 2)
isolated = subinterpreter('isolated', ENGINE_CODE % 3)
destroy(ended)
show('code-0', id(engine.Base.execute.__code__))
)PY")));
    const std::vector<InterpreterState> all = states();
    EXPECT_THAT(all, ElementsAre(Field(&InterpreterState::number, 0U), Field(&InterpreterState::number, 2U),
                                 Field(&InterpreterState::number, 3U)));
    for (const InterpreterState& state : all) {
        EXPECT_EQ(state.own_gil, state.number == 3 && has_own_gils());
        EXPECT_TRUE(lives(state, memory(), interpreter().layout()));
        EXPECT_EQ(code_in(state), python().number("code-" + std::to_string(state.number)));
    }
    EXPECT_FALSE(lives({all.back().address, 4, false}, memory(), interpreter().layout()));
    EXPECT_FALSE(lives({0xdead0000, 0, false}, memory(), interpreter().layout()));
}

// From 3.12 on a thread's own variable says which interpreter it runs in; the thread_id in its state there
// may be another thread's, that of the one which made the interpreter (3.12).
TEST_P(InterpreterStates, AreToldApartByTheThreadsThatRunInThem) {
    ASSERT_NO_FATAL_FAILURE(start(subinterpreter_script(R"PY(
isolated = subinterpreter('isolated')
BUSY = 'import threading, time; print("thread", threading.get_ident(), flush=True)\n'
BUSY += 'end = time.monotonic() + 60\nwhile time.monotonic() < end: pass'
if sys.version_info >= (3, 12):
    threading.Thread(target=run, args=(isolated, BUSY), daemon=True).start()
    threading.Event().wait(0.2)
)PY")));
    ASSERT_TRUE(interpreter().distinguishes_interpreters());
    const ft_python& bpf = interpreter().layout().bpf;
    if (!has_own_gils()) {
        EXPECT_EQ(bpf.tstate_in, FT_TSTATE_GLOBAL);
        return;
    }
    const ThreadStatePlace place{bpf.tstate_in, bpf.tstate_base, bpf.tstate_address};
    const std::uint64_t variable = variable_address(place, python().number("thread"), memory());
    std::uint64_t running = 0;
    for (int i = 0; i < 1'000'000 && running == 0; ++i) running = word(variable);
    ASSERT_NE(running, 0U);
    EXPECT_EQ(word(running + bpf.tstate_interpreter), states().back().address);
}

TEST_P(InterpreterStates, ChangeTheCountOfModules) {
    ASSERT_NO_FATAL_FAILURE(start(subinterpreter_script(R"PY(
def go_on():
    import time
    while True:
        keep = subinterpreter('legacy')
        time.sleep(0.02)
        destroy(keep)
threading.Thread(target=go_on, daemon=True).start()
)PY")));
    const ModuleCount count = ModuleCount::of(interpreter());
    const auto first = count.read(memory());
    ASSERT_TRUE(first);
    auto later = first;
    for (int i = 0; i < 1'000'000 && later == first; ++i) later = count.read(memory());
    EXPECT_NE(later, first);
}

}  // namespace
}  // namespace flowtap::interpreter_states_live_test
