// SPDX-License-Identifier: Apache-2.0
// Where every interpreter found on this machine would be probed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "code/function/function_code.h"
#include "code/instruction_starts.h"
#include "code/operands.h"
#include "plan/python/probes/site_probes.h"
#include "plan/python/probes/unawaited_coroutines.h"
#include "profile/expected_hits_reader.h"
#include "python_planned.h"

namespace flowtap::python_probes_test {
namespace {

constexpr const char* kCoroutine = R"(
  - {name: run, kind: workflow, function: 'engine.core:coroutine', call: coroutine}
)";
constexpr const char* kNodeCoroutine = R"(
  - {name: run, kind: node, function: 'engine.core:coroutine', call: coroutine}
)";
constexpr const char* kMethod = R"(
  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method}
)";

constexpr const char* kUnpackedMethod = R"(
  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method, arguments: unpacked}
)";
constexpr const char* kOtherMethod = R"(
  - {name: other, kind: node, function: 'engine.core:Base.inherited', call: method}
)";

class PythonProbes : public PythonPlanTest {
protected:
    void plan_points(const std::string& points) {
        ASSERT_NO_FATAL_FAILURE(start(engine_script()));
        Result<Plan> planned = plan(points);
        ASSERT_TRUE(planned) << planned.error().message();
        plan_ = *std::move(planned);
        for (const PlannedPoint& point : plan_.points)
            ASSERT_TRUE(point.is_observed()) << point.point.name << ": " << point.why_not();
        ASSERT_FALSE(plan_.probes.empty());
        for (const PlannedProbe& probe : plan_.probes)
            EXPECT_THAT(countable_probes(), testing::Contains(probe.name))
                << "no profile can expect its hits";
    }
    std::ptrdiff_t count(Program program) const {
        return std::ranges::count(plan_.probes, program, &PlannedProbe::program);
    }
    Result<FunctionCode> close_function() {
        const auto close = method_function(interpreter(), memory(), "PyCoro_Type", "close");
        return FunctionCode::trace(interpreter().elf(), close.value_or(0));
    }
    bool evaluates(const FunctionCode& code) {
        const ElfFile& elf = interpreter().elf();
        const auto evaluator = elf.find_symbol("_PyEval_EvalFrameDefault");
        return std::ranges::any_of(code.nodes(), [&](const auto& entry) {
            const Instruction& call = entry.second.instruction;
            return call.flow == Flow::kCall && call.target &&
                   elf.resolve_call(*call.target) == evaluator->address;
        });
    }
    bool completes(const FunctionCode& code) {
        const auto stores =
            byte_stores_at(interpreter().elf(), code, interpreter().layout().bpf.generator_state);
        return std::ranges::any_of(stores, [&](const ByteStore& store) {
            return static_cast<std::int8_t>(store.value) == interpreter().version().states.final.front();
        });
    }
    bool is_mapped_as_code(std::uint64_t address) const {
        const auto facts = read_process_facts(python().pid());
        return facts && std::ranges::any_of(facts->mappings, [&](const Mapping& mapping) {
                   return mapping.executable && mapping.start <= address && address < mapping.end;
               });
    }

    Plan plan_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PythonProbes);
INSTANTIATE_TEST_SUITE_P(Found, PythonProbes, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(PythonProbes, OfCoroutinesBeginAndEndTheirSteps) {
    ASSERT_NO_FATAL_FAILURE(plan_points(kCoroutine));
    EXPECT_GE(count(Program::kPythonStepEntry), 1);
    EXPECT_GE(count(Program::kPythonStepExit) + count(Program::kPythonCompletion), 1);
    EXPECT_EQ(count(Program::kPythonCallEntry), 0) << "no point asks for it";
}

TEST_P(PythonProbes, OfMethodsBeginAndEndTheirCalls) {
    ASSERT_NO_FATAL_FAILURE(plan_points(kMethod));
    EXPECT_GE(count(Program::kPythonCallEntry), 1);
    EXPECT_GE(count(Program::kPythonCallExit), 1);
    // Only 3.14 has a second function that a bound method may be called through; what looks like it in
    // Debian's 3.11 is _PyObject_VectorcallTstate, which has other arguments and is inside every such call.
    if (GetParam().minor < 14) {
        EXPECT_EQ(count(Program::kPythonCallEntry), 1);
    }
    EXPECT_EQ(count(Program::kPythonStepEntry), 0) << "no point asks for it";
}

bool calls_any_callable(const PlannedProbe& probe) {
    const auto* call = probe.as<CallEntry>();
    return call != nullptr && std::holds_alternative<CallEntry::Callable>(call->called);
}

TEST_P(PythonProbes, OfCallsThatUnpackTheirArgumentsAreWhereFewOthersPass) {
    ASSERT_NO_FATAL_FAILURE(plan_points(kUnpackedMethod));
    const std::ptrdiff_t unpacking = std::ranges::count_if(plan_.probes, calls_any_callable);
    // Where profile-guided builds go on with methods in a function of their own, that is probed.
    if (GetParam().minor < 14) {
        EXPECT_GE(unpacking, 2) << "PyObject_Call and PyVectorcall_Call";
    }
    EXPECT_GT(count(Program::kPythonCallEntry), unpacking) << "calls without named arguments pass elsewhere";
    for (const PlannedProbe& probe : plan_.probes) {
        if (probe.program() != Program::kPythonCallEntry) continue;
        EXPECT_EQ(probe.cost, SiteCost::kEmulated) << probe.why;
    }
    ASSERT_EQ(plan_.points.front().notes.size(), 1U);
    EXPECT_THAT(
        plan_.points.front().notes.front(),
        testing::HasSubstr("calls seen: object.method(*arguments, **named), and by map(), functools.partial, "
                           "Context.run(); not by sorted(key=object.method)"));
}

TEST_P(PythonProbes, OfCallsAreWhereAllPassIfOnePointWantsThat) {
    ASSERT_NO_FATAL_FAILURE(plan_points(std::string(kUnpackedMethod) + kOtherMethod));
    EXPECT_FALSE(std::ranges::any_of(plan_.probes, calls_any_callable));
    for (const PlannedPoint& point : plan_.points) EXPECT_TRUE(point.notes.empty()) << point.point.name;
}

TEST_P(PythonProbes, LieOnInstructionsOfTheInterpreter) {
    ASSERT_NO_FATAL_FAILURE(plan_points(std::string(kCoroutine) + kMethod));
    InstructionStarts starts(interpreter().elf());
    for (const PlannedProbe& probe : plan_.probes) {
        const std::uint64_t linked = probe.address - interpreter().load_bias();
        EXPECT_TRUE(interpreter().elf().is_executable_address(linked)) << probe.name;
        EXPECT_EQ(interpreter().elf().file_offset(linked), probe.file_offset) << probe.name;
        EXPECT_EQ(starts.contain(linked), true) << probe.name << " is inside another instruction";
        EXPECT_TRUE(is_mapped_as_code(probe.address)) << probe.name;
        EXPECT_EQ(probe.file, interpreter().elf_path());
        EXPECT_FALSE(probe.why.empty()) << probe.name;
        EXPECT_FALSE(probe.point.has_value()) << "the code object tells the point";
    }
}

TEST_P(PythonProbes, NeverLieOnAnEndbr64) {
    ASSERT_NO_FATAL_FAILURE(plan_points(std::string(kCoroutine) + kMethod));
    constexpr std::array<std::uint8_t, 4> kEndbr64 = {0xf3, 0x0f, 0x1e, 0xfa};
    for (const PlannedProbe& probe : plan_.probes) {
        const auto code = memory().read<std::array<std::uint8_t, 4>>(probe.address);
        ASSERT_TRUE(code.has_value()) << probe.name;
        EXPECT_NE(*code, kEndbr64) << probe.name;
    }
}

// arch/x86/kernel/uprobes.c emulates these: push of a register, nop, and relative jumps and calls.
TEST_P(PythonProbes, AreCalledEmulatedOnlyWhereTheKernelEmulates) {
    ASSERT_NO_FATAL_FAILURE(plan_points(std::string(kCoroutine) + kMethod));
    for (const PlannedProbe& probe : plan_.probes) {
        if (probe.cost != SiteCost::kEmulated) continue;
        const auto code = memory().read<std::array<std::uint8_t, 4>>(probe.address);
        ASSERT_TRUE(code.has_value()) << probe.name;
        std::size_t at = 0;
        while (at < 2 && ((*code)[at] == 0x66 || ((*code)[at] & 0xf0) == 0x40)) at++;
        const std::uint8_t opcode = (*code)[at];
        const bool push = (opcode & 0xf8) == 0x50;
        const bool jump = opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb || (opcode & 0xf0) == 0x70;
        const bool long_form =
            opcode == 0x0f && (((*code)[at + 1] & 0xf0) == 0x80 || (*code)[at + 1] == 0x1f);
        EXPECT_TRUE(push || jump || long_form || opcode == 0x90)
            << probe.name << ": opcode " << static_cast<unsigned>(opcode);
    }
}

TEST_P(PythonProbes, WatchWhatDrivesCoroutinesForTheirRunningTime) {
    ASSERT_NO_FATAL_FAILURE(plan_points(kNodeCoroutine));
    EXPECT_EQ(plan_.python->clocks, 1);
    EXPECT_GE(count(Program::kPythonStepExit), count(Program::kPythonStepEntry));
    EXPECT_EQ(count(Program::kPythonDriveEntry), 2) << "throw() and close()";
    EXPECT_GE(count(Program::kPythonDriveExit), 2);
}

// Generators that a program gives up early pass gen_close() as well, and only return from it.
TEST_P(PythonProbes, OfCloseAreWhereItClosesWhatIsAwaited) {
    if (GetParam().minor >= 15) GTEST_SKIP() << "gen_close() marks all that it closes as executing";
    ASSERT_NO_FATAL_FAILURE(plan_points(kNodeCoroutine));
    const Result<FunctionCode> close = close_function();
    ASSERT_TRUE(close) << close.error().message();
    if (evaluates(*close)) GTEST_SKIP() << "this build evaluates the coroutine in gen_close() itself";
    std::ptrdiff_t entries = 0;
    for (const PlannedProbe& probe : plan_.probes) {
        const bool is_entry = probe.program() == Program::kPythonDriveEntry;
        const FunctionCode::Node* node = close->at(probe.address - interpreter().load_bias());
        if (node == nullptr || (!is_entry && probe.program() != Program::kPythonDriveExit)) continue;
        entries += is_entry ? 1 : 0;
        EXPECT_NE(node->instruction.flow, Flow::kReturn) << probe.why;
        EXPECT_THAT(probe.why, testing::HasSubstr("the store of the state"));
    }
    EXPECT_GE(entries, 1);
}

TEST_P(PythonProbes, OfAnEndInCloseAreInCloseAlone) {
    ASSERT_NO_FATAL_FAILURE(plan_points(kNodeCoroutine));
    const Result<FunctionCode> close = close_function();
    ASSERT_TRUE(close) << close.error().message();
    if (!completes(*close)) GTEST_SKIP() << "gen_close() does not store that state itself";
    for (const PlannedProbe& probe : plan_.probes) {
        if (probe.name != "python:abandoned") continue;
        ASSERT_NE(probe.as<CoroutineDestruction>(), nullptr);
        if (probe.as<CoroutineDestruction>()->ends == CoroutineDestruction::Ends::kUncompletedToClose)
            continue;
        EXPECT_NE(close->at(probe.address - interpreter().load_bias()), nullptr)
            << "a second hit for the same end: " << probe.why;
    }
}

TEST_P(PythonProbes, OfCoroutinesThatNeverRanAreInInlinedFinalizersToo) {
    ASSERT_NO_FATAL_FAILURE(plan_points(kCoroutine));
    const auto finalize = type_slot(interpreter(), memory(), "PyCoro_Type", {kTypeFinalize});
    const Result<FunctionCode> code = FunctionCode::trace(interpreter().elf(), finalize.value_or(0));
    ASSERT_TRUE(code) << code.error().message();
    const std::vector<std::uint64_t> calls = inlined_warnings(interpreter(), *code);
    if (calls.empty()) GTEST_SKIP() << "this build does not inline _PyGen_Finalize()";
    for (const std::uint64_t call : calls) {
        EXPECT_TRUE(std::ranges::any_of(plan_.probes, [&](const PlannedProbe& probe) {
            return probe.address == call + interpreter().load_bias() &&
                   probe.program() == Program::kPythonDestroyed &&
                   probe.as<CoroutineDestruction>()->ends == CoroutineDestruction::Ends::kUncompleted;
        }));
    }
}

TEST_P(PythonProbes, AreFewerWhereRunningTimeIsNotAskedFor) {
    settings_.running_seconds = false;
    ASSERT_NO_FATAL_FAILURE(plan_points(kNodeCoroutine));
    EXPECT_EQ(plan_.python->clocks, 0);
    EXPECT_EQ(count(Program::kPythonDriveEntry), 0);
    if (count(Program::kPythonCompletion) > 0) {
        EXPECT_EQ(count(Program::kPythonStepExit), 0);
    }
}

TEST_P(PythonProbes, DoNotTimeCoroutinesThatAreNoNodes) {
    ASSERT_NO_FATAL_FAILURE(plan_points(kCoroutine));
    EXPECT_EQ(plan_.python->clocks, 0);
    EXPECT_EQ(count(Program::kPythonDriveEntry), 0);
}

// A site is looked up by its address: two probes on one would be taken for one.
TEST_P(PythonProbes, HaveAnAddressOfTheirOwn) {
    ASSERT_NO_FATAL_FAILURE(plan_points(std::string(kCoroutine) + kMethod));
    std::set<std::uint64_t> addresses;
    for (const PlannedProbe& probe : plan_.probes)
        EXPECT_TRUE(addresses.insert(probe.address).second) << probe.name;
}

int stack_adjust_of(const SiteDetails& details) {
    const auto adjust = [](const auto& kind) {
        if constexpr (requires { kind.stack_adjust; })
            return kind.stack_adjust;
        else
            return 0;
    };
    return std::visit(adjust, details);
}

TEST_P(PythonProbes, SayInWhichRegistersTheProgramsFindThings) {
    ASSERT_NO_FATAL_FAILURE(plan_points(std::string(kCoroutine) + kMethod));
    for (const PlannedProbe& probe : plan_.probes) {
        if (probe.program() == Program::kPythonStepExit) {
            EXPECT_TRUE(probe.as<ReturnToC>()->argument) << probe.name;
        }
        EXPECT_EQ(stack_adjust_of(probe.details) % 8, 0) << probe.name;
    }
}

}  // namespace
}  // namespace flowtap::python_probes_test
