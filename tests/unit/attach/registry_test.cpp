// SPDX-License-Identifier: Apache-2.0
#include "attach/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowtap::registry_test {
namespace {

TEST(Registry, CountsFromItsFirstNumber) {
    Registry registry(3);
    EXPECT_EQ(registry.first(), 3u);
    EXPECT_EQ(registry.number_of("a"), 3u);
    EXPECT_EQ(registry.number_of("b"), 4u);
    EXPECT_EQ(Registry().number_of("a"), 0u);
}

TEST(Registry, KeepsTheNumberOfAText) {
    Registry registry;
    const std::uint32_t first = registry.number_of("first");
    for (int i = 0; i < 1000; i++) registry.number_of("another " + std::to_string(i));
    EXPECT_EQ(registry.number_of("first"), first);
    EXPECT_EQ(registry.texts().size(), 1001u);
}

TEST(Registry, ListsTextsInOrderOfTheirNumbers) {
    Registry registry(1);
    for (const char* text : {"z", "a", "z", "", "m", "a"}) registry.number_of(text);
    EXPECT_THAT(registry.texts(), testing::ElementsAre("z", "a", "", "m"));
    for (std::uint32_t i = 0; i < registry.texts().size(); i++)
        EXPECT_EQ(registry.number_of(registry.texts()[i]), registry.first() + i);
}

}  // namespace
}  // namespace flowtap::registry_test
