// SPDX-License-Identifier: Apache-2.0
#include "plan/native/native_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "elf/elf_file.h"
#include "tests/unit/elf/compiled.h"
#include "tests/unit/process/mapped_here.h"

namespace flowtap::native_plan_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kBias = 0x7f0000000000;

constexpr const char* kEngine = R"(
    int work(int x);
    int engine_run(const char *id, int kind) { int done = work(kind); if (done > 3) return done; return work(done) + 1; }
    int engine_step(const char *id, int kind) { return work(kind) - 1; }
    int engine_hand_on(const char *id, int kind) { return work(kind); }
    __attribute__((noinline)) int work(int x) { __asm__ volatile("" : "+r"(x)); return x; }
    int main(int count, char **arguments) {
        return engine_run(*arguments, count) + engine_step(*arguments, count) + engine_hand_on(*arguments, count);
    }
)";

Mapping code_mapping(const std::string& file, const std::string& path) {
    const auto elf = ElfFile::open(file);
    const std::uint64_t start = elf->executable_ranges().front().start & ~std::uint64_t{4095};
    Mapping mapping = mapped_here(file);
    mapping.start = kBias + start;
    mapping.end = mapping.start + 4096;
    mapping.offset = *elf->file_offset(elf->executable_ranges().front().start) & ~std::uint64_t{4095};
    mapping.executable = true;
    mapping.path = path;
    return mapping;
}

// As if this process had mapped the files.
ProcessFacts process_of(std::vector<Mapping> mappings) {
    ProcessFacts facts;
    facts.pid = getpid();
    facts.exe = "/opt/engine";
    facts.mappings = std::move(mappings);
    return facts;
}

Point native_point(const std::string& name, const std::string& symbol) {
    Point point;
    point.name = name;
    point.symbol = symbol;
    point.line = 7;
    return point;
}

Profile profile_of(const std::string& binary, std::vector<Point> points) {
    Profile profile;
    profile.name = "engine";
    profile.source = "engine.yaml";
    profile.runtime = Runtime::kNative;
    profile.binaries = {binary};
    profile.points = std::move(points);
    return profile;
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

TEST(NativeProfile, FitsWhereOneOfItsBinariesIsMapped) {
    const auto fits = [](const std::string& path, bool executable = true) {
        Mapping mapping;
        mapping.path = path;
        mapping.executable = executable;
        return native_profile_fits(profile_of("libengine.so.1", {}), process_of({Mapping{}, mapping}));
    };
    EXPECT_TRUE(fits("/opt/lib/libengine.so.1 (deleted)"));
    EXPECT_FALSE(fits("/opt/lib/libengine.so.1", false)) << "data only: nothing of it runs";
    EXPECT_FALSE(fits("/opt/lib/libengine.so"));
    EXPECT_FALSE(fits("/opt/libengine.so.1/other"));
    EXPECT_FALSE(fits("/opt/lib/notlibengine.so.1"));
    EXPECT_FALSE(fits(""));
}

class NativePlan : public Compiled {
protected:
    void SetUp() override {
        Compiled::SetUp();
        if (IsSkipped()) return;
        file_ = build(kEngine, "c", "-O2 -fPIE -pie -fno-inline");
    }

    // A plan of one point in the fixture.
    Result<Plan> plan(const Point& point) { return plan(file_, point); }
    static Result<Plan> plan(const std::string& file, const Point& point) {
        Plan plan;
        const Result<void> done = plan_native_profile(plan, profile_of(base_name(file), {point}),
                                                      process_of({code_mapping(file, file)}));
        if (!done) return done.error();
        return plan;
    }
    std::uint64_t address(const std::string& symbol) const {
        return kBias + ElfFile::open(file_)->find_function(symbol)->address;
    }

    std::string file_;
};

TEST_F(NativePlan, HasTheEntryAndEveryReturnOfAFunction) {
    const Result<Plan> planned = plan(native_point("run", "engine_run"));
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points.size(), 1u);
    EXPECT_TRUE(planned->points[0].is_observed());
    EXPECT_THAT(planned->points[0].warnings, IsEmpty());
    EXPECT_TRUE(planned->observes_anything());
    const auto entry = std::ranges::find(planned->probes, Program::kNativeEntry, &PlannedProbe::program);
    ASSERT_NE(entry, planned->probes.end());
    EXPECT_EQ(entry->name, "run:entry");
    EXPECT_GE(entry->address, address("engine_run"));
    EXPECT_GE(std::ranges::count(planned->probes, Program::kNativeExit, &PlannedProbe::program), 1);
    EXPECT_EQ(std::ranges::count(planned->probes, Program::kNativeReturn, &PlannedProbe::program), 0);
}

TEST_F(NativePlan, AKeyedFunctionTellsItsNumberAtTheEntry) {
    Point point = native_point("run", "engine_run");
    point.keyed.key = NativeArgument{1, NativeType::kInt32};
    const Result<Plan> planned = plan(point);
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_EQ(planned->points[0].mechanism(), PointMechanism::kKeyedEntryAndReturns);
    const auto entry = std::ranges::find(planned->probes, Program::kKeyedEntry, &PlannedProbe::program);
    ASSERT_NE(entry, planned->probes.end());
    ASSERT_NE(entry->as<FunctionEntry>(), nullptr);
    const ft_reads& reads = entry->as<FunctionEntry>()->reads;
    EXPECT_EQ(reads.key.type, FT_VALUE_NUMBER);
    EXPECT_EQ(reads.key.base, 6) << "rsi";
    EXPECT_GE(std::ranges::count(planned->probes, Program::kKeyedExit, &PlannedProbe::program), 1);
    EXPECT_EQ(std::ranges::count(planned->probes, Program::kNativeExit, &PlannedProbe::program), 0);
}

Point pair_of(const std::string& begin, const std::string& end) {
    Point point = native_point("pair", begin);
    point.keyed.end = end;
    point.keyed.key = NativeArgument{0, NativeType::kUint64};
    point.keyed.result = NativeArgument{1, NativeType::kInt32};
    return point;
}

TEST_F(NativePlan, APairOfFunctionsIsProbedAtTheirEntries) {
    Point point = pair_of("engine_run", "engine_step");
    point.keyed.end_key = NativeArgument{1, NativeType::kInt32};
    const Result<Plan> planned = plan(point);
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_TRUE(planned->points[0].is_observed());
    ASSERT_EQ(planned->probes.size(), 2u);
    EXPECT_EQ(planned->probes[0].program(), Program::kMarkerBegin);
    EXPECT_EQ(planned->probes[0].name, "pair:begin");
    const auto* begin = planned->probes[0].as<FunctionEntry>();
    ASSERT_NE(begin, nullptr);
    EXPECT_EQ(begin->function, address("engine_run"));
    EXPECT_EQ(begin->reads.key.base, 7) << "rdi";
    EXPECT_EQ(begin->reads.result.type, FT_VALUE_NONE);
    EXPECT_EQ(planned->probes[1].program(), Program::kMarkerEnd);
    const auto* end = planned->probes[1].as<FunctionEntry>();
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(end->function, address("engine_step"));
    EXPECT_EQ(end->reads.key.base, 6) << "rsi";
    EXPECT_EQ(end->reads.result.width, 4);
}

TEST_F(NativePlan, ACoroutineIsSaidToReturnEarly) {
    const std::string file = build(R"(
        #include <coroutine>
        struct Job { struct promise_type {
            Job get_return_object() { return {}; }
            std::suspend_never initial_suspend() { return {}; }
            std::suspend_never final_suspend() noexcept { return {}; }
            void return_void() {}
            void unhandled_exception() {}
        }; };
        __attribute__((noinline)) Job run(int* done) { co_await std::suspend_always(); ++*done; }
        __attribute__((noinline)) int plain(int* done) { run(done); return *done; }
        int main(int count, char**) { return plain(&count); }
    )",
                                   "cpp", "-std=c++20 -O1");
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "missing: a compiler with C++20 coroutines";
    const Result<Plan> coroutine = plan(file, native_point("run", "run"));
    ASSERT_TRUE(coroutine) << coroutine.error().message();
    EXPECT_THAT(coroutine->points[0].warnings,
                testing::Contains(
                    HasSubstr("it is a coroutine: its call returns when it is first suspended, and that is "
                              "what is counted and timed")));
    const Result<Plan> plain = plan(file, native_point("plain", "plain"));
    ASSERT_TRUE(plain) << plain.error().message();
    EXPECT_THAT(plain->points[0].warnings, testing::Not(testing::Contains(HasSubstr("it is a coroutine"))));
}

TEST_F(NativePlan, APairThatIsNoneIsRefused) {
    const Result<Plan> itself = plan(pair_of("engine_run", "engine_run"));
    ASSERT_FALSE(itself);
    EXPECT_THAT(itself.error().message(), HasSubstr("the point itself observes it already"));
    const Result<Plan> gone = plan(pair_of("engine_run", "engine_gone"));
    ASSERT_FALSE(gone);
    EXPECT_THAT(gone.error().message(), HasSubstr("find function engine_gone"));
}

TEST_F(NativePlan, ProbesLieInTheFileWhereTheProcessHasThem) {
    const Result<Plan> planned = plan(native_point("run", "engine_run"));
    ASSERT_TRUE(planned) << planned.error().message();
    const auto elf = ElfFile::open(file_);
    for (const PlannedProbe& probe : planned->probes) {
        EXPECT_TRUE(elf->is_executable_address(probe.address - kBias)) << probe.name;
        EXPECT_EQ(elf->file_offset(probe.address - kBias), probe.file_offset) << probe.name;
        EXPECT_EQ(access(probe.file.c_str(), R_OK), 0) << probe.file;
        EXPECT_EQ(probe.point, 0u) << probe.name;
        EXPECT_FALSE(probe.why.empty()) << probe.name;
    }
}

TEST_F(NativePlan, NamesTheLineOfAMissingFunction) {
    const Result<Plan> planned = plan(native_point("gone", "engine_gone"));
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().kind, Error::Kind::kUsage);
    EXPECT_THAT(planned.error().message(), HasSubstr("point gone (engine.yaml:7)"));
    EXPECT_THAT(planned.error().message(), HasSubstr("find function engine_gone"));
}

TEST_F(NativePlan, EndsATailCallWhereTheCalledFunctionReturns) {
    const Result<Plan> planned = plan(native_point("hand-on", "engine_hand_on"));
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points[0].warnings.size(), 1u);
    EXPECT_EQ(planned->points[0].warnings[0],
              "it ends in a tail call: every return of work, from any caller, costs a hit");
    const auto exit = std::ranges::find(planned->probes, Program::kNativeExit, &PlannedProbe::program);
    ASSERT_NE(exit, planned->probes.end());
    ASSERT_NE(exit->as<FunctionExit>(), nullptr);
    EXPECT_EQ(exit->as<FunctionExit>()->flags, FT_EXIT_HANDED_ON);
    EXPECT_GE(exit->address, address("work"));
}

TEST_F(NativePlan, RefusesTwoPointsThatReturnAtOnePlace) {
    Plan plan;
    const Result<void> done = plan_native_profile(
        plan,
        profile_of(base_name(file_), {native_point("run", "work"), native_point("on", "engine_hand_on")}),
        process_of({code_mapping(file_, file_)}));
    ASSERT_FALSE(done);
    EXPECT_EQ(
        done.error().message(),
        "plan point on (engine.yaml:7): find exits of engine_hand_on: it returns where point run does, by a "
        "tail call; two points cannot share a return (observe one of them)");
}

TEST_F(NativePlan, RefusesATailCallToAnywhere) {
    const std::string file =
        build("int engine_jump(int (*next)(int)) { return next(1); } int main() { return 0; }", "c",
              "-O2 -fPIE -pie");
    const Result<Plan> planned = plan(file, native_point("jump", "engine_jump"));
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().kind, Error::Kind::kUsage);
    EXPECT_THAT(planned.error().cause, HasSubstr("tail call at 0x"));
    EXPECT_THAT(planned.error().remedy, HasSubstr("uretprobe"));
}

TEST_F(NativePlan, RefusesATailCallIntoAnotherFile) {
    const std::string file = build(
        "int puts(const char *); int engine_say(const char *text) { return puts(text); } int main() { return "
        "0; }",
        "c", "-O2 -fPIE -pie");
    const Result<Plan> planned = plan(file, native_point("say", "engine_say"));
    ASSERT_FALSE(planned);
    EXPECT_THAT(
        planned.error().cause,
        testing::MatchesRegex(
            "it ends in a tail call at 0x[0-9a-f]+ to puts in another file, which returns in its place"));
}

TEST_F(NativePlan, EndsBeforeATailCallThatOnlyReleasesMemory) {
    const std::string file = build(
        "void free(void *); int work(void *); void engine_drop(void *all) { work(all); free(all); }"
        "__attribute__((noinline)) int work(void *all) { __asm__ volatile(\"\"); return all != 0; }"
        "int main() { return 0; }",
        "c", "-O2 -fPIE -pie");
    const Result<Plan> planned = plan(file, native_point("drop", "engine_drop"));
    ASSERT_TRUE(planned) << planned.error().message();
    const auto exit = std::ranges::find(planned->probes, Program::kNativeExit, &PlannedProbe::program);
    ASSERT_NE(exit, planned->probes.end());
    ASSERT_NE(exit->as<FunctionExit>(), nullptr);
    EXPECT_EQ(exit->as<FunctionExit>()->flags, FT_EXIT_NO_RESULT);
    EXPECT_EQ(exit->cost, SiteCost::kEmulated);
    EXPECT_EQ(exit->why, "the tail call that releases memory");
    EXPECT_THAT(planned->points[0].warnings[0],
                HasSubstr("its duration does not include the call of free that ends it"));
}

TEST_F(NativePlan, RefusesGoFunctions) {
    const std::string file = build(R"(
        .text
        .globl runtime.morestack
        .type runtime.morestack, @function
        runtime.morestack: ret
        .globl main.run
        .type main.run, @function
        main.run: push %rbx
        pop %rbx
        ret
        .globl main
        .type main, @function
        main: push %rbx
        pop %rbx
        ret
        .section .note.GNU-stack
    )",
                                   "s", "-pie");
    const Result<Plan> planned = plan(file, native_point("run", "main.run"));
    ASSERT_FALSE(planned);
    EXPECT_THAT(
        planned.error().cause,
        HasSubstr("it is a Go function: goroutines' stacks are moved as they grow, so no place on one "
                  "names an execution"));
    EXPECT_TRUE(plan(file, native_point("main", "main"))) << "C in a Go program";
}

TEST_F(NativePlan, TakesAKernelReturnProbeWhereTheProfileAcceptsItsDanger) {
    Point point = native_point("hand-on", "engine_hand_on");
    point.exit = ExitRule::kUretprobe;
    const Result<Plan> planned = plan(point);
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_TRUE(planned->points[0].is_observed());
    ASSERT_EQ(planned->points[0].warnings.size(), 1u);
    EXPECT_THAT(
        planned->points[0].warnings[0],
        HasSubstr(
            "exit: uretprobe rewrites return addresses: the target dies if an exception or a stack switch "
            "passes this function"));
    const auto found = std::ranges::find(planned->probes, Program::kNativeReturn, &PlannedProbe::program);
    ASSERT_NE(found, planned->probes.end());
    EXPECT_EQ(found->address, address("engine_hand_on"));
    EXPECT_EQ(found->why, "the profile asks for a kernel return probe");
    EXPECT_EQ(std::ranges::count(planned->probes, Program::kNativeExit, &PlannedProbe::program), 0);
}

TEST_F(NativePlan, ReadsArgumentsBeforeTheirRegistersChange) {
    const std::string file = build(R"(
        .text
        .globl engine_run
        .type engine_run, @function
        engine_run:
        mov %edx, %eax
        mov %rdx, %rsi
        push %rbx
        call other
        pop %rbx
        ret
        .type other, @function
        other: ret
        .globl main
        main: ret
        .section .note.GNU-stack
    )",
                                   "s", "-pie");
    const std::uint64_t start = kBias + ElfFile::open(file)->find_function("engine_run")->address;
    const auto entry_of = [&](std::optional<int> argument) -> std::uint64_t {
        Point point = native_point("run", "engine_run");
        if (argument) point.ids.node_id = NativeArgument{*argument, NativeType::kInt32};
        const Result<Plan> planned = plan(file, point);
        if (!planned) return 0;
        return std::ranges::find(planned->probes, Program::kNativeEntry, &PlannedProbe::program)->address -
               start;
    };
    EXPECT_EQ(entry_of(std::nullopt), 5u) << "the push, which the kernel emulates";
    EXPECT_EQ(entry_of(0), 5u) << "rdi does not change before";
    EXPECT_LE(entry_of(1), 2u) << "before rsi changes";
    EXPECT_EQ(entry_of(2), 5u) << "rdx keeps its value";
}

TEST_F(NativePlan, LooksForAFunctionInEveryMappedBinaryOfTheProfile) {
    const std::string library = build("int engine_plugin(int x) { return x + 1; }", "c", "-O2 -fPIC -shared");
    Profile profile = profile_of(base_name(file_), {native_point("plugin", "engine_plugin")});
    profile.binaries.push_back(base_name(library));
    Plan plan;
    const Result<void> done = plan_native_profile(
        plan, profile, process_of({code_mapping(file_, file_), code_mapping(library, library)}));
    ASSERT_TRUE(done) << done.error().message();
    ASSERT_FALSE(plan.probes.empty());
    EXPECT_THAT(plan.probes.front().file, HasSubstr(base_name(library)));
}

TEST_F(NativePlan, CannotTellOverloadedFunctionsApart) {
    const std::string file = build(
        "namespace engine { int run(int) { return 1; } int run(long) { return 2; } }"
        "int main() { return 0; }",
        "cpp", "-O0 -fPIE -pie");
    const Result<Plan> planned = plan(file, native_point("run", "engine::run"));
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().kind, Error::Kind::kUsage);
    EXPECT_THAT(planned.error().cause, HasSubstr("_ZN6engine3runEi"));
}

TEST_F(NativePlan, NeedsTheMappedFile) {
    Plan plan;
    const Profile profile = profile_of("absent", {native_point("run", "engine_run")});
    const Result<void> absent =
        plan_native_profile(plan, profile, process_of({code_mapping(file_, directory_.file("absent"))}));
    ASSERT_FALSE(absent);
    EXPECT_THAT(absent.error().message(), HasSubstr(directory_.file("absent") + " of process"));

    Mapping elsewhere = code_mapping(file_, file_);
    elsewhere.offset = 1 << 30;
    const Result<void> misplaced = plan_native_profile(
        plan, profile_of(base_name(file_), {native_point("run", "engine_run")}), process_of({elsewhere}));
    ASSERT_FALSE(misplaced);
    EXPECT_EQ(misplaced.error().kind, Error::Kind::kNoTarget);
    EXPECT_EQ(misplaced.error().message(),
              "locate code of " + file_ + ": its mapping matches none of its segments");
}

TEST_F(NativePlan, NumbersItsPointsBehindThoseOfOtherProfiles) {
    Plan plan;
    const ProcessFacts facts = process_of({code_mapping(file_, file_)});
    const std::string name = base_name(file_);
    ASSERT_TRUE(plan_native_profile(plan, profile_of(name, {native_point("run", "engine_run")}), facts));
    ASSERT_TRUE(plan_native_profile(plan, profile_of(name, {native_point("step", "engine_step")}), facts));
    ASSERT_EQ(plan.points.size(), 2u);
    for (const PlannedProbe& probe : plan.probes)
        EXPECT_EQ(probe.point, probe.name.starts_with("run:") ? 0u : 1u) << probe.name;
}

}  // namespace
}  // namespace flowtap::native_plan_test
