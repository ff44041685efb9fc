// SPDX-License-Identifier: Apache-2.0
// Steps between objects that are not as CPython makes them.
#include <gtest/gtest.h>

#include "target_image.h"

namespace flowtap::path_test {
namespace {

constexpr std::uint64_t kNoObject = 0xdead0000;

class PathSteps : public testing::TestWithParam<unsigned> {
protected:
    PathSteps() {
        image_.py.member_type = image_.type(0);
        image_.py.method_type = image_.type(0);
        image_.py.function_type = image_.type(0);
    }
    std::uint64_t list(std::uint64_t flag, std::uint64_t size, std::uint64_t items) {
        const std::uint64_t object = image_.object(image_.type(flag), 64);
        image_.memory.put(object + image_.py.tuple_size, size);
        image_.memory.put(object + FT_LIST_ITEMS, items);
        return object;
    }
    std::uint64_t slot(std::uint32_t type, std::uint64_t offset) {
        const std::uint64_t member = image_.block(32);
        image_.memory.put(member + FT_MEMBER_TYPE, type);
        image_.memory.put(member + FT_MEMBER_OFFSET, offset);
        const std::uint64_t descriptor = image_.object(image_.py.member_type, FT_MEMBER + 8);
        image_.memory.put(descriptor + FT_MEMBER, member);
        return descriptor;
    }

    TargetImage image_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Minor, PathSteps, testing::ValuesIn(all_minors()));

TEST_P(PathSteps, IntoHostileSequencesLeadNowhere) {
    const std::uint64_t items = image_.block(16);
    image_.memory.put<std::uint64_t>(items + 8, 0x222);
    EXPECT_EQ(ft_sequence_item(&image_.py, list(FT_TYPE_LIST_SUBCLASS, 2, items), 1), 0x222u);
    EXPECT_EQ(ft_sequence_item(&image_.py, list(FT_TYPE_LIST_SUBCLASS, 1, items), 1), 0u);
    EXPECT_EQ(ft_sequence_item(&image_.py, list(FT_TYPE_LIST_SUBCLASS, ~0ULL, kNoObject), 1), 0u);
    EXPECT_EQ(ft_sequence_item(&image_.py, list(0, 2, items), 1), 0u) << "no list";
    EXPECT_EQ(ft_sequence_item(&image_.py, kNoObject, 0), 0u);
    EXPECT_EQ(ft_sequence_item(&image_.py, 0, 0), 0u);
}

TEST_P(PathSteps, ReadOnlySlotsThatHoldObjects) {
    const std::uint64_t object = image_.object(image_.type(0));
    image_.memory.put<std::uint64_t>(object + 16, 0x333);
    EXPECT_EQ(ft_value_from_class(&image_.py, object, slot(FT_MEMBER_OBJECT_EX, 16)), 0x333u);
    EXPECT_EQ(ft_value_from_class(&image_.py, object, slot(FT_MEMBER_OBJECT, 16)), 0x333u);
    EXPECT_EQ(ft_value_from_class(&image_.py, object, slot(1, 16)), 0u) << "an int of C";
    EXPECT_EQ(ft_value_from_class(&image_.py, object, slot(FT_MEMBER_OBJECT_EX, ~0ULL >> 1)), 0u);
    EXPECT_EQ(ft_value_from_class(&image_.py, object, kNoObject), kNoObject) << "not a slot";
    EXPECT_EQ(ft_value_from_class(&image_.py, object, 0), 0u);
    const std::uint64_t type = image_.object(image_.type(FT_TYPE_TYPE_SUBCLASS));
    EXPECT_EQ(ft_value_from_class(&image_.py, type, slot(FT_MEMBER_OBJECT_EX, 16)), 0u)
        << "the class itself has no value there";
}

TEST_P(PathSteps, IntoHostileDictsLeadNowhere) {
    const std::uint64_t type = image_.type(FT_TYPE_DICT_SUBCLASS);
    const auto dict = [&](std::uint64_t keys) {
        const std::uint64_t object = image_.object(type, image_.py.dict_values + 8);
        image_.memory.put(object + image_.py.dict_keys, keys);
        return object;
    };
    EXPECT_EQ(ft_dict_item(&image_.py, dict(kNoObject), 5), 0u);
    EXPECT_EQ(ft_dict_item(&image_.py, dict(~0ULL), 5), 0u);
    EXPECT_EQ(ft_dict_item(&image_.py, dict(0), 5), 0u);
    const std::uint64_t keys = image_.keys({{"a", 1}}, TargetImage::Table::kUnicode);
    image_.memory.put<std::uint8_t>(keys + image_.py.keys_log2_size, 0xff);
    EXPECT_EQ(ft_dict_item(&image_.py, dict(keys), 5), 0u);
    EXPECT_TRUE(ft_is_dict(&image_.py, dict(0)));
    EXPECT_FALSE(ft_is_dict(&image_.py, image_.object(image_.type(0))));
}

TEST_P(PathSteps, ToNamesOfHostileObjectsLeadNowhere) {
    for (const __u8 kind : {FT_STEP_NAME, FT_STEP_QUALNAME, FT_STEP_MODULE}) {
        EXPECT_EQ(ft_own_name(&image_.py, kNoObject, kind), 0u);
        EXPECT_EQ(ft_own_name(&image_.py, image_.object(image_.py.method_type), kind), 0u);
        EXPECT_EQ(ft_own_name(&image_.py, image_.object(image_.type(0)), kind), 0u);
    }
    const std::uint64_t built_in = image_.type(0);
    image_.memory.put(built_in + FT_OBJECT_TYPE, image_.type(FT_TYPE_TYPE_SUBCLASS));
    EXPECT_EQ(ft_own_name(&image_.py, built_in, FT_STEP_NAME), 0u) << "a class that is no heap type";
}

TEST_P(PathSteps, IntoHostileClosuresLeadNowhere) {
    const std::uint64_t function = image_.object(image_.py.function_type, 128);
    EXPECT_EQ(ft_closure_value(&image_.py, function, 0), 0u) << "it has none";
    image_.memory.put(function + FT_FUNCTION_CLOSURE, kNoObject);
    EXPECT_EQ(ft_closure_value(&image_.py, function, 0), 0u);
    EXPECT_EQ(ft_closure_value(&image_.py, 0, 0), 0u);
}

}  // namespace
}  // namespace flowtap::path_test
