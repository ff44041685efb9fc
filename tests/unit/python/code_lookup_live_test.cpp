// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "engine_script.h"
#include "live_python.h"

namespace flowtap::code_lookup_live_test {

namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class CodeLookupLive : public LivePythonTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CodeLookupLive);
INSTANTIATE_TEST_SUITE_P(Found, CodeLookupLive, testing::ValuesIn(find_pythons(true)), python_test_name);

constexpr const char* kShowCodes = R"PY(
from engine.core import plain, coroutine, Base, Left
for name, function in dict(plain=plain, coroutine=coroutine, execute=Base.execute, static=Base.static,
                           build=Base.build.__func__, decorated=Base.decorated, method=Base.Inner.method,
                           inherited=Base.inherited).items():
    show(name, id(function.__code__))
    show('flags_' + name, function.__code__.co_flags)
show('Base', id(Base)); show('Left', id(Left)); show('Inner', id(Base.Inner))
)PY";

// Classes, and whether they had an object.
constexpr const char* kShowClasses = R"PY(
class Plain: pass
class Bare(Plain): pass
class Assigns:
    def __init__(self):
        self.one, self.two = 1, 2
class Made(Assigns): pass
class Full:
    def __init__(self):
        for number in range(40): setattr(self, f'a{number}', number)
exec('class Crowded:\n def __init__(self):' + ''.join(f' self.a{n} = {n};' for n in range(40)))
class Failure(LookupError): pass
class Slots:
    __slots__ = ('one',)
Bare(), Made()
for kept in [Full() for _ in range(3)]: pass
for one in (Plain, Bare, Assigns, Crowded, Made, Full, Failure, Slots): show(one.__name__, id(one))
wait('first')
Crowded()
wait('second')
Assigns()
)PY";

TEST_P(CodeLookupLive, TellsClassesThatNeverHadAnObject) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(kShowClasses)));
    UnchangedWords words;
    const auto never_made = [&](const char* name) {
        return lookup().never_made(python().number(name), words);
    };
    EXPECT_TRUE(never_made("Plain"));
    EXPECT_TRUE(never_made("Assigns")) << "3.14 knows the names of its attributes before";
    EXPECT_TRUE(never_made("Crowded"));
    EXPECT_EQ(words.size(), 3u);
    EXPECT_TRUE(words.unchanged(memory()));
    for (const char* name : {"Bare", "Made", "Full"}) EXPECT_FALSE(never_made(name)) << name;
    for (const char* name : {"Failure", "Slots"}) EXPECT_FALSE(never_made(name)) << name << " does not tell";
    EXPECT_FALSE(lookup().never_made(0x1000, words));
    EXPECT_EQ(words.size(), 3u);
    ASSERT_NO_FATAL_FAILURE(go_on());
    EXPECT_FALSE(words.unchanged(memory()));
    EXPECT_FALSE(never_made("Crowded"));
    words = UnchangedWords();
    EXPECT_TRUE(never_made("Assigns"));
    EXPECT_TRUE(words.unchanged(memory()));
    ASSERT_NO_FATAL_FAILURE(go_on());
    EXPECT_FALSE(words.unchanged(memory()));
    EXPECT_FALSE(never_made("Assigns"));
    EXPECT_TRUE(never_made("Plain"));
}

TEST_P(CodeLookupLive, FindsAFunctionOfAModule) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(kShowCodes)));
    const auto code = lookup().find_function("engine.core", "plain");
    ASSERT_TRUE(code) << code.error().message();
    EXPECT_EQ(code->code_address, python().number("plain"));
    EXPECT_EQ(code->flags, python().number("flags_plain"));
    EXPECT_EQ(code->qualname, "plain");
    EXPECT_EQ(code->owner_type, 0U);
    EXPECT_FALSE(code->coroutine);
}

TEST_P(CodeLookupLive, TellsACoroutineFromAnAsyncGenerator) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(kShowCodes)));
    const auto coroutine = lookup().find_function("engine.core", "coroutine");
    const auto generator = lookup().find_function("engine.core", "async_generator");
    ASSERT_TRUE(coroutine && generator);
    EXPECT_EQ(coroutine->code_address, python().number("coroutine"));
    EXPECT_TRUE(coroutine->coroutine);
    EXPECT_FALSE(generator->coroutine);
}

TEST_P(CodeLookupLive, FindsMethodsThroughClassesAndDescriptors) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(kShowCodes)));
    for (const char* const name : {"execute", "static", "build"}) {
        const auto code = lookup().find_function("engine.core", std::string("Base.") + name);
        ASSERT_TRUE(code) << code.error().message();
        EXPECT_EQ(code->code_address, python().number(name)) << name;
        EXPECT_EQ(code->owner_type, python().number("Base")) << name;
    }
    const auto nested = lookup().find_function("engine.core", "Base.Inner.method");
    ASSERT_TRUE(nested) << nested.error().message();
    EXPECT_EQ(nested->code_address, python().number("method"));
    EXPECT_EQ(nested->owner_type, python().number("Inner"));
    EXPECT_EQ(nested->qualname, "Base.Inner.method");
}

TEST_P(CodeLookupLive, FindsAnInheritedMethodAndNamesTheClassItWasAskedIn) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(kShowCodes)));
    const auto code = lookup().find_function("engine.core", "Left.inherited");
    ASSERT_TRUE(code) << code.error().message();
    EXPECT_EQ(code->code_address, python().number("inherited"));
    EXPECT_EQ(code->owner_type, python().number("Left"));
    EXPECT_EQ(code->qualname, "Base.inherited");
}

TEST_P(CodeLookupLive, TakesADecoratorsWrapperForTheFunction) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(kShowCodes)));
    const auto code = lookup().find_function("engine.core", "Base.decorated");
    ASSERT_TRUE(code) << code.error().message();
    EXPECT_EQ(code->code_address, python().number("decorated"));
    EXPECT_EQ(code->qualname, "wraps.<locals>.wrapper");
}

TEST_P(CodeLookupLive, SaysWhichPartOfANameIsMissing) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const auto message = [&](const char* module, const char* qualname) {
        const auto code = lookup().find_function(module, qualname);
        return code ? std::string("found") : code.error().message();
    };
    EXPECT_THAT(message("engine.other", "plain"), HasSubstr("module engine.other is not imported"));
    EXPECT_THAT(message("engine.absent", "plain"), HasSubstr("is not imported"));
    EXPECT_THAT(message("engine.core", "Missing.execute"), HasSubstr("no 'Missing'"));
    EXPECT_THAT(message("engine.core", "Base.missing"), HasSubstr("no 'missing'"));
    EXPECT_THAT(message("engine.core", "plain.inner"), HasSubstr("'plain' is not a class"));
    EXPECT_EQ(
        message("engine.core", "builtin"),
        "find Python function engine.core:builtin: its type is 'builtin_function_or_method', not a Python "
        "function");
    EXPECT_EQ(message("engine.core", "number"),
              "find Python function engine.core:number: its type is 'int', not a Python function");
    const auto no_class = lookup().find_class("engine.core", "plain");
    ASSERT_FALSE(no_class);
    EXPECT_EQ(no_class.error().message(), "find Python function engine.core:plain: it is not a class");
    const auto no_call = lookup().find_c_function("engine.core", "plain");
    ASSERT_FALSE(no_call);
    EXPECT_EQ(no_call.error().message(),
              "find the call of engine.core:plain: it is neither a class nor a function written in C");
    EXPECT_THAT(message("engine.core", ""), HasSubstr("no ''"));
    EXPECT_THAT(message("engine.core", "Base..execute"), HasSubstr("no ''"));
}

TEST_P(CodeLookupLive, FindsEachOverrideOnce) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
from engine.core import Base, Left, Deep, Bottom
show('base', id(Base)); show('left', id(Left)); show('deep', id(Deep))
for c in (Left, Deep, Bottom):
    show(c.__name__, id(c.execute.__code__))
)PY")));
    const auto overrides = lookup().find_overrides(python().number("base"), "execute").functions;
    std::vector<std::uint64_t> addresses;
    for (const PythonCode& code : overrides) {
        addresses.push_back(code.code_address);
        EXPECT_EQ(code.coroutine, code.owner_type == python().number("deep"));
    }
    EXPECT_THAT(addresses, UnorderedElementsAre(python().number("Left"), python().number("Deep"),
                                                python().number("Bottom")));
    EXPECT_TRUE(lookup().find_overrides(python().number("deep"), "execute").functions.empty());
    EXPECT_TRUE(lookup().find_overrides(python().number("base"), "nothing").functions.empty());
}

TEST_P(CodeLookupLive, FindsTheSlotsOfArgumentsLocalsAndCells) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
from engine.core import plain
show('code', id(plain.__code__)); show('inner', id(plain(1).__code__))
)PY")));
    const std::uint64_t code = python().number("code");
    EXPECT_EQ(lookup().local_slot(code, "first"), 0);
    EXPECT_EQ(lookup().local_slot(code, "second"), 1);
    EXPECT_EQ(lookup().local_slot(code, "key"), 2);
    EXPECT_EQ(lookup().local_slot(code, "rest"), 3);
    EXPECT_EQ(lookup().local_slot(code, "keywords"), 4);
    EXPECT_EQ(lookup().local_slot(code, "local"), 5);
    EXPECT_EQ(lookup().local_slot(code, "captured"), 7);
    EXPECT_EQ(lookup().local_slot(python().number("inner"), "captured"), 0);
    EXPECT_EQ(lookup().local_slot(code, "other"), std::nullopt);
}

TEST_P(CodeLookupLive, KnowsWhichModulesAreLoaded) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::vector<std::string> present = {"nothing", "engine.core"};
    const std::vector<std::string> absent = {"nothing", "engine.absent", "engine", "engine.cor",
                                             "engine.core2"};
    EXPECT_TRUE(lookup().any_module_loaded(present));
    EXPECT_FALSE(lookup().any_module_loaded(absent));
    EXPECT_FALSE(lookup().any_module_loaded({}));
}

TEST_P(CodeLookupLive, FindsModulesAmongManyWithOddNames) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
for i in range(3000):
    sys.modules['filler%d' % i] = types.ModuleType('filler')
sys.modules[7] = types.ModuleType('seven')
late = types.ModuleType('late')
exec('def run(): pass', late.__dict__)
sys.modules['späte_名'] = late
show('run', id(late.run.__code__))
)PY")));
    const auto code = lookup().find_function("späte_名", "run");
    ASSERT_TRUE(code) << code.error().message();
    EXPECT_EQ(code->code_address, python().number("run"));
}

}  // namespace

}  // namespace flowtap::code_lookup_live_test
