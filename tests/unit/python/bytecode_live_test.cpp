// SPDX-License-Identifier: Apache-2.0
// Where calls begin and return, compared with what each interpreter's own disassembler says of its library.
#include <sstream>

#include "live_python.h"
#include "python/bytecode.h"

namespace flowtap {
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
    returns = [str(unit.offset) for unit in units if unit.opname.startswith("RETURN_") and unit.opname != "RETURN_GENERATOR"]
    if code.co_flags & 0x2a0 or not returns:
        continue
    resume = [unit.opname for unit in units].index("RESUME")
    begin = units[resume + 1].offset
    if str(begin) in returns:
        continue
    print("code%d" % count, id(code))
    print("units%d" % count, begin, *returns)
    count += 1
print("count", count)
print("ready", flush=True)
input()
)";

std::string text_of(const CallUnits& units, std::uint64_t start) {
    std::ostringstream text;
    text << units.begin - start;
    for (const std::uint64_t unit : units.returns) text << " " << unit - start;
    return text.str();
}

TEST_P(BytecodeLive, IsReadAsTheInterpreterDisassemblesIt) {
    ASSERT_NO_FATAL_FAILURE(start(kFunctions));
    const std::uint64_t count = python().number("count");
    ASSERT_GT(count, 200U);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        const std::uint64_t code = python().number("code" + number);
        const auto units = call_units(interpreter(), memory(), code);
        ASSERT_TRUE(units) << units.error().message();
        const std::uint64_t start_of_code = code + interpreter().layout().code_adaptive;
        EXPECT_EQ(text_of(*units, start_of_code), python().text("units" + number));
    }
}

constexpr const char* kTraced = R"(
import sys
def plain():
    return 1
def tracer(frame, event, argument):
    return tracer
sys.settrace(tracer)
plain()
print("code", id(plain.__code__))
print("ready", flush=True)
input()
)";

// From 3.12 on instructions are replaced in a function that is traced by lines.
TEST_P(BytecodeLive, IsNotGuessedAtWhereItIsTraced) {
    ASSERT_NO_FATAL_FAILURE(start(kTraced));
    const auto units = call_units(interpreter(), memory(), python().number("code"));
    if (interpreter().version().minor < 12) {
        EXPECT_TRUE(units);
    } else {
        ASSERT_FALSE(units);
        EXPECT_EQ(units.error().cause, "it is being traced, or compiled");
    }
}

TEST_P(BytecodeLive, OfAFunctionThatOnlyReturnsOrNeverDoesIsAnError) {
    ASSERT_NO_FATAL_FAILURE(start(R"(
def nothing(number):
    pass
def endless():
    while True:
        endless()
print("nothing", id(nothing.__code__))
print("endless", id(endless.__code__))
print("ready", flush=True)
input()
)"));
    EXPECT_FALSE(call_units(interpreter(), memory(), python().number("endless")));
    const auto nothing = call_units(interpreter(), memory(), python().number("nothing"));
    // Some versions load None first.
    EXPECT_TRUE(!nothing || nothing->returns.front() > nothing->begin);
}

TEST_P(BytecodeLive, OfWhatIsNoCodeIsAnError) {
    ASSERT_NO_FATAL_FAILURE(start("print('code', id('text'))\nprint('ready', flush=True)\ninput()"));
    EXPECT_FALSE(call_units(interpreter(), memory(), python().number("code")));
    EXPECT_FALSE(call_units(interpreter(), memory(), 8));
}

INSTANTIATE_TEST_SUITE_P(Found, BytecodeLive, testing::ValuesIn(find_pythons(true)), python_test_name);

}  // namespace
}  // namespace flowtap
