// SPDX-License-Identifier: Apache-2.0
#include "python/interpreter.h"

#include "python/build_traits.h"
#include "python/debug_offsets.h"
#include "python/interpreter_states.h"
#include "python/known_version.h"
#include "python/thread_state.h"
#include "python/versions/supported.h"

namespace flowtap {

namespace {

constexpr const char* kOrdinaryBuild = "run the program on an ordinary build";

Error unsupported(std::string cause, std::string remedy = "flowtap supports " + supported_pythons()) {
    return {"watch", "Python", std::move(cause), std::move(remedy), Error::Kind::kNoTarget};
}

// Exported only by builds with reference debugging (Include/refcount.h, Py_REF_DEBUG): --with-pydebug.
bool is_debug_build(const ElfFile& elf) { return elf.find_symbol("_Py_NegativeRefcount").has_value(); }

Result<std::uint32_t> read_hex_version(const PythonBinary& binary, const Memory& memory) {
    const auto symbol = binary.elf->find_symbol("Py_Version");
    if (!symbol) return unsupported("it runs CPython 3.10 or older");
    const auto hex = memory.read<std::uint32_t>(symbol->address + binary.load_bias);
    if (!hex) return unsupported("its version cannot be read", "try again: it may be starting or ending");
    return *hex;
}

Result<PythonLayout> read_layout(const PythonBinary& binary, const Memory& memory, std::uint32_t hex_version,
                                 const PythonVersion& version) {
    PythonLayout layout = layout_of(version);
    if (version.debug_offsets == nullptr) return layout;
    const std::uint64_t runtime = binary.elf->find_symbol("_PyRuntime")->address + binary.load_bias;
    if (auto applied = apply_debug_offsets(memory, runtime, hex_version, *version.debug_offsets, layout);
        !applied)
        return applied.error();
    share_with_probes(layout);
    return layout;
}

}  // namespace

// Py_Version (Include/pylifecycle.h): one byte each for major, minor and micro, and four bits each for level
// and serial.
PythonRelease PythonRelease::of(std::uint32_t hex) {
    return {hex >> 24, (hex >> 16) & 0xff, (hex >> 8) & 0xff, (hex >> 4) & 0xf, hex & 0xf};
}

std::string PythonRelease::text() const {
    std::string text = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro);
    if (is_final()) return text;
    const char* const name = level == 0xa ? "a" : level == 0xb ? "b" : "rc";
    return text + name + std::to_string(serial);
}

Result<std::optional<Interpreter>> Interpreter::locate(const ProcessFacts& facts, const Memory& memory) {
    ElfFiles files;
    return locate(facts, memory, files);
}

Result<std::optional<Interpreter>> Interpreter::locate(const ProcessFacts& facts, const Memory& memory,
                                                       ElfFiles& files) {
    auto binary = find_python_binary(facts, files);
    if (!binary) return std::move(binary).error();
    if (!binary->has_value()) return std::optional<Interpreter>();

    const auto hex_version = read_hex_version(**binary, memory);
    if (!hex_version) return hex_version.error();
    const PythonRelease release = PythonRelease::of(*hex_version);
    const auto version = known_version(release);
    if (!version) return version.error();
    if (is_debug_build(*(*binary)->elf))
        return unsupported("it runs a debug build of CPython " + release.text(), kOrdinaryBuild);
    const auto layout = read_layout(**binary, memory, *hex_version, **version);
    if (!layout) return layout.error();

    Interpreter interpreter(*std::move(*binary), release, **version, *layout);
    if (auto filled = interpreter.fill_addresses(); !filled) return filled.error();
    const auto type_type = interpreter.object_address("PyType_Type");
    if (auto objects = check_objects(memory, interpreter.layout_, type_type.value_or(0)); !objects)
        return objects.error();
    if (auto started = interpreter.check_started(memory); !started) return started.error();
    if (traces_references(memory, interpreter.layout_, interpreter.main_interpreter_)) {
        return unsupported("it runs a build of CPython " + release.text() + " that traces references",
                           kOrdinaryBuild);
    }
    interpreter.find_running_state(facts, memory);
    interpreter.traits_ =
        unusual_traits(interpreter.elf(), memory, interpreter.main_interpreter_, interpreter.layout_);
    if (!interpreter.distinguishes_interpreters())
        interpreter.traits_.emplace_back("subinterpreters with their own GIL are not observed");
    return std::optional(std::move(interpreter));
}

std::optional<std::uint64_t> Interpreter::address_of(std::string_view symbol) const {
    const auto found = binary_.elf->find_symbol(symbol);
    if (!found) return std::nullopt;
    return found->address + binary_.load_bias;
}

std::optional<std::uint64_t> Interpreter::object_address(std::string_view symbol) const {
    if (const auto& program = binary_.program) {
        if (const auto copy = program->elf->find_symbol(symbol)) return copy->address + program->load_bias;
    }
    return address_of(symbol);
}

Result<void> Interpreter::fill_addresses() {
    const auto runtime = address_of("_PyRuntime");
    const auto none = object_address("_Py_NoneStruct");
    const auto cell = object_address("PyCell_Type");
    const auto function = object_address("PyFunction_Type");
    const auto method = object_address("PyMethod_Type");
    const auto real = object_address("PyFloat_Type");
    if (!runtime || !none || !cell || !function || !method || !real)
        return unsupported("its file does not export CPython's C API");
    runtime_ = *runtime;
    layout_.bpf.none = *none;
    layout_.bpf.cell_type = *cell;
    layout_.bpf.function_type = *function;
    layout_.bpf.method_type = *method;
    layout_.bpf.float_type = *real;
    layout_.bpf.member_type = object_address("PyMemberDescr_Type").value_or(0);
    return {};
}

// Also finds the main interpreter.
Result<void> Interpreter::check_started(const Memory& memory) {
    const auto initialized = memory.read<std::int32_t>(runtime_ + layout_.runtime_initialized);
    const auto main = memory.read<std::uint64_t>(runtime_ + layout_.runtime_interpreters_main);
    const auto modules =
        main ? memory.read<std::uint64_t>(*main + layout_.interpreter_modules) : std::nullopt;
    if (initialized != 1 || main.value_or(0) == 0 || modules.value_or(0) == 0) {
        return unsupported("its interpreter is not initialised", "try again once the program has started");
    }
    main_interpreter_ = *main;
    return {};
}

void Interpreter::find_running_state(const ProcessFacts& facts, const Memory& memory) {
    ft_python& bpf = layout_.bpf;
    if (bpf.tstate_in == FT_TSTATE_GLOBAL) {
        bpf.tstate_address = runtime_ + layout_.runtime_current_thread;
        return;
    }
    bpf.tstate_base = main_interpreter_ + layout_.interpreter_gil;
    bpf.tstate_address = layout_.gil_holder;
    const auto place = thread_local_state(binary_, facts, memory);
    if (!place || contradicted(*place, memory, layout_, interpreter_list())) return;
    bpf.tstate_in = place->in;
    bpf.tstate_base = place->base;
    bpf.tstate_address = place->address;
}

}  // namespace flowtap
