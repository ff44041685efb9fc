// SPDX-License-Identifier: Apache-2.0
// What the search for probe sites says of builds of CPython in which something is missing or different.
#include "doctored_interpreter.h"

#include <gmock/gmock.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "code/direct_calls.h"
#include "code/function/function_code.h"
#include "code/operands.h"
#include "code/text_search.h"
#include "plan/planner.h"
#include "plan/python/probes/bound_methods.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"
#include "python_planned.h"
#include "tests/unit/python/engine_script.h"
#include "tests/unit/python/live_python.h"

namespace flowtap::doctored_interpreter_test {
namespace {

using Found = Result<std::vector<PlannedProbe>>;
using Doctor = std::function<void(DoctoredInterpreter&)>;
using Outcome = std::function<std::string(DoctoredInterpreter&)>;

struct Build {
    const char* name;
    unsigned minor;  // of the CPython that is doctored
    Doctor doctor;
    Outcome outcome;
    const char* says;                      // the refusal, or the reasons for the sites that are chosen
    std::string script = engine_script();  // what the interpreter runs
};

std::ostream& operator<<(std::ostream& out, const Build& build) { return out << build.name; }

std::string text_of(const Found& found) {
    if (!found) return found.error().message();
    std::string text;
    for (const PlannedProbe& probe : *found) text += probe.name + ": " + probe.why + "\n";
    return text;
}

// What a search for probe sites finds.
Outcome search(const std::function<Found(const Interpreter&, const Memory&)>& find) {
    return [find](DoctoredInterpreter& build) {
        const auto interpreter = build.locate();
        if (!interpreter) return interpreter.error().message();
        return *interpreter ? text_of(find(**interpreter, build.memory)) : "not seen as Python";
    };
}

// Those that need no memory.
Outcome search(Found (*find)(const Interpreter&)) {
    return search([find](const Interpreter& interpreter, const Memory&) { return find(interpreter); });
}

std::string located(DoctoredInterpreter& build) {
    const auto interpreter = build.locate();
    return interpreter ? "located" : interpreter.error().message();
}

// The plan for a point.
Outcome plan(const std::string& point) {
    return [point](DoctoredInterpreter& build) {
        const std::vector profiles = {engine_profile("  - {name: point, " + point + "}\n")};
        PlanSettings settings;
        settings.wishes.preference = Preference::kCheap;
        const Result<Plan> planned = plan_process(build.facts(), build.memory, profiles, settings);
        return planned ? to_json(*planned) : planned.error().message();
    };
}

void as_built(DoctoredInterpreter&) {}

std::uint64_t slot(const DoctoredInterpreter& build, const char* type,
                   std::initializer_list<std::uint64_t> offsets) {
    const auto function = type_slot(build.original(), build.memory, type, offsets);
    EXPECT_TRUE(function) << type;
    return function.value_or(0);
}

std::uint64_t method(const DoctoredInterpreter& build, const char* type, const char* name) {
    const auto function = method_function(build.original(), build.memory, type, name);
    EXPECT_TRUE(function) << name;
    return function.value_or(0);
}

std::uint64_t method_vectorcall(const DoctoredInterpreter& build) {
    const auto functions = method_functions(build.original());
    EXPECT_TRUE(functions);
    return functions ? functions->front().address : 0;
}

// The function behind a symbol does nothing.
Doctor empty_function(const char* name) {
    return [name](DoctoredInterpreter& build) { build.put_return(build.symbol(name)); };
}

Doctor without_name(const char* name) {
    return [name](DoctoredInterpreter& build) { build.take_name(name); };
}

std::vector<ByteStore> stores(const DoctoredInterpreter& build, int place, int value) {
    return byte_stores_in_text(build.original().elf(), place, static_cast<std::uint8_t>(value));
}

int state_of_generator(const DoctoredInterpreter& build) {
    return build.original().layout().bpf.generator_state;
}

std::vector<ByteStore> creations(const DoctoredInterpreter& build) {
    return stores(build, state_of_generator(build), build.original().version().states.created);
}

std::vector<ByteStore> completions(const DoctoredInterpreter& build) {
    return stores(build, state_of_generator(build) - build.original().layout().bpf.generator_frame,
                  build.original().version().states.final.back());
}

std::vector<ByteStore> takeovers(const DoctoredInterpreter& build) {
    const ft_python& layout = build.original().layout().bpf;
    return stores(build, layout.kept_frame + layout.frame_owner, 2);
}

void remove(DoctoredInterpreter& build, const std::vector<ByteStore>& stores) {
    ASSERT_FALSE(stores.empty());
    for (const ByteStore& store : stores) build.put_nops(store.address);
}

void end_after(DoctoredInterpreter& build, const std::vector<ByteStore>& stores) {
    ASSERT_FALSE(stores.empty());
    for (const ByteStore& store : stores) build.put_return(build.after(store.address));
}

std::vector<std::uint64_t> calls_of(const DoctoredInterpreter& build, const char* function) {
    std::vector<std::uint64_t> calls = direct_calls_of(build.original().elf(), build.symbol(function));
    EXPECT_FALSE(calls.empty()) << function;
    return calls;
}

// --- tasks and coroutines ---

void without_steps_of_tasks(DoctoredInterpreter& build) {
    const std::uint64_t send = slot(build, "PyCoro_Type", {kTypeAsAsync, kAsyncSend});
    const Result<FunctionCode> code = FunctionCode::trace(build.original().elf(), send);
    ASSERT_TRUE(code);
    for (const TailCall& tail : code->tail_calls())
        if (tail.target) build.put_return(*tail.target);
    build.put_return(send);
    build.put_return(build.symbol("PyIter_Send"));
}

void without_check_of_state(DoctoredInterpreter& build) {
    build.put_return(slot(build, "PyCoro_Type", {kTypeFinalize}));
}

// _PyGen_Finalize(): "test %rdi, %rdi; je (the end); ud2; the end: ret".
void with_end_after_check_of_state(DoctoredInterpreter& build) {
    build.put(slot(build, "PyCoro_Type", {kTypeFinalize}), {0x48, 0x85, 0xff, 0x74, 0x02, 0x0f, 0x0b, 0xc3});
}

Found drives(const Interpreter& interpreter, const Memory& memory) {
    return drive_probes(interpreter, memory);
}

void without_finalizer(DoctoredInterpreter& build) {
    build.memory.put(*build.original().address_of("PyCoro_Type") + kTypeFinalize, 0);
}

void without_end_in_close(DoctoredInterpreter& build) {
    build.put_return(method(build, "PyCoro_Type", "close"));
}

void with_end_after_store_of_close(DoctoredInterpreter& build) {
    const Result<FunctionCode> close =
        FunctionCode::trace(build.original().elf(), method(build, "PyCoro_Type", "close"));
    ASSERT_TRUE(close);
    for (const ByteStore& store :
         byte_stores_at(build.original().elf(), *close, build.original().layout().bpf.generator_state))
        build.put_return(build.after(store.address));
}

void with_inlined_warning(DoctoredInterpreter& build) {
    build.put_call(build.symbol("PyIter_Send"), build.symbol("_PyErr_WarnUnawaitedCoroutine"));
}

void without_creations(DoctoredInterpreter& build) {
    build.take_name("_Py_MakeCoro");
    remove(build, creations(build));
}

void with_end_after_creation(DoctoredInterpreter& build) {
    build.take_name("_Py_MakeCoro");
    end_after(build, creations(build));
}

void with_end_after_maker(DoctoredInterpreter& build) {
    for (const std::uint64_t call : calls_of(build, "_Py_MakeCoro")) build.put_return(build.after(call));
}

void without_completions(DoctoredInterpreter& build) {
    build.take_name("_PyEvalFrameClearAndPop");
    build.take_name("_PyEval_FrameClearAndPop");
    remove(build, completions(build));
}

const char* clear_function(const DoctoredInterpreter& build) {
    return build.original().elf().find_symbol("_PyEval_FrameClearAndPop") ? "_PyEval_FrameClearAndPop"
                                                                          : "_PyEvalFrameClearAndPop";
}

const std::vector<Build> kCoroutines = {
    {"TaskSteps", 11, without_steps_of_tasks, search(step_probes),
     "the function that steps a task's coroutine was not found"},
    {"Finalizer", 11, without_finalizer, search(abandonment_probes), "its tp_finalize slot cannot be read"},
    {"CheckOfState", 11, without_check_of_state, search(abandonment_probes),
     "its code does not begin with a check of the coroutine's state"},
    {"EndInClose", 12, without_end_in_close, search(abandonment_probes),
     "its code that ends a coroutine was not found"},
    {"PlainStoreInClose", 12, with_end_after_store_of_close, search(abandonment_probes),
     "the instruction that stores the final state"},
    {"InlinedWarning", 12, with_inlined_warning, search(abandonment_probes),
     "the call that warns about a coroutine that was never awaited"},
    {"Creations", 11, without_creations, search(all_creation_probes),
     "neither a call of it nor its inlined code was found"},
    {"SiteOfCreations", 11, with_end_after_creation, search(all_creation_probes),
     "it is inlined, and no instruction there that can be probed has the new object in a register"},
    {"SiteAfterMaker", 12, with_end_after_maker, search(all_creation_probes),
     "no instruction that can be probed has the result of its call in a register"},
    {"BranchOfCompletions", 12,
     [](DoctoredInterpreter& build) { build.put_return(build.symbol(clear_function(build))); },
     search(completion_probes), "the branch that clears a generator's frame was not found"},
    {"Completions", 12, without_completions, search(completion_probes),
     "this build has no symbol for it, and its code was not found"},
    {"SiteOfCompletions", 12, [](DoctoredInterpreter& build) { end_after(build, completions(build)); },
     search(completion_probes), "a copy of it in this build cannot be probed"},
    {"SiteOfUnfinished", 11, with_end_after_check_of_state, search(abandonment_probes),
     "no instruction on the path of unfinished coroutines can be probed"},
    {"Close", 13, as_built, search(drives), "first emulated instruction after the store of the state"},
    {"FrameKeeps", 11, as_built, search(kept_frame_probes), "a frame object takes over a frame"},
    {"NoFrameKeeps", 11, [](DoctoredInterpreter& build) { remove(build, takeovers(build)); },
     search(kept_frame_probes), "its code was not found in this build"},
};

// --- context variables ---

void without_methods_of_variables(DoctoredInterpreter& build) {
    constexpr std::uint64_t kTypeMethods = 232;
    build.memory.put(*build.original().address_of("PyContextVar_Type") + kTypeMethods, 0);
}

void without_destructor_of_contexts(DoctoredInterpreter& build) {
    build.memory.put(*build.original().address_of("PyContext_Type") + kTypeDealloc, 0);
}

// PyContextVar_Set() with its token in rbx and "data16 call" of what PyContextVar_Reset() calls.
void with_refused_call(DoctoredInterpreter& build) {
    const std::uint64_t set = build.symbol("PyContextVar_Set");
    const std::uint64_t reset = build.symbol("PyContextVar_Reset");
    build.put(set, {0x53, 0x48, 0x89, 0xfb, 0x48, 0x89, 0xdf, 0x48, 0x89, 0xde, 0x66});
    build.put_call(set + 11, build.symbol("PyErr_Occurred"));
    build.put(set + 16, {0x48, 0x89, 0xd8, 0x5b, 0xc3});
    build.put_call(reset, build.symbol("PyErr_Occurred"));
    build.put_return(reset + 5);
}

const std::vector<Build> kVariables = {
    {"Reset", 11, without_name("PyContextVar_Reset"), search(variable_probes),
     "PyContextVar_Reset: the interpreter does not export it"},
    {"MethodsOfVariables", 11, without_methods_of_variables, search(variable_probes),
     "the method of ContextVar that calls it was not found"},
    {"Setting", 11, empty_function("PyContextVar_Set"), search(context_probes),
     "its code that puts the value into the context was not found"},
    {"CallOfSetting", 11, with_refused_call, search(context_probes),
     "its call that puts the value into the context cannot be probed"},
    {"PlainSetting", 11, as_built, search(context_probes),
     "the call that puts the value into the context, after the token is made"},
    {"Contexts", 11, without_destructor_of_contexts, search(context_probes),
     "PyContext_Type: its tp_dealloc slot cannot be read"},
};

// --- calls of methods ---

// "call *%rax", the result of which nobody tests.
void with_untested_result(DoctoredInterpreter& build) {
    build.put(method_vectorcall(build), {0xff, 0xd0, 0xc3});
}

// "push %rbx; and $-16, %rsp; call *%rax; push %rbx; ret".
void with_aligned_stack(DoctoredInterpreter& build) {
    build.put(method_vectorcall(build), {0x53, 0x48, 0x83, 0xe4, 0xf0, 0xff, 0xd0, 0x53, 0xc3});
}

void without_vectorcall(DoctoredInterpreter& build) { build.put_return(method_vectorcall(build)); }

void without_site_of_offsetless_calls(DoctoredInterpreter& build) {
    const Found probes = unpacked_call_probes(build.original());
    ASSERT_TRUE(probes) << probes.error().message();
    for (const PlannedProbe& probe : *probes) {
        if (probe.why ==
            "first emulated instruction that only calls without PY_VECTORCALL_ARGUMENTS_OFFSET execute")
            build.put_return(probe.address - build.original().load_bias());
    }
}

void without_unpacker(DoctoredInterpreter& build) {
    build.take_name("_PyStack_UnpackDict");
    build.put_return(build.symbol("PyVectorcall_Call"));
}

void with_end_after_unpacking(DoctoredInterpreter& build) {
    for (const std::uint64_t call : calls_of(build, "_PyStack_UnpackDict"))
        build.put_return(build.after(call));
}

void without_unpacking(DoctoredInterpreter& build) {
    for (const std::uint64_t call : calls_of(build, "_PyStack_UnpackDict")) build.put_nops(call);
}

void without_path_to_unpacker(DoctoredInterpreter& build) {
    for (const std::uint64_t call : calls_of(build, "_PyStack_UnpackDict"))
        build.put_return(build.original().elf().piece_of(call)->start);
}

// PyVectorcall_Call(): "lea 24(%rdi), %rsi; call the unpacker; test %rax, %rax; je (the ret)", with room for
// ten bytes, which end with the ret. Returns where they begin.
std::uint64_t put_unpacking(DoctoredInterpreter& build) {
    const std::uint64_t function = build.symbol("PyVectorcall_Call");
    build.put(function, {0x48, 0x8d, 0x77, 0x18});
    build.put_call(function + 4, build.symbol("_PyStack_UnpackDict"));
    build.put(function + 9, {0x48, 0x85, 0xc0, 0x74, 0x09});
    return function + 14;
}

// "call; ...; ret".
void with_other_callee(DoctoredInterpreter& build) {
    const std::uint64_t inner = put_unpacking(build);
    build.put_call(inner, build.symbol("PyErr_Occurred"));
    build.put(inner + 5, {0x90, 0x90, 0x90, 0x90, 0xc3});
}

// "mov (%rcx), %rdi; call *%rdx; ...; ret".
void with_callable_in_memory(DoctoredInterpreter& build) {
    build.put(put_unpacking(build), {0x48, 0x8b, 0x39, 0xff, 0xd2, 0x90, 0x90, 0x90, 0x90, 0xc3});
}

// slot_tp_call(): "test %eax, %eax; je (the ret); jmp *%rax; ret".
void with_jump_out(DoctoredInterpreter& build) {
    const std::uint64_t type = *build.original().address_of("PyType_Type");
    const auto call = build.memory.read<std::uint64_t>(type + kTypeCall);
    ASSERT_TRUE(call);
    build.put(*call - build.original().load_bias(), {0x85, 0xc0, 0x74, 0x02, 0xff, 0xe0, 0xc3});
}

Found calls_of_types(const Interpreter& interpreter, const Memory& memory) {
    return instance_probes(interpreter, memory, interpreter.object_address("PyType_Type").value_or(0));
}

// "movl $-1, 0x24(%rcx); ret".
void with_unprobed_copy(DoctoredInterpreter& build) {
    build.put(build.symbol("PyIter_Send"), {0xc7, 0x41, 0x24, 0xff, 0xff, 0xff, 0xff, 0xc3});
}

const std::vector<Build> kCalls = {
    {"Constructor", 11, empty_function("PyMethod_New"), search(call_probes),
     "expected it to store one function in the object, found 0"},
    {"StackAtExit", 11, with_aligned_stack, search(call_probes),
     "find probe sites in method_vectorcall: the stack pointer at an exit site is not known (this build of "
     "CPython "
     "differs from those that flowtap knows; please report it)"},
    {"Raises", 11, without_vectorcall, search(raise_probes), "no call in it runs the method"},
    {"TestOfResult", 11, with_untested_result, search(raise_probes),
     "the instruction that tests the method's result was not found"},
    {"OffsetlessCalls", 11, as_built, search(unpacked_call_probes),
     "first emulated instruction that only calls without PY_VECTORCALL_ARGUMENTS_OFFSET execute"},
    {"BranchByOffset", 11, without_vectorcall, search(unpacked_call_probes),
     "its code does not begin with a test of PY_VECTORCALL_ARGUMENTS_OFFSET"},
    {"SiteOfOffsetlessCalls", 11, without_site_of_offsetless_calls, search(unpacked_call_probes),
     "no emulated instruction is executed only by calls without PY_VECTORCALL_ARGUMENTS_OFFSET"},
    {"UnpackedCalls", 11, as_built, search(unpacked_call_probes),
     "first emulated instruction where the arguments are unpacked"},
    {"Unpacker", 11, without_unpacker, search(unpacked_call_probes),
     "the function that unpacks the dictionary of arguments was not found"},
    {"PathToUnpacker", 12, without_path_to_unpacker, search(unpacked_call_probes),
     "a call of it cannot be reached in the code of its caller"},
    {"PathFromUnpacker", 12, with_end_after_unpacking, search(unpacked_call_probes),
     "the code between its return and the call of the callable was not found"},
    {"CallAfterUnpacker", 12, with_other_callee, search(unpacked_call_probes),
     "the call that passes on the unpacked arguments was not found"},
    {"CallableAfterUnpacker", 12, with_callable_in_memory, search(unpacked_call_probes),
     "no emulated instruction before the call of the callable has it in a register"},
    {"Unpacking", 12, without_unpacking, search(unpacked_call_probes),
     "its code that unpacks the dictionary of arguments was not found"},
    {"ExitsOfInstances", 11, with_jump_out, search(calls_of_types), "not all of its exits can be observed"},
    {"SlotOfInstances", 11,
     [](DoctoredInterpreter& build) {
         build.memory.put(*build.original().address_of("PyType_Type") + kTypeCall, 0);
     },
     search(calls_of_types), "the class's tp_call slot does not point into the interpreter's file"},
    {"CopyOfTracebacks", 12, with_unprobed_copy, search(traceback_probes),
     "a copy of it that is inlined elsewhere cannot be probed"},
};

// --- interpreters and points ---

void before_initialisation(DoctoredInterpreter& build) {
    const std::uint64_t runtime = *build.original().address_of("_PyRuntime");
    build.memory.put(runtime + build.original().layout().runtime_initialized, 0);
}

void without_place_of_thread_state(DoctoredInterpreter& build) {
    for (const char* name :
         {"PyThreadState_GetUnchecked", "_PyThreadState_UncheckedGet", "PyThreadState_Get"})
        build.take_name(name);
}

// The first emulated instruction behind each evaluation of a coroutine's frame becomes a return.
void with_expensive_exits_of_steps(DoctoredInterpreter& build) {
    const Found steps = step_probes(build.original(), build.memory);
    ASSERT_TRUE(steps) << steps.error().message();
    for (const PlannedProbe& probe : *steps)
        if (probe.program() == Program::kPythonStepExit)
            build.put_return(probe.address - build.original().load_bias());
}

constexpr const char* kCoroutine = "kind: node, function: 'engine.core:coroutine', call: coroutine";
constexpr const char* kPlain = "kind: node, function: 'engine.core:plain', call: function";
constexpr const char* kMethod = "kind: node, function: 'engine.core:Base.execute', call: method";
constexpr const char* kVariable =
    "kind: node, function: 'engine.core:Base.execute', call: method, overrides: true, node_type: self, "
    "context_variable: 'engine.core:CURRENT', context_token: self";

const std::vector<Build> kInterpreters = {
    {"Exports", 11, without_name("PyCell_Type"), located,
     ": its file does not export CPython's C API (flowtap supports CPython 3.11"},
    {"Initialisation", 11, before_initialisation, located,
     "its interpreter is not initialised (try again once the program has started)"},
    {"ProcessOfTheInterpreter", 11, before_initialisation, plan(kMethod), "watch Python in process "},
    {"BuildThatTracesReferences", 11, as_built, located, "it runs a build of CPython 3.11",
     engine_script("sys.getobjects = len")},
    {"TracedReferences", 11, as_built, located,
     "that traces references (run the program on an ordinary build)", engine_script("sys.getobjects = len")},
    {"PlaceOfThreadState", 12, without_place_of_thread_state, plan(kMethod),
     "it has its own GIL, and flowtap does not know where this build of CPython keeps the state of the "
     "running thread; probe hits there are counted as unattributed",
     subinterpreter_script("kept = subinterpreter('isolated')\ndel sys.modules['engine.core']")},
    {"TraitOfThreadState", 12, without_place_of_thread_state, plan(kMethod),
     "subinterpreters with their own GIL are not observed"},
    {"LateEnds", 11, [](DoctoredInterpreter& build) { remove(build, takeovers(build)); }, plan(kPlain),
     "calls whose frame objects outlive them end late, or as failed: find probe sites in take_ownership"},
    {"FailuresOutsideOfRun", 11, with_untested_result, plan(kVariable),
     "failures before the variable is set and after it is reset (validation) are not seen: find probe sites "
     "in method_vectorcall"},
    {"CallsOfOverrides", 11, empty_function("PyMethod_New"), plan(kVariable),
     "calls of overrides are not seen: find probe sites in PyMethod_New"},
    {"LifetimesBefore312", 11, as_built, plan(kCoroutine),
     "before CPython 3.12 completions have no probe site of their own"},
    {"RunningTime", 12, with_expensive_exits_of_steps, plan(kCoroutine),
     "its running time is not separated from the time it is suspended: every step of a task would be "
     "single-stepped"},
};

// The first interpreter of that minor version.
std::vector<PythonProgram> programs_of(unsigned minor) {
    std::vector<PythonProgram> found = find_pythons(true);
    std::erase_if(found, [&](const PythonProgram& program) { return program.minor != minor; });
    found.resize(std::min<std::size_t>(found.size(), 1));
    return found;
}

class DoctoredBuild : public testing::TestWithParam<Build> {
protected:
    static std::string outcome(const Build& build, const PythonProgram& program) {
        const LivePython python(program, build.script);
        const Result<ProcessFacts> facts = read_process_facts(python.pid());
        const Result<RemoteMemory> memory = RemoteMemory::open(python.pid());
        if (!python.ready() || !facts || !memory) return "cannot be started";
        const auto original = Interpreter::locate(*facts, *memory);
        DoctoredInterpreter doctored(*facts, *memory, original ? *original : std::nullopt);
        build.doctor(doctored);
        return build.outcome(doctored);
    }
};

std::string name_of(const testing::TestParamInfo<Build>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Coroutines, DoctoredBuild, testing::ValuesIn(kCoroutines), name_of);
INSTANTIATE_TEST_SUITE_P(Variables, DoctoredBuild, testing::ValuesIn(kVariables), name_of);
INSTANTIATE_TEST_SUITE_P(Interpreters, DoctoredBuild, testing::ValuesIn(kInterpreters), name_of);
INSTANTIATE_TEST_SUITE_P(Calls, DoctoredBuild, testing::ValuesIn(kCalls), name_of);

TEST_P(DoctoredBuild, IsRefusedOrExplained) {
    const std::vector<PythonProgram> programs = programs_of(GetParam().minor);
    if (programs.empty()) GTEST_SKIP() << "missing: CPython 3." << GetParam().minor;
    EXPECT_THAT(outcome(GetParam(), programs.front()), testing::HasSubstr(GetParam().says));
}

}  // namespace
}  // namespace flowtap::doctored_interpreter_test
