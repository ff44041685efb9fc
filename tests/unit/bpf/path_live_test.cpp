// SPDX-License-Identifier: Apache-2.0
// Paths over the memory of live interpreters: they must lead to what the programs print.
#include <variant>

#include "pipeline/text.h"
#include "profile/python_path.h"
#include "programs.h"
#include "readers.h"
#include "shim_state.h"
#include "target_image.h"
#include "tests/unit/python/engine_script.h"
#include "tests/unit/python/live_python.h"

namespace flowtap::path_live_test {
namespace {

constexpr std::uint32_t kTgid = 4242;
constexpr std::uint32_t kPath = 1;

__u8 kind_of(const PathStep& step) {
    if (step.kind == PathStep::Kind::kItem) return FT_STEP_ITEM;
    if (step.kind == PathStep::Kind::kIndex) return FT_STEP_INDEX;
    if (step.name == "__class__") return FT_STEP_CLASS;
    if (step.name == "__name__") return FT_STEP_NAME;
    if (step.name == "__qualname__") return FT_STEP_QUALNAME;
    return step.name == "__module__" ? FT_STEP_MODULE : FT_STEP_ATTRIBUTE;
}

class PathsLive : public LivePythonTest {
protected:
    void look_into(const std::string& script) {
        ASSERT_NO_FATAL_FAILURE(start(engine_script(script)));
        in_use_.emplace(memory());
        shim::reset();
        shim::put("targets", kTgid, interpreter().layout().bpf);
        shim::put("names", std::uint32_t{FT_ENUM_VALUE}, name_of("_value_"));
    }
    // Tells the programs of a path whose local is an object that the script has shown.
    ft_path tell(const PythonPath& path, bool hashes = true) {
        ft_path told = {};
        told.hash = hashes ? lookup().hash_of(path.local) : 0;
        told.slot = told.position = told.closure = -1;
        for (const PathStep& step : path.steps) {
            ft_step& one = told.at[told.steps];
            one.hash = hashes ? lookup().hash_of(step.name) : 0;
            one.kind = kind_of(step);
            one.name = static_cast<__u16>(step.kind == PathStep::Kind::kIndex ? step.index : told.steps);
            if (step.kind == PathStep::Kind::kAttribute)
                shim::put("names", std::uint32_t{told.steps}, name_of(step.name));
            ++told.steps;
        }
        shim::put("paths", kPath, told);
        return told;
    }
    std::string text(std::uint64_t object) const {
        ft_text text = {};
        ft_text_object(&interpreter().layout().bpf, &text, object);
        if (object == 0 || (text.flags & FT_TEXT_UNREADABLE) != 0) return "(unreadable)";
        return to_label(text);
    }
    // What the path gives that is written so.
    std::string value(const std::string& written, bool hashes = true) {
        const auto path = std::get<PythonPath>(parse_python_path(written));
        tell(path, hashes);
        return text(plain_value(path_end(python().number(path.local), kPath, kTgid), kTgid));
    }

private:
    std::optional<MemoryInUse> in_use_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PathsLive);
INSTANTIATE_TEST_SUITE_P(Found, PathsLive, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(PathsLive, GoThroughSlotsAndClassAttributes) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
import dataclasses
class Base:
    family = 'base family'
    queue = 'base queue'
class Task(Base):
    queue = 'task queue'
    limit = 7
    def __init__(self): self.name = 'own name'
    @property
    def computed(self): return self.name
class Slotted:
    __slots__ = ('id', 'name', 'unset')
    kind = 'class of slots'
    def __init__(self): self.id, self.name = 'slot id', 'slot name'
class Heir(Slotted):
    __slots__ = ('extra',)
class Both(Slotted): pass
@dataclasses.dataclass(frozen=True, slots=True)
class Data:
    name: str
    task: object
task, slotted, heir, both, data = Task(), Slotted(), Heir(), Both(), Data('data', Slotted())
heir.extra = 'more'; both.also = 'in the dict'; none = None
for key in ('task', 'slotted', 'heir', 'both', 'data', 'Task', 'none'): show(key, id(globals()[key]))
)PY"));
    EXPECT_EQ(value("task.name"), "own name");
    EXPECT_EQ(value("task.queue"), "task queue");
    EXPECT_EQ(value("task.family"), "base family");
    EXPECT_EQ(value("task.limit"), "7");
    EXPECT_EQ(value("Task.family"), "base family") << "of the class itself";
    EXPECT_EQ(value("slotted.id"), "slot id");
    EXPECT_EQ(value("slotted.kind"), "class of slots");
    EXPECT_EQ(value("heir.name"), "slot name");
    EXPECT_EQ(value("heir.extra"), "more");
    EXPECT_EQ(value("both.name"), "slot name");
    EXPECT_EQ(value("both.also"), "in the dict");
    EXPECT_EQ(value("data.name"), "data");
    EXPECT_EQ(value("data.task.id"), "slot id");
    for (const char* nothing : {"task.computed", "task.absent", "slotted.unset", "slotted.absent",
                                "Task.name", "none.name", "task.name.more"})
        EXPECT_EQ(value(nothing), "(unreadable)") << nothing;
}

TEST_P(PathsLive, GoThroughItems) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
import collections
class Message: pass
message = Message()
message.labels = {'queue': 'mail', 'nested': {'id': 'deep'}, 5: 'five', 'tries': 3}
message.args = ['first', ('second', {'key': 'third'})]
large = {'key %d' % i: i for i in range(5000)}
odd = {1: 'general'}; odd['text'] = 'of a general table'
ordered = collections.OrderedDict(a='ordered'); default = collections.defaultdict(str, b='default')
emptied = {str(i): i for i in range(100)}
for i in range(99): del emptied[str(i)]
split = vars(message); name = 'text'
for key in ('message', 'large', 'odd', 'ordered', 'default', 'emptied', 'split', 'name'):
    show(key, id(globals()[key]))
)PY"));
    EXPECT_EQ(value("message.labels['queue']"), "mail");
    EXPECT_EQ(value("message.labels['nested']['id']"), "deep");
    EXPECT_EQ(value("message.labels['tries']"), "3");
    EXPECT_EQ(value("message.args[0]"), "first");
    EXPECT_EQ(value("message.args[1][0]"), "second");
    EXPECT_EQ(value("message.args[1][1]['key']"), "third");
    EXPECT_EQ(value("large['key 4321']"), "4321");
    EXPECT_EQ(value("odd['text']"), "of a general table");
    EXPECT_EQ(value("ordered['a']"), "ordered");
    EXPECT_EQ(value("default['b']"), "default");
    EXPECT_EQ(value("emptied['99']"), "99");
    EXPECT_EQ(value("split['labels']['queue']"), "mail");
    for (const char* nothing : {"message.labels['absent']", "message.args[2]", "message.args['queue']",
                                "message.labels[0]", "message['labels']", "emptied['5']", "name[0]"})
        EXPECT_EQ(value(nothing), "(unreadable)") << nothing;
}

TEST_P(PathsLive, GoToTheNamesOfFunctionsAndClasses) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
import functools
class Outer:
    class Inner:
        def method(self): pass
    def __init__(self): self.__name__ = 'its own'
def decorated(function):
    @functools.wraps(function)
    def wrapper(*args): return function(*args)
    return wrapper
@decorated
def task(): pass
class Job: pass
job = Job(); job.fn, job.type, job.bound, job.builtin = task, Outer.Inner, Outer.Inner().method, len
job.partial = functools.partial(task); outer, inner = Outer(), Outer.Inner()
task.task_name = 'on the function'
for key in ('job', 'outer', 'inner', 'sys'): show(key, id(globals()[key]))
)PY"));
    EXPECT_EQ(value("job.fn.__name__"), "task");
    EXPECT_EQ(value("job.fn.__qualname__"), "task");
    EXPECT_EQ(value("job.fn.__module__"), "__main__");
    EXPECT_EQ(value("job.fn.task_name"), "on the function");
    EXPECT_EQ(value("job.type.__name__"), "Inner");
    EXPECT_EQ(value("job.type.__qualname__"), "Outer.Inner");
    EXPECT_EQ(value("job.type.__module__"), "__main__");
    EXPECT_EQ(value("job.bound.__name__"), "method");
    EXPECT_EQ(value("job.bound.__qualname__"), "Outer.Inner.method");
    EXPECT_EQ(value("inner.__class__.__qualname__"), "Outer.Inner");
    EXPECT_EQ(value("inner.__module__"), "__main__");
    EXPECT_EQ(value("outer.__name__"), "its own");
    EXPECT_EQ(value("sys.__name__"), "sys");
    for (const char* nothing : {"job.builtin.__name__", "job.partial.__name__", "inner.__name__"})
        EXPECT_EQ(value(nothing), "(unreadable)") << nothing;
}

// What needs no hash goes on without.
TEST_P(PathsLive, AreUnreadableWhereHashesAreNotKnown) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
class Slotted:
    __slots__ = ('name', '__dict__')
one = Slotted(); one.name = 'slot'; one.own = 'dict'; one.items = ['item']; one.map = {'key': 'value'}
show('one', id(one))
)PY"));
    EXPECT_EQ(value("one.own", false), "dict");
    EXPECT_EQ(value("one.items[0]", false), "item");
    EXPECT_EQ(value("one.name", false), "(unreadable)");
    EXPECT_EQ(value("one.map['key']", false), "(unreadable)");
}

TEST_P(PathsLive, BeginWithArgumentsOfACall) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
import ctypes
arguments = (ctypes.py_object * 4)('first', 'second', 'third', 'fourth')
keywords = ('context', 'other'); few = ('other',)
show('arguments', ctypes.addressof(arguments))
for key in ('keywords', 'few'): show(key, id(globals()[key]))
)PY"));
    const auto argument = [&](int position, const char* name, std::uint64_t count, const char* keywords) {
        ft_path path = tell({name, {}});
        path.position = static_cast<__s16>(position);
        shim::put("paths", kPath, path);
        const std::uint64_t names = *keywords == '\0' ? 0 : python().number(keywords);
        return text(start_in_arguments(python().number("arguments"), count, names, kPath, kTgid));
    };
    constexpr std::uint64_t kOffset = 1ULL << 63;
    EXPECT_EQ(argument(1, "context", 2, ""), "first");
    EXPECT_EQ(argument(2, "context", 2 | kOffset, ""), "second") << "PY_VECTORCALL_ARGUMENTS_OFFSET";
    EXPECT_EQ(argument(3, "context", 2, "keywords"), "third");
    EXPECT_EQ(argument(3, "other", 2 | kOffset, "keywords"), "fourth");
    EXPECT_EQ(argument(-1, "other", 0, "few"), "first");
    EXPECT_EQ(argument(3, "context", 2, ""), "(unreadable)") << "it has its default";
    EXPECT_EQ(argument(3, "context", 2, "few"), "(unreadable)");
    EXPECT_EQ(argument(-1, "context", 4, ""), "(unreadable)");
}

TEST_P(PathsLive, BeginWithVariablesFromAroundAFunction) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
def outer(name, number):
    unused = 1
    def inner(first):
        later = first
        return name, number, later
    return inner
inner = outer('closure name', 12)
show('inner', id(inner)); show('outer', id(outer)); show('code', id(inner.__code__))
)PY"));
    const auto around = [&](const char* function, const char* name) {
        const auto variable = lookup().variable(python().number("code"), name);
        ft_path path = tell({name, {}});
        path.closure = static_cast<__s16>(variable.value_or(Variable{}).closure);
        shim::put("paths", kPath, path);
        return text(start_in_closure(python().number(function), kPath, kTgid));
    };
    EXPECT_EQ(around("inner", "name"), "closure name");
    EXPECT_EQ(around("inner", "number"), "12");
    EXPECT_EQ(around("inner", "first"), "(unreadable)") << "an argument";
    EXPECT_EQ(around("inner", "later"), "(unreadable)");
    EXPECT_EQ(around("outer", "name"), "(unreadable)") << "a function without a closure";
}

}  // namespace
}  // namespace flowtap::path_live_test
