// SPDX-License-Identifier: Apache-2.0
// What is said of native functions and markers that cannot be observed, in programs assembled for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <regex>

#include "elf/elf_file.h"
#include "plan/machine_limits.h"
#include "plan/native/native_plan.h"
#include "profile/profile_loader.h"
#include "tests/unit/elf/compiled.h"
#include "tests/unit/process/mapped_here.h"

namespace flowtap::native_refusals_test {
namespace {

constexpr std::uint64_t kBias = 0x7f0000000000;

class NativeRefusals : public Compiled {
protected:
    // As if this process had mapped the file; of a profile with this point.
    static Result<Plan> plan(const std::string& file, const std::string& point) {
        const std::string name = file.substr(file.rfind('/') + 1);
        const auto profile = parse_profile("profile: engine\nruntime: native\nbinaries: [" + name +
                                               "]\npoints:\n  - {name: p, kind: node, " + point + "}\n",
                                           "engine.yaml");
        if (const auto* wrong = std::get_if<LoadErrors>(&profile)) return to_error(*wrong);
        const auto elf = ElfFile::open(file);
        if (!elf) return elf.error();
        const std::uint64_t code = elf->executable_ranges().front().start;
        Mapping mapping = mapped_here(file);
        mapping.start = kBias + (code & ~std::uint64_t{4095});
        mapping.end = mapping.start + 4096;
        mapping.offset = *elf->file_offset(code) & ~std::uint64_t{4095};
        mapping.executable = true;
        mapping.path = file;
        ProcessFacts facts;
        facts.pid = ::getpid();
        facts.mappings = {mapping};
        Plan plan;
        const Result<void> done = plan_native_profile(plan, std::get<Profile>(profile), facts);
        if (!done) return done.error();
        return plan;
    }
    // Without what is the same for all, and without the figures of addresses.
    static std::string refusal(const std::string& file, const std::string& point) {
        const Result<Plan> planned = plan(file, point);
        if (!planned) {
            std::string text = std::regex_replace(planned.error().message(), std::regex("0x[0-9a-f]+"), "0x");
            const std::string same = "plan point p (engine.yaml:5): ";
            return text.starts_with(same) ? text.substr(same.size()) : text;
        }
        return planned->points.empty() || planned->points[0].why_not().empty() ? "planned"
                                                                               : planned->points[0].why_not();
    }

    // A program of functions, each with its instructions.
    std::string assembled(const std::vector<std::pair<std::string, std::string>>& functions,
                          const std::string& more = "") {
        std::string source = ".text\n";
        for (const auto& [name, code] : functions) {
            source += ".globl " + name + "\n.type " + name + ", @function\n" + name + ":\n" + code +
                      "\n.size " + name + ", . - " + name + "\n";
        }
        source += ".globl main\n.type main, @function\nmain: push %rbx\npop %rbx\nret\n" + more +
                  "\n.section .note.GNU-stack\n";
        return build(source, "s", "-pie");
    }
};

TEST_F(NativeRefusals, NameTheExitThatCannotBeSeen) {
    const std::string file = assembled({
        {"jumps", "push %rbx\njmp *%rdx"},
        {"ends_anywhere", "push %rbx\npop %rbx\njmp *%rdx"},
        {"ends_unbalanced", "push %rbx\ncall main\njmp main"},
        {"ping", "push %rbx\npop %rbx\njmp pong"},
        {"pong", "push %rbx\npop %rbx\njmp ping"},
        {"returns_from_elsewhere", "push %rbx\npop %rbx\nmov %rdi, %rsp\nret"},
        {"releases_sometimes", "push %rbx\npop %rbx\ntest %rdi, %rdi\njne free@PLT\nret"},
        {"begins_elsewhere", "mov %rdi, %rsp\npush %rbx\npop %rbx\nret"},
    });
    const std::string find = "find exits of the function at 0x: ";
    const std::string choose =
        " (choose a function with a return of its own, or accept the risk of exit: uretprobe)";
    EXPECT_EQ(refusal(file, "function: jumps"),
              find + "the target of its indirect jump at 0x is unknown" + choose);
    EXPECT_EQ(
        refusal(file, "function: ends_anywhere"),
        find + "it ends in a tail call at 0x to an unknown function, which returns in its place" + choose);
    EXPECT_EQ(refusal(file, "function: ends_unbalanced"),
              find + "it ends in a tail call at 0x, where the stack pointer is unknown" + choose);
    EXPECT_EQ(refusal(file, "function: ping"),
              find + "it ends in a tail call at 0x to its own beginning" + choose);
    EXPECT_EQ(refusal(file, "function: releases_sometimes"),
              find + "it ends in a conditional tail call at 0x" + choose);
    EXPECT_EQ(refusal(file, "function: returns_from_elsewhere"),
              find + "the stack pointer at one of its exits is not known" + choose);
    EXPECT_EQ(refusal(file, "function: begins_elsewhere"),
              "find the entry of begins_elsewhere: the stack pointer at its entry site is not known");
}

TEST_F(NativeRefusals, SayThatTooManyFunctionsReturnInAFunctionsPlace) {
    std::vector<std::pair<std::string, std::string>> functions;
    for (int number = 0; number < 12; ++number) {
        functions.emplace_back("hand_on" + std::to_string(number),
                               "push %rbx\npop %rbx\njmp hand_on" + std::to_string(number + 1));
    }
    functions.emplace_back("hand_on12", "push %rbx\npop %rbx\nret");
    EXPECT_EQ(refusal(assembled(functions), "function: hand_on0"),
              "find exits of the function at 0x: it ends in tail calls of too many functions (choose a "
              "function with "
              "a return of its own, or accept the risk of exit: uretprobe)");
}

TEST_F(NativeRefusals, SayThatAPatternIsTooWide) {
    std::vector<std::pair<std::string, std::string>> functions;
    for (int number = 0; number < 257; ++number)
        functions.emplace_back("step" + std::to_string(number), "nop\nret");
    EXPECT_EQ(refusal(assembled(functions), "function: 'step*'"),
              "find function step*: 257 functions match, more than 256 (write a narrower pattern)");
}

TEST_F(NativeRefusals, SayWhereAnArgumentIs) {
    const std::string file = assembled({{"run", "push %rbx\npop %rbx\nret"}});
    EXPECT_EQ(
        refusal(file, "function: run, node_id: arg5 string_view"),
        "find arg5 of the function: a value that takes two registers cannot begin in the last one (it is on "
        "the stack: name "
        "it arg6 "
        "or higher)");
    EXPECT_EQ(
        refusal(file, "function: run, node_id: id"),
        "find id: the binary has no debug information, and no separate file with it was found (build it with "
        "-g, install its debug information, or give its position and type, as in \"arg0->8 cstring\")");
    const std::string with_debug =
        build("int run(int x) { return x; } int main() { return run(0); }", "c", "-g -O0 -fPIE -pie");
    EXPECT_EQ(
        refusal(with_debug, "function: run, node_id: id"),
        "find id: the function has no parameter id; it has x (give its position and type, as in \"arg0->8 "
        "cstring\")");
    const Result<Plan> planned = plan(file, "function: run, node_id: arg0 libcxx_string");
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points[0].origins.size(), 1u);
    EXPECT_EQ(planned->points[0].origins[0].text, "arg0: libc++ string at rdi");
}

// .note.stapsdt as <sys/sdt.h> writes it.
std::string marker(const std::string& name, const std::string& place, const std::string& arguments,
                   const std::string& semaphore = "0") {
    return "\n.pushsection .note.stapsdt, \"\", @note\n.balign 4\n.4byte 992f - 991f, 994f - 993f, 3\n"
           "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte " +
           place + ", 0, " + semaphore + "\n.asciz \"engine\"\n.asciz \"" + name + "\"\n.asciz \"" +
           arguments + "\"\n994: .balign 4\n.popsection\n";
}

std::string done(const std::string& name, const std::string& more = "") {
    return "done: 'engine:" + name + "', duration: arg0" + more;
}

TEST_F(NativeRefusals, NameTheMarkersPlaceThatCannotBeProbed) {
    const std::string code =
        "push %rbx\nplain: nop\nhazard: .byte 0x0f, 0x1f, 0x44, 0, 0\nbehind: pop %rbx\ntwo: .byte 0x0f, "
        "0x1f, 0x44, "
        "0, 0\n.byte 0x0f, 0x1f, 0x44, 0, 0\nrefused: lock incl (%rdi)\njne behind\nret";
    std::string notes = marker("nowhere", "0x7fffff", "8@%rdi") + marker("hazard", "hazard", "8@%rdi") +
                        marker("two", "two", "8@%rdi") + marker("refused", "refused", "8@%rdi") +
                        marker("odd_semaphore", "plain", "8@%rdi", "0x7ffffff0");
    for (int number = 0; number < 257; ++number) notes += marker("many", "plain", "8@%rdi");
    const std::string file = assembled({{"run", code}}, notes);
    const std::string another = " (name another marker, or a function)";
    const std::string hazard =
        "it is a 5-byte nop, which some kernels turn into a call that overwrites the target's red zone";
    EXPECT_EQ(refusal(file, done("nowhere")),
              "find marker engine:nowhere: its note names a place without code" + another);
    EXPECT_EQ(refusal(file, done("refused")),
              "find marker engine:refused: the kernel refuses a probe on its instruction" + another);
    EXPECT_EQ(refusal(file, done("hazard")), "find marker engine:hazard: " + hazard + another)
        << "where the function is, is not known";
    const std::string with_frames = assembled({{"run", ".cfi_startproc\n" + code + "\n.cfi_endproc"}}, notes);
    EXPECT_EQ(refusal(with_frames, done("hazard")),
              "find marker engine:hazard: " + hazard +
                  ", and the next instruction may be the target of a jump" + another);
    EXPECT_EQ(
        refusal(with_frames, done("two")),
        "find marker engine:two: " + hazard + ", and the next instruction cannot have a probe" + another);
    EXPECT_EQ(refusal(file, done("odd_semaphore")),
              "find marker engine:odd_semaphore: its semaphore is not in the file" + another);
    EXPECT_THAT(
        refusal(assembled({{"run", code}}), done("absent")),
        testing::StartsWith("find marker engine:absent: the mapped files of the profile have no markers "
                            "(.note.stapsdt)"));
    EXPECT_EQ(refusal(file, done("many")), "find marker engine:many: it has more than 256 places" + another);
    EXPECT_EQ(
        refusal(file, done("absent")),
        "find marker engine:absent: not among the markers: engine:hazard engine:many engine:nowhere "
        "engine:odd_semaphore engine:refused engine:two (write provider:name as readelf --notes shows it, or "
        "name a function)");
}

TEST_F(NativeRefusals, AreNoneWhereAMarkersInstructionCanBeProbed) {
    const auto why = [](const std::string& file, const std::string& name) {
        const Result<Plan> planned = plan(file, done(name));
        EXPECT_TRUE(planned) << planned.error().message();
        return planned && !planned->probes.empty() ? planned->probes[0].why : "none";
    };
    const std::string file = assembled(
        {{"run",
          ".cfi_startproc\npush %rbx\nplain: nop\nhazard: .byte 0x0f, 0x1f, 0x44, 0, 0\npop %rbx\nret\n"
          ".cfi_endproc"}},
        marker("plain", "plain", "8@%rdi") + marker("hazard", "hazard", "8@%rdi"));
    EXPECT_EQ(why(file, "plain"), "the marker's place");
    EXPECT_EQ(why(file, "hazard"), "the instruction behind the marker's 5-byte nop");
}

TEST_F(NativeRefusals, NameAValueThatIsTooFarAway) {
    const std::string file = build(R"(
        struct Spec { struct Spec* next; const char* id; };
        volatile const char* seen;
        __attribute__((noinline)) int run(struct Spec* spec) { seen = spec->id; return 0; }
        int main() { struct Spec spec = {0, "a"}; return run(&spec); }
    )",
                                   "c", "-g -O1");
    EXPECT_EQ(refusal(file, "function: run, node_id: spec.next.next.next.next.next.next.next.id"),
              "find spec.next.next.next.next.next.next.next.id: a char * cannot be read there (give its "
              "position and "
              "type, as in \"arg0->8 cstring\")");
}

TEST_F(NativeRefusals, WarnOfPositionsInRust) {
    const Result<Plan> planned =
        plan(assembled({{"_ZN6engine8run_node17h0123456789abcdefE", "push %rbx\npop %rbx\nret"}}),
             "function: 'engine::run_node', node_id: arg0 cstring");
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_THAT(planned->points[0].notes,
                testing::Contains(testing::StartsWith(
                    "an optimiser may drop or split parameters of Rust functions that are only "
                    "called directly: their positions may then differ")));
}

TEST_F(NativeRefusals, NameTheMarkersArgumentThatCannotBeRead) {
    const std::string file =
        assembled({{"run", "push %rbx\nplain: nop\npop %rbx\nret"}},
                  marker("odd", "plain", "8@%rdi 8@gone(%rip)") + marker("half", "plain", "8@%rdi 8@%ah"));
    EXPECT_EQ(refusal(file, done("half", ", node_id: arg1")),
              "read arg1 of marker engine:half: a value of that type cannot be read there; its arguments are "
              "\"8@%rdi 8@%ah\"");
    EXPECT_EQ(refusal(file, done("odd", ", node_id: arg7")),
              "read arg7 of marker engine:odd: it does not exist, or its form is unknown; its arguments are "
              "\"8@%rdi "
              "8@gone(%rip)\"");
    EXPECT_EQ(refusal(file, done("odd", ", node_id: arg1")),
              "read arg1 of marker engine:odd: its operand names a symbol that is not in the file; its "
              "arguments are \"8@%rdi "
              "8@gone(%rip)\"");
}

TEST_F(NativeRefusals, NameTheInstructionThatThisMachineCannotProbe) {
    Result<Plan> planned = plan(assembled({{"run", "push %rbx\npop %rbx\nret"}}), "function: run");
    ASSERT_TRUE(planned) << planned.error().message();
    MachineFacts machine;
    machine.proofs = {proof_of_hits(KernelMechanism::kSingleSteppedUprobe, 0, 10)};
    drop_failing_points(*planned, machine);
    EXPECT_EQ(
        planned->points[0].why_not(),
        "probe p:exit: a uprobe on a single-stepped instruction does not work here: it fired 0 of 10 times");
}

}  // namespace
}  // namespace flowtap::native_refusals_test
