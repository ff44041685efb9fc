// SPDX-License-Identifier: Apache-2.0
// Where calls begin, compared with what each interpreter's own disassembler says of its library.
#include <iterator>
#include <set>
#include <sstream>

#include "live_python.h"
#include "python/objects/bytecode.h"
#include "tests/unit/process/fake_memory.h"

namespace flowtap::bytecode_live_test {
namespace {

class BytecodeLive : public LivePythonTest {};

constexpr const char* kFunctions = R"(
import argparse, collections, dis, inspect, io, json, textwrap, tokenize, types
for round in range(60):  # so that the interpreter specialises some of it
    json.dumps(json.loads('{"a": [1, 2.5, null, {"b": "c"}]}'), indent=1)
    textwrap.wrap("some words to wrap " * 5, 20)
    inspect.signature(textwrap.wrap)
    list(tokenize.generate_tokens(io.StringIO("a = b + c").readline))
def functions_of(place):
    for value in list(vars(place).values()):
        if isinstance(value, types.FunctionType):
            yield value.__code__
        elif isinstance(value, type) and value.__module__ == getattr(place, "__name__", None):
            yield from functions_of(value)
found = {}
for module in (argparse, collections, dis, inspect, json.decoder, json.encoder, textwrap, tokenize):
    found.update(dict.fromkeys(functions_of(module)))
count = 0
for code in found:
    units = list(dis.get_instructions(code))
    if code.co_flags & 0x2a0:
        continue
    resume = [unit.opname for unit in units].index("RESUME")
    print("code%d" % count, id(code))
    print("begin%d" % count, units[resume + 1].offset)
    count += 1
print("count", count)
print("returns", *[number for name, number in dis.opmap.items() if name.removeprefix("INSTRUMENTED_") in ("RETURN_VALUE", "RETURN_CONST")])
print("ready", flush=True)
input()
)";

TEST_P(BytecodeLive, BeginsWhereTheInterpreterDisassemblesIt) {
    ASSERT_NO_FATAL_FAILURE(start(kFunctions));
    const std::uint64_t count = python().number("count");
    ASSERT_GT(count, 200U);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        const std::uint64_t code = python().number("code" + number);
        const auto units = call_units(interpreter(), memory(), code);
        ASSERT_TRUE(units) << units.error().message();
        EXPECT_EQ(units->begin,
                  code + interpreter().layout().code_adaptive + python().number("begin" + number));
    }
}

TEST_P(BytecodeLive, ReturnsByTheOpcodesThatTheInterpreterCallsSo) {
    ASSERT_NO_FATAL_FAILURE(start(kFunctions));
    const auto units = call_units(interpreter(), memory(), python().number("code0"));
    ASSERT_TRUE(units) << units.error().message();
    std::set<unsigned> known(units->returns.begin(), units->returns.end());
    known.erase(0);
    std::istringstream said(python().text("returns"));
    EXPECT_EQ(known, std::set<unsigned>(std::istream_iterator<unsigned>(said), {}));
}

TEST_P(BytecodeLive, OfAGeneratorIsAnError) {
    ASSERT_NO_FATAL_FAILURE(start(R"(
def generator():
    yield 1
print("code", id(generator.__code__))
print("ready", flush=True)
input()
)"));
    const auto units = call_units(interpreter(), memory(), python().number("code"));
    ASSERT_FALSE(units);
    EXPECT_EQ(units.error().message(),
              "read bytecode: its bytecode does not begin like that of a plain function");
}

TEST_P(BytecodeLive, OfWhatIsNoCodeIsAnError) {
    ASSERT_NO_FATAL_FAILURE(start("print('code', id('text'))\nprint('ready', flush=True)\ninput()"));
    EXPECT_FALSE(call_units(interpreter(), memory(), python().number("code")));
    const auto nowhere = call_units(interpreter(), memory(), 8);
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().message(), "read bytecode: its bytecode was not found");
    FakeMemory cut_off;
    constexpr std::uint64_t kCode = 4096, kSize = 16;  // Include/object.h: PyVarObject.ob_size
    cut_off.map(kCode, kSize + sizeof(std::uint64_t));
    cut_off.put(kCode + kSize, std::uint64_t{8});
    const auto unreadable = call_units(interpreter(), cut_off, kCode);
    ASSERT_FALSE(unreadable);
    EXPECT_EQ(unreadable.error().message(), "read bytecode: its bytecode cannot be read");
}

INSTANTIATE_TEST_SUITE_P(Found, BytecodeLive, testing::ValuesIn(find_pythons(true)), python_test_name);

constexpr const char* kRunLater = R"(
import sys
def plain(value):
    def inner(): return value
    return inner
async def coroutine():
    for number in range(3): pass
async def stepped(): return 1
def step(made):
    try: made.send(None)
    except StopIteration: pass
def global_(value, other=None):
    pair = (value, 1)
    return len(pair)
made = coroutine()
step(stepped())
for function in (plain, coroutine, stepped, step): print(function.__name__, id(function.__code__))
print("global", id(global_.__code__))
print("ready", flush=True)
sys.stdin.readline()
plain(1), step(made), global_(1)
print("ready", flush=True)
sys.stdin.readline()
)";

TEST_P(BytecodeLive, TellsWhatHasNeverRun) {
    ASSERT_NO_FATAL_FAILURE(start(kRunLater));
    const auto mark = [&](const char* name) {
        return run_mark(interpreter(), memory(), python().number(name));
    };
    ASSERT_TRUE(mark("global") && mark("coroutine") && mark("step"));
    EXPECT_FALSE(mark("global")->has_run(memory()));
    EXPECT_FALSE(mark("coroutine")->has_run(memory())) << "it was made, but has not run";
    EXPECT_TRUE(mark("step")->has_run(memory()));
    const auto before = mark("global");
    ASSERT_NO_FATAL_FAILURE(go_on());
    EXPECT_TRUE(before->has_run(memory()));
    EXPECT_TRUE(mark("global")->has_run(memory()));
    EXPECT_TRUE(mark("coroutine")->has_run(memory()));
}

TEST_P(BytecodeLive, TellsThatOfFunctionsWithoutACounterWhereNothingElseChanges) {
    ASSERT_NO_FATAL_FAILURE(start(kRunLater));
    const auto mark = [&](const char* name) {
        return run_mark(interpreter(), memory(), python().number(name));
    };
    if (interpreter().version().run_sign == RunSign::kFirstCounter) {
        EXPECT_FALSE(mark("plain")) << "its bytecode stays as it is";
        EXPECT_FALSE(mark("stepped"));
        return;
    }
    ASSERT_TRUE(mark("plain") && mark("stepped"));
    EXPECT_FALSE(mark("plain")->has_run(memory()));
    EXPECT_TRUE(mark("stepped")->has_run(memory()));
    ASSERT_NO_FATAL_FAILURE(go_on());
    EXPECT_TRUE(mark("plain")->has_run(memory()));
}

}  // namespace
}  // namespace flowtap::bytecode_live_test
