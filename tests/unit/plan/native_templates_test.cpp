// SPDX-License-Identifier: Apache-2.0
// Of this process, as if it were several: the same files, mapped elsewhere.
#include "plan/native/native_templates.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "plan/planner.h"
#include "process/remote_memory.h"

// No inlining, no tail call.
extern "C" __attribute__((noinline)) int flowtap_template_target(int x);
extern "C" int flowtap_template_target(int x) {
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

namespace flowtap::native_templates_test {
namespace {

Profile profile_of(const std::string& binary) {
    Profile profile;
    profile.name = "engine";
    profile.source = "engine.yaml";
    profile.runtime = Runtime::kNative;
    profile.binaries = {binary};
    Point point;
    point.name = "run";
    point.symbol = "flowtap_template_target";
    profile.points = {point};
    return profile;
}

class NativeTemplatesOfThisProcess : public testing::Test {
protected:
    NativeTemplatesOfThisProcess()
        : facts_(*read_process_facts(getpid())),
          memory_(*RemoteMemory::open(getpid())),
          layout_(*NativeLayout::of(facts_)),
          plan_(*plan_process(facts_, memory_, profiles())) {}

    [[nodiscard]] std::vector<Profile> profiles() const {
        return {profile_of(facts_.exe.substr(facts_.exe.rfind('/') + 1))};
    }

    ProcessFacts facts_;
    RemoteMemory memory_;
    NativeLayout layout_;
    Plan plan_;
    NativeTemplates templates_;
};

TEST_F(NativeTemplatesOfThisProcess, MoveEachAddressAsItsFileIsMapped) {
    templates_.keep(plan_, facts_, layout_);
    constexpr std::uint64_t kFarther = 0x10000;
    ProcessFacts other = facts_;
    for (Mapping& mapping : other.mappings) {
        if (mapping.path != facts_.exe) continue;
        mapping.start += kFarther;
        mapping.end += kFarther;
    }
    Plan moved;
    ASSERT_TRUE(templates_.fill(moved, other, layout_));
    ASSERT_EQ(moved.points.size(), plan_.points.size());
    EXPECT_TRUE(moved.points.at(0).is_observed());
    ASSERT_EQ(moved.probes.size(), plan_.probes.size());
    int farther = 0;
    for (std::size_t i = 0; i < moved.probes.size(); ++i) {
        const PlannedProbe& before = plan_.probes[i];
        const PlannedProbe& after = moved.probes[i];
        const std::uint64_t distance = before.point ? kFarther : 0;
        if (!before.point && after.address != before.address)
            continue;  // an unwinder linked into the program
        EXPECT_EQ(after.address, before.address + distance) << before.name;
        const auto* entry = before.as<FunctionEntry>();
        ASSERT_EQ(after.details.index(), before.details.index());
        if (entry != nullptr) {
            EXPECT_EQ(after.as<FunctionEntry>()->function, entry->function + distance);
        }
        EXPECT_EQ(after.file_offset, before.file_offset);
        if (distance != 0) ++farther;
    }
    EXPECT_GE(farther, 2) << "an entry and a return";
}

TEST_F(NativeTemplatesOfThisProcess, ArePlansOfTheSameProcessToo) {
    templates_.keep(plan_, facts_, layout_);
    Plan again;
    ASSERT_TRUE(templates_.fill(again, facts_, *NativeLayout::of(facts_)));
    again.pid = plan_.pid;
    again.start_ticks = plan_.start_ticks;
    again.exe = plan_.exe;
    again.native = true;
    again.code_mappings = plan_.code_mappings;
    EXPECT_EQ(to_json(again), to_json(plan_));
}

TEST_F(NativeTemplatesOfThisProcess, AreOfNoOtherLayout) {
    templates_.keep(plan_, facts_, layout_);
    const auto fills = [&](const NativeLayout& layout) {
        Plan plan;
        return templates_.fill(plan, facts_, layout);
    };
    EXPECT_TRUE(fills(layout_));
    NativeLayout written = layout_;
    written.code.front().file.changed_ns += 1;
    EXPECT_FALSE(fills(written)) << "another version of a file";
    NativeLayout more = layout_;
    more.code.push_back(more.code.front());
    EXPECT_FALSE(fills(more)) << "a library more";
    NativeLayout elsewhere = layout_;
    elsewhere.root.inode += 1;
    EXPECT_FALSE(fills(elsewhere)) << "a root in which other debug files may lie";
    templates_.clear();
    EXPECT_FALSE(fills(layout_));
}

TEST_F(NativeTemplatesOfThisProcess, AreNotMadeOfWhatLiesInData) {
    Plan plan = plan_;
    const auto entry = std::ranges::find(plan.probes, Program::kNativeEntry, &PlannedProbe::program);
    ASSERT_NE(entry, plan.probes.end());
    ft_reads& reads = std::get<FunctionEntry>(entry->details).reads;
    reads = {};
    reads.node_id.base = FT_NO_REGISTER;
    reads.node_id.constant = 0x5555'0000'1000;
    templates_.keep(plan, facts_, layout_);
    Plan again;
    EXPECT_FALSE(templates_.fill(again, facts_, layout_));
}

TEST_F(NativeTemplatesOfThisProcess, HaveABound) {
    for (std::size_t i = 0; i <= NativeTemplates::kMost; ++i) {
        NativeLayout one = layout_;
        one.exe = std::to_string(i);
        templates_.keep(plan_, facts_, one);
    }
    NativeLayout first = layout_;
    first.exe = "0";
    NativeLayout second = layout_;
    second.exe = "1";
    Plan plan;
    EXPECT_FALSE(templates_.fill(plan, facts_, first)) << "the oldest goes";
    EXPECT_TRUE(templates_.fill(plan, facts_, second));
}

TEST_F(NativeTemplatesOfThisProcess, AreWhatASecondPlanIsMadeOf) {
    PlanCache cache;
    const Result<Plan> first = plan_process(facts_, memory_, profiles(), cache);
    const Result<Plan> second = plan_process(facts_, memory_, profiles(), cache);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(to_json(*second), to_json(*first));
    // Nothing is looked at again, the profiles neither: whoever changes them says so.
    std::vector<Profile> others = profiles();
    others[0].points[0].symbol = "absent";
    EXPECT_TRUE(plan_process(facts_, memory_, others, cache));
    cache.natives.clear();
    EXPECT_FALSE(plan_process(facts_, memory_, others, cache));
}

TEST(NativeLayout, IsTheSameAsLongAsTheFilesAre) {
    ProcessFacts facts = *read_process_facts(getpid());
    const auto before = NativeLayout::of(facts);
    const auto again = NativeLayout::of(facts);
    ASSERT_TRUE(before && again);
    EXPECT_EQ(*before, *again);
    EXPECT_FALSE(before->code.empty());
    facts.pid = 0x7fffffff;
    EXPECT_FALSE(NativeLayout::of(facts)) << "there is no such process";
}

}  // namespace
}  // namespace flowtap::native_templates_test
