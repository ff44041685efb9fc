// SPDX-License-Identifier: Apache-2.0
// Which functions a point means, and what is said where it means none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "elf/elf_file.h"
#include "elf/symbols/address_text.h"
#include "plan/native/native_plan.h"
#include "tests/unit/elf/compiled.h"
#include "tests/unit/process/mapped_here.h"

namespace flowtap::native_functions_test {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr std::uint64_t kBias = 0x7f0000000000;

constexpr const char* kEngine = R"(
    namespace steps {
    volatile int sink;
    __attribute__((noinline)) int load(const char* id) { sink = id[0]; return 0; }
    __attribute__((noinline)) int save(const char* id) { sink = id[1]; return 0; }
    __attribute__((noinline)) int hand_on(const char* id) { return load(id); }
    }
    namespace engine {
    __attribute__((noinline)) int run(int x) { steps::sink = x; return 1; }
    __attribute__((noinline)) int run(long x) { steps::sink = x; return 2; }
    }
    int main(int, char** a) { return steps::save(a[0]) + steps::hand_on(a[0]) + engine::run(1) + engine::run(1L); }
)";

class NativeFunctions : public Compiled {
protected:
    void SetUp() override {
        Compiled::SetUp();
        if (IsSkipped()) return;
        file_ = build(kEngine, "cpp", "-O2 -fPIE -pie");
        elf_.emplace(*ElfFile::open(file_));
    }

    Result<Plan> plan(const std::string& function, std::vector<std::string> more_files = {}) {
        Point point;
        point.name = "step";
        point.symbol = function;
        point.ids.node_id = NativeArgument{0, NativeType::kCString};
        return plan(std::vector{point}, std::move(more_files));
    }
    Result<Plan> plan(std::vector<Point> points, std::vector<std::string> more_files = {}) {
        Profile profile;
        profile.name = "engine";
        profile.source = "engine.yaml";
        profile.runtime = Runtime::kNative;
        profile.binaries = std::move(more_files);
        profile.binaries.push_back(file_.substr(file_.rfind('/') + 1));
        profile.points = std::move(points);
        Plan plan;
        const Result<void> done = plan_native_profile(plan, profile, process());
        if (!done) return done.error();
        return plan;
    }
    ProcessFacts process() const {
        const std::uint64_t start = elf_->executable_ranges().front().start & ~std::uint64_t{4095};
        Mapping mapping = mapped_here(file_);
        mapping.start = kBias + start;
        mapping.end = mapping.start + 4096;
        mapping.offset = *elf_->file_offset(elf_->executable_ranges().front().start) & ~std::uint64_t{4095};
        mapping.executable = true;
        mapping.path = file_;
        ProcessFacts facts;
        facts.pid = getpid();
        facts.mappings = {mapping};
        return facts;
    }

    std::string file_;
    std::optional<ElfFile> elf_;
};

TEST_F(NativeFunctions, APatternMakesAPointOfEachFunction) {
    const Result<Plan> planned = plan("steps::*");
    ASSERT_TRUE(planned) << planned.error().message();
    std::vector<std::string> seen;
    for (const PlannedPoint& point : planned->points)
        seen.push_back(point.point.symbol + (point.is_observed() ? "" : ": " + point.why_not().substr(0, 4)));
    EXPECT_THAT(seen, UnorderedElementsAre("steps::load", "steps::save", HasSubstr("steps::hand_on")));
}

TEST_F(NativeFunctions, AFunctionOfTwoPointsIsObservedByOne) {
    Point all;
    all.name = "all";
    all.symbol = "steps::*";
    Point one;
    one.name = "one";
    one.symbol = "steps::save";
    const Result<Plan> planned = plan({one, all});
    ASSERT_TRUE(planned) << planned.error().message();
    for (const PlannedPoint& point : planned->points) {
        if (point.point.name == "all" && point.point.symbol == "steps::save") {
            EXPECT_FALSE(point.is_observed());
            EXPECT_THAT(point.why_not(), HasSubstr("the point one observes it already"));
        }
    }
}

TEST_F(NativeFunctions, OverloadsAreToldApartByTheirMangledNames) {
    const Result<Plan> both = plan("engine::run");
    ASSERT_FALSE(both);
    EXPECT_THAT(both.error().message(), HasSubstr("_ZN6engine3runEi"));
    EXPECT_THAT(both.error().message(), HasSubstr("_ZN6engine3runEl"));
    EXPECT_EQ(both.error().remedy, "write one of these names, or \"engine::run*\" for all");
    EXPECT_TRUE(plan("_ZN6engine3runEl"));
    const Result<Plan> pattern = plan("engine::run*");
    ASSERT_TRUE(pattern);
    EXPECT_EQ(pattern->points.size(), 2u);
}

TEST_F(NativeFunctions, AMissingFunctionIsSaidWithWhatWasTried) {
    const Result<Plan> planned = plan("steps::laod");
    ASSERT_FALSE(planned);
    const std::string message = planned.error().message();
    EXPECT_THAT(message, HasSubstr("plan point step (engine.yaml:"));
    EXPECT_THAT(message, HasSubstr("looked at .symtab and .dynsym"));
    EXPECT_THAT(message, HasSubstr("/usr/lib/debug/.build-id/"));
    EXPECT_THAT(message, HasSubstr("there is steps::load"));
    EXPECT_FALSE(plan("nothing::*"));
}

TEST_F(NativeFunctions, AMissingFunctionMayComeWithALibraryThatIsNotLoadedYet) {
    const Result<Plan> planned = plan("plugin_run", {"libplugin*.so"});
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points.size(), 1u);
    EXPECT_FALSE(planned->points[0].is_observed());
    EXPECT_TRUE(planned->points[0].is_waiting());
    EXPECT_THAT(planned->points[0].why_not(), HasSubstr("not loaded yet: libplugin*.so"));
    Profile profile;
    profile.binaries = {"libplugin*.so"};
    profile.points = {planned->points[0].point};
    Plan before_any;
    ASSERT_TRUE(plan_native_profile(before_any, profile, ProcessFacts()));
    EXPECT_EQ(before_any.points.at(0).why_not(),
              "no file of the profile is mapped; not loaded yet: libplugin*.so");
}

TEST_F(NativeFunctions, APlaceInAFileIsOneFunctionsStart) {
    const std::uint64_t offset = *elf_->file_offset(elf_->find_function("steps::save")->address);
    const auto words = [&](std::uint64_t at) {
        return file_.substr(file_.rfind('/') + 1) + "+" + address_text(at);
    };
    const Result<Plan> planned = plan(words(offset));
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_EQ(planned->probes.front().file_offset - offset,
              planned->probes.front().address - elf_->find_function("steps::save")->address - kBias);
    const Result<Plan> inside = plan(words(offset + 4));
    ASSERT_FALSE(inside);
    EXPECT_THAT(inside.error().message(),
                testing::EndsWith("no function starts there (the one around it starts 4 bytes before)"));
    const Result<Plan> nowhere = plan(words(0x7fffffff));
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(nowhere.error().message(), HasSubstr("no code lies at that offset"));
}

TEST_F(NativeFunctions, TheirIdsSayWhereTheyComeFrom) {
    const Result<Plan> planned = plan("steps::save");
    ASSERT_TRUE(planned);
    ASSERT_EQ(planned->points[0].origins.size(), 1u);
    EXPECT_EQ(planned->points[0].origins[0].id, "node_id");
    EXPECT_EQ(planned->points[0].origins[0].text, "arg0: C string at rdi");
    EXPECT_THAT(to_text(*planned, PlanDetail::kSites), HasSubstr("node_id from arg0: C string at rdi"));
    EXPECT_THAT(to_json(*planned), HasSubstr("\"node_id\": \"arg0: C string at rdi\""));
}

}  // namespace
}  // namespace flowtap::native_functions_test
