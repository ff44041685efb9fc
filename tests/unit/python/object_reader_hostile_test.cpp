// SPDX-License-Identifier: Apache-2.0
// What a target with broken or malicious memory may make ObjectReader do: nothing but answer "none".
#include <gtest/gtest.h>

#include "fake_objects.h"

namespace flowtap::object_reader_hostile_test {

namespace {

class HostileObjects : public testing::Test {
protected:
    [[nodiscard]] const ft_python& bpf() const { return fake.layout.bpf; }

    FakeObjects fake;
    ObjectReader reader{fake.memory, fake.layout};
};

TEST_F(HostileObjects, AreReadWhileTheyAreWellFormed) {
    const std::uint64_t key = fake.add_str("key");
    const std::uint64_t dict = fake.add_dict(fake.add_keys(key, 0x5555));
    EXPECT_EQ(reader.text(key), "key");
    EXPECT_EQ(reader.dict_value(dict, "key"), 0x5555U);
}

TEST_F(HostileObjects, StringsWithImpossibleHeaders) {
    const auto spoiled = [&](std::uint64_t length, std::uint32_t state) {
        const std::uint64_t str = fake.add_str("text");
        fake.memory.put(str + bpf().str_length, length);
        fake.memory.put(str + bpf().str_state, state);
        return reader.text(str);
    };
    const std::uint32_t good = 1U << 2 | 1U << 5 | 1U << 6;
    EXPECT_EQ(spoiled(4, good), "text");
    EXPECT_EQ(spoiled(5, good), std::nullopt) << "runs off the mapping";
    EXPECT_EQ(spoiled(~0ULL, good), std::nullopt);
    EXPECT_EQ(spoiled(1ULL << 62, 4U << 2 | 1U << 5), std::nullopt) << "length times four wraps";
    EXPECT_EQ(spoiled(4, 0), std::nullopt);
    EXPECT_EQ(spoiled(4, 3U << 2 | 1U << 5), std::nullopt) << "no code point has three bytes";
    EXPECT_EQ(spoiled(4, 2U << 2 | 1U << 5 | 1U << 6), std::nullopt) << "ASCII in two bytes";
    EXPECT_EQ(spoiled(4, good & ~(1U << 5)), std::nullopt) << "not compact";
}

TEST_F(HostileObjects, StringsThatAreNone) {
    EXPECT_EQ(reader.text(0), std::nullopt);
    EXPECT_EQ(reader.text(~0ULL), std::nullopt);
    EXPECT_EQ(reader.text(fake.add(FakeObjects::kTupleType, 64)), std::nullopt);
    EXPECT_EQ(reader.text(fake.add(0xdead000, 64)), std::nullopt);
}

TEST_F(HostileObjects, DictsWithImpossibleKeys) {
    const std::uint64_t key = fake.add_str("key");
    const auto spoiled = [&](std::uint8_t log2_index_bytes, std::uint8_t kind, std::uint64_t count) {
        const std::uint64_t keys = fake.add_keys(key, 1);
        fake.memory.put(keys + bpf().keys_log2_index_bytes, log2_index_bytes);
        fake.memory.put(keys + bpf().keys_kind, kind);
        fake.memory.put(keys + bpf().keys_count, count);
        return reader.dict_entries(fake.add_dict(keys)).has_value();
    };
    EXPECT_TRUE(spoiled(3, 1, 1));
    EXPECT_FALSE(spoiled(255, 1, 1));
    EXPECT_FALSE(spoiled(64, 1, 1));
    EXPECT_FALSE(spoiled(3, 9, 1));
    EXPECT_FALSE(spoiled(3, 1, ~0ULL));
    EXPECT_FALSE(spoiled(3, 1, 1ULL << 60));
    EXPECT_FALSE(spoiled(3, 1, 2)) << "runs off the mapping";
    EXPECT_FALSE(reader.dict_entries(fake.add_dict(0)));
    EXPECT_FALSE(reader.dict_entries(0));
}

TEST_F(HostileObjects, SplitDictsWhoseValuesAreNotThere) {
    const std::uint64_t dict = fake.add_dict(fake.add_keys(fake.add_str("key"), 1));
    fake.memory.put<std::uint64_t>(dict + bpf().dict_values, 0xdead000);
    EXPECT_EQ(reader.dict_value(dict, "key"), std::nullopt);
}

TEST_F(HostileObjects, EntriesWithoutKeyOrValueAreNotShown) {
    EXPECT_EQ(reader.dict_entries(fake.add_dict(fake.add_keys(0, 1)))->size(), 0U);
    EXPECT_EQ(reader.dict_entries(fake.add_dict(fake.add_keys(1, 0)))->size(), 0U);
}

TEST_F(HostileObjects, TuplesOfImpossibleSize) {
    const std::uint64_t tuple = fake.add(FakeObjects::kTupleType, 24 + 16);
    for (const std::uint64_t size : {std::uint64_t{3}, std::uint64_t{1} << 61, ~std::uint64_t{0}}) {
        fake.memory.put(tuple + fake.layout.tuple_size, size);
        EXPECT_EQ(reader.tuple_items(tuple), std::nullopt) << size;
    }
    fake.memory.put<std::uint64_t>(tuple + fake.layout.tuple_size, 2);
    EXPECT_EQ(reader.tuple_items(tuple)->size(), 2U);
}

TEST_F(HostileObjects, InstancesThatPointNowhere) {
    const std::uint64_t block = fake.add(0, 64);
    const std::uint64_t object = block + 32;
    fake.memory.put(object + 8, FakeObjects::kPlainType);
    for (const std::uint64_t managed : {0ULL, 1ULL, 0xdead000ULL, 0xdead001ULL, ~0ULL}) {
        fake.memory.put(object - 24, managed);
        EXPECT_EQ(reader.instance_attribute(object, "name"), std::nullopt) << managed;
    }
    const std::uint64_t dict = fake.add_dict(fake.add_keys(fake.add_str("name"), 0x77));
    fake.memory.put(object - 24, dict);
    EXPECT_EQ(reader.instance_attribute(object, "name"), 0x77U);
    EXPECT_EQ(reader.instance_attribute(0, "name"), std::nullopt);
}

TEST_F(HostileObjects, TypesWithoutNameDictOrBases) {
    fake.memory.put<std::uint64_t>(FakeObjects::kPlainType + bpf().type_name, 0xdead000);
    EXPECT_EQ(reader.type_name(FakeObjects::kPlainType), std::nullopt);
    EXPECT_EQ(reader.own_type_attribute(FakeObjects::kPlainType, "x"), std::nullopt);
    EXPECT_EQ(reader.type_attribute(FakeObjects::kPlainType, "x"), std::nullopt);
    EXPECT_EQ(reader.type_attribute(0, "x"), std::nullopt);
}

// A dict that is resized between any two reads never gives a picture made of two moments.
class RestlessMemory : public Memory {
public:
    RestlessMemory(const Memory& memory, std::uint64_t address) : memory_(memory), address_(address) {}

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        if (!memory_.read(address, out)) return false;
        if (address == address_ && (++reads_ & 1) != 0) out[0] ^= std::byte{8};
        return true;
    }

    const Memory& memory_;
    std::uint64_t address_;
    mutable unsigned reads_ = 0;
};

TEST_F(HostileObjects, DictsThatNeverRest) {
    const std::uint64_t dict = fake.add_dict(fake.add_keys(fake.add_str("key"), 1));
    const RestlessMemory restless(fake.memory, dict + bpf().dict_keys);
    EXPECT_EQ(ObjectReader(restless, fake.layout).dict_value(dict, "key"), std::nullopt);
}

}  // namespace

}  // namespace flowtap::object_reader_hostile_test
