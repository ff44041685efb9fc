// SPDX-License-Identifier: Apache-2.0
// Every figure the BPF readers will use, tried on real interpreters.
#include <gmock/gmock.h>

#include <iostream>

#include "engine_script.h"
#include "live_python.h"
#include "python/thread_state.h"
#include "python/versions/supported.h"
#include "tests/unit/process/fake_memory.h"

namespace flowtap::interpreter_live_test {

namespace {

using testing::HasSubstr;

class InterpreterLive : public LivePythonTest {
protected:
    [[nodiscard]] const ft_python& bpf() const { return interpreter().layout().bpf; }
    // The only thread state; the running thread's way to it is empty in 3.11 while the GIL is free.
    [[nodiscard]] std::uint64_t thread() const {
        return word(interpreter().main_interpreter() + interpreter().layout().interpreter_threads_head);
    }
    [[nodiscard]] std::uint64_t top_frame() const {
        const std::uint64_t frame = word(thread() + bpf().tstate_frame);
        return bpf().frame_via_cframe != 0 ? word(frame + bpf().cframe_frame) : frame;
    }
    [[nodiscard]] std::uint64_t code_of(std::uint64_t frame) const {
        return word(frame + bpf().frame_code) & bpf().reference_mask;
    }
    [[nodiscard]] std::uint64_t local_of(std::uint64_t frame, int slot) const {
        return word(frame + bpf().frame_locals + 8 * static_cast<std::uint64_t>(slot)) & bpf().reference_mask;
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InterpreterLive);
INSTANTIATE_TEST_SUITE_P(Found, InterpreterLive, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST(PythonsForTests, AreFound) {
    const auto pythons = find_pythons(true);
    for (const PythonProgram& program : pythons) std::cout << "watchable: " << program << "\n";
    for (const PythonProgram& program : find_pythons(false))
        std::cout << "not watchable: " << program << "\n";
    if (pythons.empty())
        GTEST_SKIP() << "missing: an interpreter (" << supported_pythons()
                     << "): set FLOWTAP_PYTHONS=/path/to/python3.N";
    EXPECT_FALSE(pythons.front().path.empty());
}

TEST_P(InterpreterLive, TellsItsVersionAndFile) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
show('version', '.'.join(map(str, sys.version_info[:3])))
show('none', id(None)); show('function', id(type(show))); show('cell', id(types.CellType))
)PY")));
    EXPECT_EQ(interpreter().release().text(), python().text("version"));
    EXPECT_EQ(interpreter().version().minor, interpreter().release().minor);
    EXPECT_EQ(bpf().none, python().number("none"));
    EXPECT_EQ(bpf().function_type, python().number("function"));
    EXPECT_EQ(bpf().cell_type, python().number("cell"));
    EXPECT_FALSE(interpreter().elf_path().empty());
    EXPECT_EQ(interpreter().address_of("no_such_symbol"), std::nullopt);
}

TEST_P(InterpreterLive, FindsTheThreadItsFramesAndTheirLocals) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
show('thread', threading.get_ident())
show('wait', id(wait.__code__))
)PY")));
    EXPECT_EQ(word(thread() + bpf().tstate_thread_id), python().number("thread"));
    const std::uint64_t frame = top_frame();
    ASSERT_EQ(code_of(frame), python().number("wait"));
    const auto slot = lookup().local_slot(python().number("wait"), "marker");
    ASSERT_TRUE(slot);
    EXPECT_EQ(objects().text(local_of(frame, *slot)), "the marker");
    const std::uint64_t caller = word(frame + bpf().frame_previous);
    const std::uint64_t name = word(code_of(caller) + interpreter().layout().code_qualname);
    EXPECT_EQ(objects().text(name), "<module>");
    EXPECT_EQ(memory().read<std::uint8_t>(frame + bpf().frame_owner), 0);
}

TEST_P(InterpreterLive, FindsTheExceptionBeingHandled) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::uint64_t exception = word(word(thread() + bpf().tstate_exc_info));
    const auto type = objects().type_of(exception);
    ASSERT_TRUE(type);
    EXPECT_EQ(objects().type_name(*type), "LookupError");
    EXPECT_EQ(word(thread() + bpf().tstate_exception), 0U) << "none is on its way";
}

TEST_P(InterpreterLive, FindsTheRunningThreadWhileItHoldsTheGil) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
import time
show('thread', threading.get_ident())
print('ready', flush=True)
end = time.monotonic() + 60
while time.monotonic() < end: pass
)PY")));
    std::uint64_t running = 0;
    for (int i = 0; i < 1'000'000 && running == 0; ++i) {
        const ThreadStatePlace place{bpf().tstate_in, bpf().tstate_base, bpf().tstate_address};
        running =
            word(place.in == FT_TSTATE_GLOBAL ? place.address
                                              : variable_address(place, python().number("thread"), memory()));
    }
    ASSERT_NE(running, 0U);
    EXPECT_EQ(running, thread());
    EXPECT_EQ(word(running + bpf().tstate_thread_id), python().number("thread"));
}

// A program that does little else than unwind; looked at often enough, it is caught at it.
TEST_P(InterpreterLive, FindsTheExceptionOnItsWay) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
import time
def sink(depth):
    if depth == 0:
        raise LookupError
    sink(depth - 1)
print('ready', flush=True)
end = time.monotonic() + 60
while time.monotonic() < end:
    try: sink(50)
    except LookupError: pass
)PY")));
    std::optional<std::string> name;
    for (int i = 0; i < 1'000'000 && name != "LookupError"; ++i) {
        const std::uint64_t pending = word(thread() + bpf().tstate_exception);
        const auto type = bpf().exception_is_type != 0 ? pending : objects().type_of(pending);
        name = type ? objects().type_name(*type) : std::nullopt;
    }
    EXPECT_EQ(name, "LookupError");
}

TEST_P(InterpreterLive, FindsAGeneratorsStateAndFrame) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
from engine.core import coroutine
import asyncio
class Pause:
    def __await__(self):
        yield
async def pausing():
    await Pause()
fresh, suspended = coroutine(1), pausing()
suspended.send(None)
show('fresh', id(fresh)); show('suspended', id(suspended)); show('code', id(coroutine.__code__))
)PY")));
    const std::uint64_t fresh = python().number("fresh");
    EXPECT_EQ(memory().read<std::int8_t>(fresh + bpf().generator_state), bpf().generator_created);
    EXPECT_EQ(code_of(fresh + bpf().generator_frame), python().number("code"));
    EXPECT_EQ(memory().read<std::uint8_t>(fresh + bpf().generator_frame + bpf().frame_owner), 1);
    const auto state = memory().read<std::int8_t>(python().number("suspended") + bpf().generator_state);
    ASSERT_TRUE(state);
    EXPECT_GE(*state, bpf().generator_suspended_first);
    EXPECT_LE(*state, bpf().generator_suspended_last);
}

TEST_P(InterpreterLive, ReadsMethodsFunctionsCellsAndIntegers) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
from engine.core import Base, plain
instance = Base()
method = instance.execute
cell = plain(1, 'inside').__closure__[0]
numbers = dict(small=7, large=(3 << 30) + 5, negative=-9)
show('method', id(method)); show('instance', id(instance)); show('function', id(Base.execute))
show('code', id(Base.execute.__code__)); show('cell', id(cell))
for key, value in numbers.items():
    show(key, id(value))
)PY")));
    const std::uint64_t method = python().number("method");
    EXPECT_EQ(word(method + bpf().method_function), python().number("function"));
    EXPECT_EQ(word(method + bpf().method_self), python().number("instance"));
    EXPECT_EQ(word(python().number("function") + bpf().function_code), python().number("code"));
    EXPECT_EQ(objects().text(word(python().number("cell") + bpf().cell_value)), "inside");
    const auto digit = [&](const char* key, std::uint64_t i) {
        return memory().read<std::uint32_t>(python().number(key) + bpf().int_digits + 4 * i);
    };
    const std::uint64_t tag = word(python().number("large") + bpf().int_tag);
    EXPECT_EQ(bpf().int_tagged != 0 ? tag >> 3 : tag, 2U);
    EXPECT_EQ(digit("large", 0), 5U);
    EXPECT_EQ(digit("large", 1), 3U);
    EXPECT_EQ(digit("small", 0), 7U);
    const std::uint64_t negative = word(python().number("negative") + bpf().int_tag);
    EXPECT_EQ(bpf().int_tagged != 0 ? negative & 3 : negative + 3, 2U);
}

TEST_P(InterpreterLive, ThatCannotBeReadYetMayBeTriedAgain) {
    ASSERT_NO_FATAL_FAILURE(start("print('ready', flush=True)\ninput()"));
    const auto facts = read_process_facts(python().pid());
    ASSERT_TRUE(facts) << facts.error().message();
    const auto found = Interpreter::locate(*facts, FakeMemory());
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message(),
              "watch Python: its version cannot be read (try again: it may be starting or ending)");
}

class UnwatchablePython : public testing::TestWithParam<PythonProgram> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UnwatchablePython);
INSTANTIATE_TEST_SUITE_P(Found, UnwatchablePython, testing::ValuesIn(find_pythons(false)), python_test_name);

TEST_P(UnwatchablePython, IsRefusedByName) {
    const LivePython python(GetParam(), "print('ready', flush=True)\nimport sys\nsys.stdin.readline()\n");
    ASSERT_TRUE(python.ready());
    const auto facts = read_process_facts(python.pid());
    const auto memory = RemoteMemory::open(python.pid());
    ASSERT_TRUE(facts && memory);
    const auto interpreter = Interpreter::locate(*facts, *memory);
    ASSERT_FALSE(interpreter);
    EXPECT_EQ(interpreter.error().kind, Error::Kind::kNoTarget);
    const unsigned minor = GetParam().minor;
    const char* const expected = minor < 7    ? "it runs CPython 3.6 or older"
                                 : minor < 11 ? "it runs CPython 3.10 or older"
                                              : "it runs a debug build of CPython";
    EXPECT_THAT(interpreter.error().message(), HasSubstr(expected));
}

TEST(OtherPrograms, AreNoPython) {
    const auto facts = read_process_facts(::getpid());
    const auto memory = RemoteMemory::open(::getpid());
    ASSERT_TRUE(facts && memory);
    const auto interpreter = Interpreter::locate(*facts, *memory);
    ASSERT_TRUE(interpreter) << interpreter.error().message();
    EXPECT_FALSE(interpreter->has_value());
}

}  // namespace

}  // namespace flowtap::interpreter_live_test
