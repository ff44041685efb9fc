// SPDX-License-Identifier: Apache-2.0
#include "engine_script.h"
#include "live_python.h"

namespace flowtap::object_reader_live_test {

namespace {

class ObjectReaderLive : public LivePythonTest {
protected:
    // The text of an attribute of the object whose id the script printed under that key.
    std::string attribute(const std::string& key, const char* name) const {
        const auto value = objects().instance_attribute(python().number(key), name);
        if (!value) return "(absent)";
        return objects().text(*value).value_or("(no str)");
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ObjectReaderLive);
INSTANTIATE_TEST_SUITE_P(Found, ObjectReaderLive, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(ObjectReaderLive, ReadsStringsOfEveryKind) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
class Text(str): pass
texts = dict(ascii='plain', empty='', latin='n\u00e4he', wide='\u540d\u524d', astral='a\U0001f600', lone='x\ud800',
             long='y' * 5000, subclass=Text('sub'), number=5)
for key, value in texts.items():
    show(key, id(value))
)PY")));
    const auto text = [&](const char* key) { return objects().text(python().number(key)); };
    EXPECT_EQ(text("ascii"), "plain");
    EXPECT_EQ(text("empty"), "");
    EXPECT_EQ(text("latin"), "nähe");
    EXPECT_EQ(text("wide"), "名前");
    EXPECT_EQ(text("astral"), "a😀");
    EXPECT_EQ(text("lone"), "x\xef\xbf\xbd");
    EXPECT_EQ(text("long"), std::nullopt);
    EXPECT_EQ(text("subclass"), std::nullopt);
    EXPECT_EQ(text("number"), std::nullopt);
}

TEST_P(ObjectReaderLive, ReadsAttributesWhereverAnInstanceKeepsThem) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
class Node:
    def __init__(self, tag):
        self.name = tag + '-name'
        self.node_id = tag + '-n\u00e4he'
class Sub(Node):
    def __init__(self, tag):
        super().__init__(tag)
        self.extra = tag + '-extra'
class Slotted:
    __slots__ = ('fixed', '__dict__')
class Failure(Exception): pass
inline, materialised, replaced, odd = Node('inline'), Node('materialised'), Node('replaced'), Node('odd')
sub, slotted, failure, bare = Sub('sub'), Slotted(), Failure(), Node('bare')
vars(materialised)
replaced.__dict__ = {'name': 'other', 'later': 'more'}
odd.__dict__[5] = 'five'; odd.added = 'added'
slotted.name = 'slotted-name'; failure.name = 'failure-name'
del bare.name
keep = [inline, materialised, replaced, odd, sub, slotted, failure, bare]
for key in ('inline', 'materialised', 'replaced', 'odd', 'sub', 'slotted', 'failure', 'bare'):
    show(key, id(globals()[key]))
)PY")));
    for (const std::string key : {"inline", "materialised", "odd", "sub"}) {
        EXPECT_EQ(attribute(key, "name"), key + "-name");
        EXPECT_EQ(attribute(key, "node_id"), key + "-nähe");
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
    EXPECT_EQ(attribute("bare", "node_id"), "bare-nähe");
}

TEST_P(ObjectReaderLive, ReadsAnInstanceOfManyAttributes) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
class Wide:
    def __init__(self):
        for i in range(50):
            setattr(self, 'attribute_%d' % i, 'value %d' % i)
wide = Wide()
show('wide', id(wide))
)PY")));
    for (const int i : {0, 1, 28, 29, 30, 31, 49}) {
        EXPECT_EQ(attribute("wide", ("attribute_" + std::to_string(i)).c_str()),
                  "value " + std::to_string(i));
    }
    EXPECT_EQ(attribute("wide", "attribute_50"), "(absent)");
}

TEST_P(ObjectReaderLive, ReadsDictsOfEveryKind) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
names = {'k%d' % i: 'v%d' % i for i in range(70000)}
for i in range(0, 70000, 2):
    del names['k%d' % i]
mixed = {1: 'one', (2,): 'two', 'three': 'drei'}
empty = {}
show('names', id(names)); show('mixed', id(mixed)); show('empty', id(empty)); show('list', id([1]))
)PY")));
    const auto value = [&](const char* dict, const char* key) {
        const auto found = objects().dict_value(python().number(dict), key);
        return found ? objects().text(*found).value_or("(no str)") : "(absent)";
    };
    EXPECT_EQ(value("names", "k69999"), "v69999");
    EXPECT_EQ(value("names", "k69998"), "(absent)");
    EXPECT_EQ(objects().dict_entries(python().number("names"))->size(), 35000U);
    EXPECT_EQ(value("mixed", "three"), "drei");
    EXPECT_EQ(objects().dict_entries(python().number("mixed"))->size(), 3U);
    EXPECT_EQ(objects().dict_entries(python().number("empty"))->size(), 0U);
    EXPECT_FALSE(objects().dict_entries(python().number("list")));
}

TEST_P(ObjectReaderLive, ReadsTuplesAndTypes) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
from engine.core import Bottom, Left
pair = ('a', 'b')
show('pair', id(pair)); show('first', id(pair[0])); show('second', id(pair[1])); show('Bottom', id(Bottom))
show('object', id(Bottom())); show('Left', id(Left))
)PY")));
    const std::vector<std::uint64_t> expected = {python().number("first"), python().number("second")};
    EXPECT_EQ(objects().tuple_items(python().number("pair")), expected);
    EXPECT_EQ(objects().tuple_items(python().number("Bottom")), std::nullopt);
    EXPECT_EQ(objects().type_name(python().number("Bottom")), "Bottom");
    EXPECT_TRUE(objects().is_type(python().number("Bottom")));
    EXPECT_FALSE(objects().is_type(python().number("pair")));
    EXPECT_FALSE(objects().own_type_attribute(python().number("Bottom"), "inherited"));
    EXPECT_TRUE(objects().type_attribute(python().number("Bottom"), "inherited"));
}

}  // namespace

}  // namespace flowtap::object_reader_live_test
