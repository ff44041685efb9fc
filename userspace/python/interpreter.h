// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "elf/elf_files.h"
#include "process/memory.h"
#include "process/process_facts.h"
#include "python/layout.h"
#include "python/python_binary.h"
#include "python/versions/python_version.h"

namespace flowtap {

// The parts of PY_VERSION_HEX.
struct PythonRelease {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned micro = 0;
    unsigned level = kFinal;  // 0xa alpha, 0xb beta, 0xc candidate
    unsigned serial = 0;
    bool operator==(const PythonRelease&) const = default;

    static constexpr unsigned kFinal = 0xf;
    static PythonRelease of(std::uint32_t hex);
    [[nodiscard]] bool is_final() const { return level == kFinal; }
    // "3.15.2", "3.16.0a3".
    [[nodiscard]] std::string text() const;
};

// The CPython in one process: its ELF file, where that is loaded, and the layout of its objects.
class Interpreter {
public:
    // nullopt: not a Python process. Error: a Python that flowtap does not support (the cause says why: too
    // old, too new, free-threaded, debug build, PyPy, not initialised yet).
    static Result<std::optional<Interpreter>> locate(const ProcessFacts& facts, const Memory& memory,
                                                     ElfFiles& files);
    // The same for one process, without a cache.
    static Result<std::optional<Interpreter>> locate(const ProcessFacts& facts, const Memory& memory);

    [[nodiscard]] const PythonRelease& release() const { return release_; }
    // Data about its minor version.
    [[nodiscard]] const PythonVersion& version() const { return *version_; }
    // The executable or libpython, opened by a path that is valid for us.
    [[nodiscard]] const ElfFile& elf() const { return *binary_.elf; }
    [[nodiscard]] const std::string& elf_path() const { return binary_.path; }
    // Run-time address = ELF virtual address + load_bias.
    [[nodiscard]] std::uint64_t load_bias() const { return binary_.load_bias; }
    // Run-time address of a function or other symbol of that file.
    [[nodiscard]] std::optional<std::uint64_t> address_of(std::string_view symbol) const;
    // Run-time address of one of CPython's exported variables, such as a type object: the one in use, which
    // may be in the program that embeds a libpython.
    [[nodiscard]] std::optional<std::uint64_t> object_address(std::string_view symbol) const;
    // Complete, including the run-time addresses in layout().bpf.
    [[nodiscard]] const PythonLayout& layout() const { return layout_; }
    // Unusual traits of this build, as text; most have none.
    [[nodiscard]] const std::vector<std::string>& traits() const { return traits_; }
    // The main PyInterpreterState.
    [[nodiscard]] std::uint64_t main_interpreter() const { return main_interpreter_; }
    // Address of _PyRuntime.interpreters.head; main and next_id follow it.
    [[nodiscard]] std::uint64_t interpreter_list() const {
        return runtime_ + layout_.runtime_interpreters_main - 8;
    }
    // Whether probes can determine in which interpreter a thread runs if the interpreters do not share one
    // GIL.
    [[nodiscard]] bool distinguishes_interpreters() const { return layout_.bpf.tstate_in != FT_TSTATE_GIL; }

private:
    Interpreter(PythonBinary binary, PythonRelease release, const PythonVersion& version,
                const PythonLayout& layout)
        : binary_(std::move(binary)), release_(release), version_(&version), layout_(layout) {}

    Result<void> fill_addresses();
    Result<void> check_started(const Memory& memory);
    void find_running_state(const ProcessFacts& facts, const Memory& memory);

    PythonBinary binary_;
    PythonRelease release_;
    const PythonVersion* version_;
    PythonLayout layout_;
    std::uint64_t runtime_ = 0;
    std::uint64_t main_interpreter_ = 0;
    std::vector<std::string> traits_;
};

}  // namespace flowtap
