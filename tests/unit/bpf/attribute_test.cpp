// SPDX-License-Identifier: Apache-2.0
// Attributes of instances, wherever a version of CPython keeps them.
#include <gtest/gtest.h>

#include "target_image.h"

namespace flowtap::attribute_test {
namespace {

using Entries = TargetImage::Entries;
using Table = TargetImage::Table;

constexpr std::uint64_t kNoObject = 0xdead0000;
const Entries kThree = {{"name", 0x111}, {"node_id", 0x222}, {"workflow", 0x333}};

class Attributes : public testing::TestWithParam<unsigned> {
protected:
    std::uint64_t attribute(std::uint64_t object, std::string_view name, unsigned first = 0) {
        const ft_name wanted = name_of(name);
        return ft_attribute(&image_.py, object, &wanted, first);
    }

    std::uint64_t managed_flags() const {
        const bool inlined = image_.py.attributes == FT_ATTRIBUTES_INLINE;
        return FT_TYPE_MANAGED_DICT | (inlined ? FT_TYPE_INLINE_VALUES : 0);
    }
    // Of a class with shared keys, the values where this version keeps them, no dict.
    std::uint64_t instance_with_values(const Entries& entries) {
        const std::uint64_t type = image_.type(managed_flags());
        image_.memory.put(type + image_.py.type_cached_keys, image_.keys(entries, Table::kUnicode));
        return with_values(type, entries);
    }
    std::uint64_t with_values(std::uint64_t type, const Entries& entries) {
        if (image_.py.attributes == FT_ATTRIBUTES_INLINE) {
            const std::uint64_t object =
                image_.object(type, TargetImage::kBasicSize + 8 + 8 * entries.size());
            const std::uint64_t inlined = object + TargetImage::kBasicSize;
            image_.memory.put<std::uint8_t>(inlined + FT_INLINE_VALUES_VALID, 1);
            image_.put_values(inlined, entries);
            return object;
        }
        const std::uint64_t object = image_.object(type);
        const std::uint64_t values = image_.values(entries);
        if (image_.py.attributes == FT_ATTRIBUTES_TAGGED) image_.put_managed_dict(object, values - 1);
        if (image_.py.attributes == FT_ATTRIBUTES_POINTERS)
            image_.memory.put(object - FT_MANAGED_VALUES_OFFSET, values);
        return object;
    }
    // Of a class with shared keys, whose attributes moved into a dict.
    std::uint64_t instance_with_dict(std::uint64_t dict) {
        const std::uint64_t type = image_.type(managed_flags());
        image_.memory.put(type + image_.py.type_cached_keys, image_.keys(kThree, Table::kUnicode));
        const std::uint64_t object = image_.object(type, TargetImage::kBasicSize + 64);
        image_.put_managed_dict(object, dict);
        return object;
    }
    std::uint64_t instance_with_keys(std::uint64_t keys) { return instance_with_dict(image_.dict(keys)); }

    TargetImage image_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Minor, Attributes, testing::ValuesIn(all_minors()));

class InlineAttributes : public Attributes {};
INSTANTIATE_TEST_SUITE_P(Minor, InlineAttributes, testing::Range(13U, kNewestPythonMinor + 1));

TEST_P(Attributes, AreFoundAmongTheValuesOfAnInstance) {
    const std::uint64_t object = instance_with_values(kThree);
    EXPECT_EQ(attribute(object, "name"), 0x111u);
    EXPECT_EQ(attribute(object, "node_id"), 0x222u);
    EXPECT_EQ(attribute(object, "workflow"), 0x333u);
}

TEST_P(Attributes, ThatAreNotThereAreNull) {
    for (const std::uint64_t object :
         {instance_with_values(kThree), instance_with_keys(image_.keys(kThree, Table::kUnicode))}) {
        for (const char* name : {"absent", "nam", "names", "Name", ""})
            EXPECT_EQ(attribute(object, name), 0u) << name;
    }
    EXPECT_EQ(attribute(instance_with_values({{"name", 0}}), "name"), 0u)
        << "a key of the class, not set here";
    EXPECT_EQ(attribute(instance_with_keys(image_.keys({}, Table::kUnicode)), "name"), 0u);
}

TEST_P(Attributes, AreFoundInACombinedDictOfEitherTable) {
    for (const Table table : {Table::kUnicode, Table::kGeneral}) {
        for (const unsigned log2_index_bytes : {3u, 6u, 10u}) {
            const std::uint64_t object = instance_with_keys(image_.keys(kThree, table, log2_index_bytes));
            EXPECT_EQ(attribute(object, "name"), 0x111u);
            EXPECT_EQ(attribute(object, "workflow"), 0x333u);
        }
    }
}

TEST_P(Attributes, AreFoundInASplitDict) {
    const std::uint64_t keys = image_.keys({{"name", 0}, {"node_id", 0}}, Table::kUnicode);
    const std::uint64_t values = image_.values({{"", 0x444}, {"", 0x555}});
    const std::uint64_t object = instance_with_dict(image_.dict(keys, values));
    EXPECT_EQ(attribute(object, "name"), 0x444u);
    EXPECT_EQ(attribute(object, "node_id"), 0x555u);
}

TEST_P(Attributes, AreFoundInTheDictOfATypeThatSaysWhereItIs) {
    const std::uint64_t type = image_.type(0);
    image_.memory.put<std::uint64_t>(type + image_.py.type_dictoffset, 16);
    const std::uint64_t object = image_.object(type);
    image_.memory.put(object + 16, image_.dict(image_.keys(kThree, Table::kGeneral)));
    EXPECT_EQ(attribute(object, "node_id"), 0x222u);
}

TEST_P(Attributes, OfATypeWithoutADictAreNull) {
    const std::uint64_t type = image_.type(0);
    EXPECT_EQ(attribute(image_.object(type), "name"), 0u);
    image_.memory.put<std::int64_t>(type + image_.py.type_dictoffset, -24);
    EXPECT_EQ(attribute(image_.object(type), "name"), 0u)
        << "an offset from the end, as variable-sized types have";
}

TEST_P(InlineAttributes, ThatMovedIntoADictAreReadFromTheDict) {
    const std::uint64_t object = instance_with_values(kThree);
    image_.put_managed_dict(object, image_.dict(image_.keys({{"name", 0x999}}, Table::kUnicode)));
    EXPECT_EQ(attribute(object, "name"), 0x111u) << "still valid: the dict, if any, is a view of them";
    image_.memory.put<std::uint8_t>(object + TargetImage::kBasicSize + FT_INLINE_VALUES_VALID, 0);
    EXPECT_EQ(attribute(object, "name"), 0x999u);
    EXPECT_EQ(attribute(object, "node_id"), 0u);
}

TEST_P(Attributes, OfAManagedDictWithoutInlineValuesAreReadFromTheDict) {
    const std::uint64_t type = image_.type(FT_TYPE_MANAGED_DICT);
    const std::uint64_t object = image_.object(type);
    image_.put_managed_dict(object, image_.dict(image_.keys(kThree, Table::kUnicode)));
    EXPECT_EQ(attribute(object, "node_id"), 0x222u);
}

TEST_P(Attributes, OfLargeObjectsAreLookedForInParts) {
    Entries many;
    for (std::uint64_t i = 0; i < FT_MAX_KEYS + 2; i++)
        many.emplace_back("key" + std::to_string(i), 0x1000 + i);
    for (const Table table : {Table::kUnicode, Table::kGeneral}) {
        const std::uint64_t object = instance_with_keys(image_.keys(many, table));
        EXPECT_EQ(attribute(object, "key0"), 0x1000u);
        EXPECT_EQ(attribute(object, "key" + std::to_string(FT_MAX_KEYS - 1)), 0x1000u + FT_MAX_KEYS - 1);
        const std::string behind = "key" + std::to_string(FT_MAX_KEYS);
        EXPECT_EQ(attribute(object, behind), FT_MORE_KEYS);
        EXPECT_EQ(attribute(object, behind, FT_MAX_KEYS), 0x1000u + FT_MAX_KEYS);
        EXPECT_EQ(attribute(object, "absent", FT_MAX_KEYS), 0u);
        EXPECT_EQ(attribute(object, "key0", FT_MAX_KEYS), 0u);
    }
}

TEST_P(Attributes, OfTooManyReadAsUnreadable) {
    ft_text text = {};
    ft_text_object(&image_.py, &text, FT_MORE_KEYS);
    EXPECT_EQ(text.flags, FT_TEXT_UNREADABLE);
}

TEST_P(Attributes, MayHaveTheLongestNameAPathCanHold) {
    const std::string longest(FT_NAME_SIZE - 1, 'x');
    const std::uint64_t object = instance_with_keys(image_.keys({{longest, 0x777}}, Table::kUnicode));
    EXPECT_EQ(attribute(object, longest), 0x777u);
    EXPECT_EQ(attribute(object, longest.substr(1)), 0u);
}

TEST_P(Attributes, KeysThatAreNoStringsArePassedOver) {
    const std::uint64_t keys = image_.keys(kThree, Table::kGeneral, 3);
    const std::uint64_t first = keys + image_.py.keys_indices + 8 + 8;
    image_.memory.put(first, std::uint64_t{0});
    image_.memory.put(first + 24, kNoObject);
    EXPECT_EQ(attribute(instance_with_keys(keys), "name"), 0u);
    EXPECT_EQ(attribute(instance_with_keys(keys), "workflow"), 0x333u);
}

TEST_P(Attributes, HostileKeysTablesFindNothing) {
    const std::uint64_t huge_index = image_.keys(kThree, Table::kUnicode);
    image_.memory.put<std::uint8_t>(huge_index + image_.py.keys_log2_index_bytes, 0xff);
    EXPECT_EQ(attribute(instance_with_keys(huge_index), "name"), 0u);

    const std::uint64_t huge_count = image_.keys(kThree, Table::kUnicode);
    image_.memory.put<std::uint64_t>(huge_count + image_.py.keys_count, 1ULL << 63);
    EXPECT_EQ(attribute(instance_with_keys(huge_count), "workflow"), 0x333u);
    EXPECT_EQ(attribute(instance_with_keys(huge_count), "absent"), FT_MORE_KEYS);

    EXPECT_EQ(attribute(instance_with_keys(kNoObject), "name"), 0u);
    EXPECT_EQ(attribute(instance_with_keys(~0ULL), "name"), 0u);
    EXPECT_EQ(attribute(instance_with_keys(0), "name"), 0u);
}

TEST_P(Attributes, HostileObjectsHaveNone) {
    EXPECT_EQ(attribute(0, "name"), 0u);
    EXPECT_EQ(attribute(kNoObject, "name"), 0u);
    EXPECT_EQ(attribute(~0ULL, "name"), 0u);
    EXPECT_EQ(attribute(image_.object(0), "name"), 0u) << "a null type";
    EXPECT_EQ(attribute(image_.object(kNoObject), "name"), 0u);
    EXPECT_EQ(attribute(instance_with_dict(kNoObject), "name"), 0u);
    EXPECT_EQ(attribute(instance_with_dict(0), "name"), 0u);

    const std::uint64_t split = image_.dict(image_.keys(kThree, Table::kUnicode), kNoObject);
    EXPECT_EQ(attribute(instance_with_dict(split), "name"), 0u);
}

TEST_P(Attributes, HostileTypesGiveNone) {
    const std::uint64_t type = image_.type(managed_flags());
    image_.memory.put(type + image_.py.type_cached_keys, kNoObject);
    EXPECT_EQ(attribute(with_values(type, kThree), "name"), 0u);

    const std::uint64_t far_values = image_.type(FT_TYPE_MANAGED_DICT | FT_TYPE_INLINE_VALUES);
    image_.memory.put<std::uint64_t>(far_values + image_.py.type_basicsize, ~0ULL - 1);
    EXPECT_EQ(attribute(image_.object(far_values), "name"), 0u);

    const std::uint64_t far_dict = image_.type(0);
    image_.memory.put<std::uint64_t>(far_dict + image_.py.type_dictoffset, ~0ULL >> 1);
    EXPECT_EQ(attribute(image_.object(far_dict), "name"), 0u);
}

}  // namespace
}  // namespace flowtap::attribute_test
