// SPDX-License-Identifier: Apache-2.0
// The BPF readers over the memory of live interpreters: they must see what the programs print.
#include "pipeline/text.h"
#include "programs.h"
#include "readers.h"
#include "shim_state.h"
#include "target_image.h"
#include "tests/unit/python/engine_script.h"
#include "tests/unit/python/live_python.h"

namespace flowtap::live_test {
namespace {

constexpr std::uint32_t kTgid = 4242;

class BpfReadersLive : public LivePythonTest {
protected:
    void look_into(const std::string& script) {
        ASSERT_NO_FATAL_FAILURE(start(engine_script(script)));
        in_use_.emplace(memory());
        shim::reset();
        shim::put("targets", kTgid, py());
        shim::put("names", std::uint32_t{FT_ENUM_VALUE}, name_of("_value_"));
    }
    const ft_python& py() const { return interpreter().layout().bpf; }

    std::string text(std::uint64_t object) const {
        ft_text text = {};
        ft_text_object(&py(), &text, object);
        if (text.encoding == FT_TEXT_NONE) return text.flags & FT_TEXT_UNREADABLE ? "(unreadable)" : "(none)";
        if (text.encoding == FT_TEXT_INTEGER) {
            std::int64_t value = 0;
            std::memcpy(&value, text.data, sizeof(value));
            return std::to_string(value);
        }
        return std::string(text.data, text.length) + (text.flags & FT_TEXT_TRUNCATED ? "(cut)" : "");
    }
    // Of the object whose id the script printed under that key.
    std::string attribute(const std::string& key, const char* name) const {
        const ft_name wanted = name_of(name);
        std::uint64_t value = FT_MORE_KEYS;
        for (unsigned part = 0; part < FT_MAX_KEY_PARTS && value == FT_MORE_KEYS; ++part)
            value = ft_attribute(&py(), python().number(key), &wanted, part * FT_MAX_KEYS);
        return value == 0 ? "(absent)" : text(value);
    }

private:
    std::optional<MemoryInUse> in_use_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BpfReadersLive);
INSTANTIATE_TEST_SUITE_P(Found, BpfReadersLive, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(BpfReadersLive, ReadAttributesWhereverAnInstanceKeepsThem) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
class Node:
    def __init__(self, tag):
        self.name = tag + '-name'
        self.node_id = tag + '-id'
class Sub(Node):
    def __init__(self, tag):
        super().__init__(tag)
        self.extra = tag + '-extra'
class Slotted:
    __slots__ = ('fixed', '__dict__')
class Failure(Exception): pass
class Wide:
    def __init__(self):
        for i in range(50):
            setattr(self, 'attribute_%d' % i, 'value %d' % i)
inline, materialised, replaced, odd = Node('inline'), Node('materialised'), Node('replaced'), Node('odd')
sub, slotted, failure, bare, wide = Sub('sub'), Slotted(), Failure(), Node('bare'), Wide()
vars(materialised)
replaced.__dict__ = {'name': 'other', 'later': 'more'}
odd.__dict__[5] = 'five'; odd.added = 'added'
slotted.name = 'slotted-name'; failure.name = 'failure-name'
del bare.name
for key in ('inline', 'materialised', 'replaced', 'odd', 'sub', 'slotted', 'failure', 'bare', 'wide'):
    show(key, id(globals()[key]))
)PY"));
    for (const std::string key : {"inline", "materialised", "odd", "sub"}) {
        EXPECT_EQ(attribute(key, "name"), key + "-name");
        EXPECT_EQ(attribute(key, "node_id"), key + "-id");
        EXPECT_EQ(attribute(key, "missing"), "(absent)");
    }
    EXPECT_EQ(attribute("sub", "extra"), "sub-extra");
    EXPECT_EQ(attribute("odd", "added"), "added");
    EXPECT_EQ(attribute("replaced", "name"), "other");
    EXPECT_EQ(attribute("replaced", "later"), "more");
    EXPECT_EQ(attribute("replaced", "node_id"), "(absent)");
    EXPECT_EQ(attribute("slotted", "name"), "slotted-name");
    EXPECT_EQ(attribute("failure", "name"), "failure-name");
    EXPECT_EQ(attribute("bare", "name"), "(absent)");
    EXPECT_EQ(attribute("bare", "node_id"), "bare-id");
    EXPECT_EQ(attribute("wide", "attribute_0"), "value 0");
    EXPECT_EQ(attribute("wide", "attribute_49"), "value 49");
}

TEST_P(BpfReadersLive, ReadValuesOfEveryKind) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
import enum, uuid
class Text(str): pass
class Number(int): pass
class Name(enum.StrEnum): ONE = 'str-enum'
class Mixed(str, enum.Enum): ONE = 'mixed-enum'
class Plain(enum.Enum): ONE = 'enum-value'; TWO = 2; THREE = (1, 2)
values = dict(ascii='plain', empty='', latin='n\u00e4he', long='y' * 5000, subclass=Text('sub'), none=None,
              zero=0, small=42, negative=-5, two=2**31 + 7, minus_two=-(2**59) - 1, yes=True, no=False,
              number=Number(77), other=[1], str_enum=Name.ONE, mixed=Mixed.ONE, enum=Plain.ONE,
              enum_int=Plain.TWO, enum_tuple=Plain.THREE, bytes=b'raw', large=2**60, larger=-(2**300) - 1,
              huge=2**800, real=1.5, whole=-3.0, tiny=1e-7, uuid=uuid.UUID(int=0xabc << 100 | 5))
for key, value in values.items():
    show(key, id(value))
)PY"));
    const auto value = [&](const char* key) { return text(plain_value(python().number(key), kTgid)); };
    const auto label = [&](const char* key) {
        ft_text text = {};
        ft_text_object(&py(), &text, python().number(key));
        return to_label(text);
    };
    EXPECT_EQ(value("ascii"), "plain");
    EXPECT_EQ(value("empty"), "");
    EXPECT_EQ(value("latin"), "n\xe4he");
    EXPECT_EQ(value("long"), std::string(FT_TEXT_DATA, 'y') + "(cut)");
    EXPECT_EQ(value("subclass"), "sub");
    EXPECT_EQ(value("none"), "(none)");
    EXPECT_EQ(value("zero"), "0");
    EXPECT_EQ(value("small"), "42");
    EXPECT_EQ(value("negative"), "-5");
    EXPECT_EQ(value("two"), std::to_string((1LL << 31) + 7));
    EXPECT_EQ(value("minus_two"), std::to_string(-(1LL << 59) - 1));
    EXPECT_EQ(value("str_enum"), "str-enum");
    EXPECT_EQ(value("mixed"), "mixed-enum");
    EXPECT_EQ(value("enum"), "enum-value");
    EXPECT_EQ(value("enum_int"), "2");
    EXPECT_EQ(value("enum_tuple"), "(unreadable)");
    EXPECT_EQ(value("bytes"), "raw");
    EXPECT_EQ(label("large"), "1152921504606846976");
    EXPECT_EQ(label("larger"),
              "-20370359763344860862684456884093781610514683936659362506361404493543812997633367"
              "06183397377");
    EXPECT_EQ(value("huge"), "(unreadable)");
    EXPECT_EQ(label("real"), "1.5");
    EXPECT_EQ(label("whole"), "-3.0");
    EXPECT_EQ(label("tiny"), "1e-07");
    EXPECT_EQ(label("uuid"), "0000abc0-0000-0000-0000-000000000005");
    EXPECT_EQ(label("yes"), "True");
    EXPECT_EQ(label("no"), "False");
    EXPECT_EQ(value("number"), "77");
    EXPECT_EQ(value("other"), "(unreadable)");
}

TEST_P(BpfReadersLive, FindWhatAClassHasUnderAName) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
def function(self): pass
class Keeps:
    def __init__(self, function): self.function = function
class Small: execute = function
class Class: execute = classmethod(function)
class Static: execute = staticmethod(function)
class Other:
    def execute(self): pass
class Heir(Small): pass
computed = type('Computed', (), {''.join(['exe', 'cute']): function})
large = type('Large', (), dict({'attribute_%d' % i: i for i in range(3000)}, execute=function))
odd = type('Odd', (), {'execute': function})
names = ['execute', 'nothing']
show('function', id(function)); show('name', id(names[0])); show('nothing', id(names[1]))
for key in ('Small', 'Class', 'Static', 'Other', 'Heir', 'computed', 'large'):
    show(key, id(globals()[key]))
)PY"));
    const std::uint64_t function = python().number("function");
    const auto holds = [&](const char* key, const char* name = "name") {
        const std::uint64_t hash = ft_read_u64(python().number(name) + FT_STR_HASH);
        const std::uint64_t dict = ft_read_u64(python().number(key) + py().type_dict);
        const std::uint64_t value = ft_dict_item(&py(), dict, hash);
        return ft_holds_function(&py(), value, function) != 0;
    };
    for (const char* key : {"Small", "Class", "Static", "computed", "large"}) {
        EXPECT_TRUE(holds(key)) << key;
        EXPECT_FALSE(holds(key, "nothing")) << key;
    }
    EXPECT_FALSE(holds("Other"));
    EXPECT_FALSE(holds("Heir"));
}

TEST_P(BpfReadersLive, ReadNamesOfClasses) {
    ASSERT_NO_FATAL_FAILURE(look_into(R"PY(
class Plain: pass
loud = type('x' * 200, (), {})
show('plain', id(Plain)); show('error', id(KeyError)); show('loud', id(loud))
)PY"));
    const auto name = [&](const char* key) {
        ft_text text = {};
        ft_text_type_name(&py(), &text, python().number(key));
        return std::string(text.data, text.length);
    };
    EXPECT_EQ(name("plain"), "Plain");
    EXPECT_EQ(name("error"), "KeyError");
    EXPECT_EQ(name("loud"), std::string(91, 'x'));
}

}  // namespace
}  // namespace flowtap::live_test
