// SPDX-License-Identifier: Apache-2.0
// The BPF readers over the memory of live interpreters: they must see what the programs print.
#include "readers.h"
#include "target_image.h"
#include "tests/unit/python/engine_script.h"
#include "tests/unit/python/live_python.h"

namespace flowtap {
namespace {

class BpfReadersLive : public LivePythonTest {
protected:
    void look_into(const std::string& script) {
        ASSERT_NO_FATAL_FAILURE(start(engine_script(script)));
        in_use_.emplace(memory());
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
        const std::uint64_t value = ft_attribute(&py(), python().number(key), &wanted, 0);
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
class Text(str): pass
class Number(int): pass
values = dict(ascii='plain', empty='', latin='n\u00e4he', long='y' * 5000, subclass=Text('sub'), none=None,
              zero=0, small=42, negative=-5, two=2**31 + 7, minus_two=-(2**59) - 1, large=2**60, yes=True,
              number=Number(77), other=[1])
for key, value in values.items():
    show(key, id(value))
)PY"));
    const auto value = [&](const char* key) { return text(python().number(key)); };
    EXPECT_EQ(value("ascii"), "plain");
    EXPECT_EQ(value("empty"), "");
    EXPECT_EQ(value("latin"), "n\xe4he");
    EXPECT_EQ(value("long"), std::string(FT_TEXT_DATA, 'y') + "(cut)");
    EXPECT_EQ(value("subclass"), "(unreadable)");
    EXPECT_EQ(value("none"), "(none)");
    EXPECT_EQ(value("zero"), "0");
    EXPECT_EQ(value("small"), "42");
    EXPECT_EQ(value("negative"), "-5");
    EXPECT_EQ(value("two"), std::to_string((1LL << 31) + 7));
    EXPECT_EQ(value("minus_two"), std::to_string(-(1LL << 59) - 1));
    EXPECT_EQ(value("large"), "(unreadable)");
    EXPECT_EQ(value("yes"), "1");
    EXPECT_EQ(value("number"), "77");
    EXPECT_EQ(value("other"), "(unreadable)");
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
}  // namespace flowtap
