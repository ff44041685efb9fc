// SPDX-License-Identifier: Apache-2.0
// What the plan says where exceptions cannot be seen.
#include "plan/native/unwind_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "elf/elf_file.h"
#include "tests/unit/elf/compiled.h"
#include "tests/unit/process/mapped_here.h"

namespace flowtap::unwind_plan_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kThrowing = R"(
    #include <stdexcept>
    struct Guard { ~Guard() { asm volatile(""); } };
    __attribute__((noinline)) int run(int x) { Guard guard; if (x > 3) throw std::runtime_error("x"); return x; }
    int main(int count, char**) { try { return run(count); } catch (const std::exception&) { return 1; } }
)";

// As nongnu's libunwind does: the unwinder's names, but not its code.
constexpr const char* kForeign = R"(
    int _Unwind_RaiseException(void* exception) { return exception != 0; }
    void _Unwind_Resume(void* exception) { for (;;) __asm__ volatile("" : : "r"(exception)); }
)";

const std::string kThen =
    "; an execution that such an exception ends is shown as active until its place on the stack is used "
    "again or its thread ends, and is then counted as aborted";

class UnwindPlan : public Compiled {
protected:
    // A process that has mapped the files, with one point in the first.
    std::string warning_of(const std::vector<std::string>& files) {
        ProcessFacts facts;
        facts.pid = getpid();
        facts.exe = files.front();
        std::uint64_t bias = 0x7f0000000000;
        for (const std::string& file : files) {
            const auto elf = ElfFile::open(file);
            if (!elf) return "no file " + file;
            const std::uint64_t start = elf->executable_ranges().front().start & ~std::uint64_t{4095};
            Mapping mapping = mapped_here(file);
            mapping.start = bias + start;
            mapping.end = mapping.start + 4096;
            mapping.offset = *elf->file_offset(elf->executable_ranges().front().start) & ~std::uint64_t{4095};
            mapping.executable = true;
            mapping.path = file;
            facts.mappings.push_back(mapping);
            bias += 0x100000000;
        }
        Plan plan;
        PlannedPoint point;
        point.observe_by(PointMechanism::kEntryAndReturns);
        point.point.symbol = "run";
        plan.points.push_back(point);
        plan_unwinding(plan, facts);
        return plan.points[0].warnings.empty() ? "" : plan.points[0].warnings[0];
    }
    static std::string library(const std::string& name) {
        std::string path;
        FILE* pipe = ::popen(("cc -print-file-name=" + name).c_str(), "r");
        char line[512];
        if (pipe != nullptr && ::fgets(line, sizeof line, pipe) != nullptr) path = line;
        if (pipe != nullptr) ::pclose(pipe);
        return path.substr(0, path.find('\n'));
    }
    static std::string libgcc() { return library("libgcc_s.so.1"); }
};

TEST_F(UnwindPlan, SaysNothingWhereExceptionsAreSeen) {
    const std::string program = build(kThrowing, "cpp", "-O2");
    if (!ElfFile::open(libgcc())) GTEST_SKIP() << "missing: libgcc_s.so.1";
    EXPECT_THAT(warning_of({program, libgcc()}), IsEmpty());
    // It has longjmp, and code to clean up after threads that are cancelled.
    if (ElfFile::open(library("libc.so.6"))) {
        EXPECT_THAT(warning_of({program, library("libc.so.6"), libgcc()}), IsEmpty());
    }
    EXPECT_THAT(warning_of({build(kThrowing, "cpp", "-O2 -static")}), IsEmpty());
}

TEST_F(UnwindPlan, SaysWhereNoUnwinderIs) {
    EXPECT_EQ(warning_of({build(kThrowing, "cpp", "-O2")}),
              "exceptions that pass through it are not seen: no unwinder was found in the process" + kThen);
}

TEST_F(UnwindPlan, SaysWhereTheOneLinkedInIsStripped) {
    const std::string program = build(kThrowing, "cpp", "-O2 -static -s");
    EXPECT_EQ(warning_of({program}), "exceptions in " + program.substr(program.rfind('/') + 1) +
                                         " are not seen: its unwinder is linked in without symbols" + kThen);
    // That of another file does not help.
    const std::string partly = build(kThrowing, "cpp", "-O2 -static-libgcc -static-libstdc++ -s");
    if (!ElfFile::open(libgcc())) GTEST_SKIP() << "missing: libgcc_s.so.1";
    EXPECT_THAT(warning_of({partly, libgcc()}), HasSubstr("its unwinder is linked in without symbols"));
}

TEST_F(UnwindPlan, SaysWhereTheUnwinderIsOfAnotherKind) {
    const std::string program = build(kThrowing, "cpp", "-O2");
    const std::string foreign = directory_.file("libunwind.so.8");
    std::filesystem::rename(build(kForeign, "c", "-O2 -shared -fPIC"), foreign);
    const std::string warning = warning_of({program, foreign});
    EXPECT_EQ(warning,
              "exceptions that go through the unwinder in libunwind.so.8 are not seen: its code is unknown" +
                  kThen);
    if (!ElfFile::open(libgcc())) GTEST_SKIP() << "missing: libgcc_s.so.1";
    EXPECT_EQ(warning_of({program, foreign, libgcc()}), warning) << "it may be the one that is used";
}

TEST_F(UnwindPlan, SaysNothingOfAProgramWithoutExceptions) {
    EXPECT_THAT(
        warning_of({build("int run(void) { return 1; } int main(void) { return run(); }", "c", "-O2")}),
        IsEmpty());
}

}  // namespace
}  // namespace flowtap::unwind_plan_test
