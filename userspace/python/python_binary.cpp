// SPDX-License-Identifier: Apache-2.0
#include "python/python_binary.h"

#include <string_view>
#include <vector>

#include "process/mapped_file.h"
#include "python/versions/supported.h"

namespace flowtap {

namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

Error unsupported(const ProcessFacts& facts, std::string cause) {
    return {"watch Python in process", std::to_string(facts.pid), std::move(cause),
            "flowtap watches " + supported_pythons(), Error::Kind::kNoTarget};
}

bool is_pypy(const ProcessFacts& facts) {
    if (base_name(facts.exe).starts_with("pypy")) return true;
    for (const Mapping& mapping : facts.mappings) {
        if (base_name(mapping.path).starts_with("libpypy")) return true;
    }
    return false;
}

// One executable mapping of each file that may hold an interpreter. Opening every library of a process
// would cost too much where processes are looked at as they start, so libraries go by their name.
std::vector<const Mapping*> candidates(const ProcessFacts& facts) {
    std::vector<const Mapping*> found;
    for (const Mapping& mapping : facts.mappings) {
        const bool likely = mapping.path == facts.exe || base_name(mapping.path).starts_with("libpython");
        if (mapping.executable && likely && (found.empty() || found.back()->path != mapping.path)) {
            found.push_back(&mapping);
        }
    }
    return found;
}

bool exports_cpython(const ElfFile& elf) {
    return elf.find_symbol("_PyRuntime") && elf.find_symbol("_PyEval_EvalFrameDefault");
}

// PyEval_EvalFrameEx is of every CPython, 2.5 to today; _PyRuntime came with 3.7.
bool exports_older_cpython(const ElfFile& elf) {
    return elf.find_symbol("PyEval_EvalFrameEx") && elf.find_symbol("Py_Initialize") &&
           !elf.find_symbol("_PyRuntime");
}

}  // namespace

Result<std::optional<PythonBinary>> find_python_binary(const ProcessFacts& facts, ElfFiles& files) {
    if (is_pypy(facts)) return unsupported(facts, "it runs PyPy");
    std::optional<LoadedFile> program;
    for (const Mapping* mapping : candidates(facts)) {
        std::string path = mapped_file_path(facts, *mapping);
        const auto opened = files.open(path);
        if (!opened) {
            // The program's own file may be of any form; a libpython that cannot be opened is worth saying.
            if (mapping->path == facts.exe) continue;
            return opened.error();
        }
        const std::shared_ptr<const ElfFile>& elf = *opened;
        if (exports_older_cpython(*elf)) return unsupported(facts, "it runs CPython 3.6 or older");
        const auto bias = elf->load_bias(mapping->start, mapping->offset);
        if (!exports_cpython(*elf)) {
            if (bias && mapping->path == facts.exe) program = LoadedFile{elf, *bias};
            continue;
        }
        if (!bias) return unsupported(facts, "its Python is mapped in a way its file does not describe");
        return std::optional(PythonBinary{elf, std::move(path), *bias, std::move(program)});
    }
    return std::optional<PythonBinary>();
}

}  // namespace flowtap
