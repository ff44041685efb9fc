// SPDX-License-Identifier: Apache-2.0
#include "python/python_binary.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "process/mapped_file.h"
#include "python/versions/supported.h"

namespace flowtap {

namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

Error unsupported(const ProcessFacts& facts, std::string cause) {
    return {"watch Python in process", std::to_string(facts.pid), std::move(cause),
            "flowtap supports " + supported_pythons(), Error::Kind::kNoTarget};
}

bool is_pypy(const ProcessFacts& facts) {
    if (base_name(facts.exe).starts_with("pypy")) return true;
    for (const Mapping& mapping : facts.mappings) {
        if (base_name(mapping.path).starts_with("libpypy")) return true;
    }
    return false;
}

bool is_loader(std::string_view path) {
    const std::string_view name = base_name(path);
    return name.starts_with("ld-") || name.starts_with("ld.so") || name.starts_with("ld64");
}

bool is_library(std::string_view path) {
    const std::string_view name = base_name(path);
    return name.ends_with(".so") || name.find(".so.") != std::string_view::npos;
}

// How likely it is that a file contains the interpreter. Opening every library would cost too much for
// processes that are examined while they start.
enum class Likelihood : std::uint8_t { kNone, kBySize, kByName };

Likelihood likelihood(const ProcessFacts& facts, const Mapping& mapping) {
    constexpr std::uint64_t kLeastEvaluator = 1 << 20;  // of code; an interpreter has more
    const std::string_view name = base_name(mapping.path);
    if (mapping.path == facts.exe || name.starts_with("libpython") || name.starts_with("python"))
        return Likelihood::kByName;
    // A program run by a loader is mapped like any other file (ld.so PROGRAM, AppImages, bundles).
    if (is_loader(facts.exe) && !is_library(mapping.path) && !is_loader(mapping.path))
        return Likelihood::kByName;
    return mapping.end - mapping.start >= kLeastEvaluator ? Likelihood::kBySize : Likelihood::kNone;
}

// One executable mapping of each file that may contain an interpreter, the most likely first.
std::vector<const Mapping*> candidates(const ProcessFacts& facts) {
    constexpr std::size_t kMostBySize = 8;
    std::vector<const Mapping*> found;
    std::vector<const Mapping*> by_size;
    std::set<std::string_view> seen;
    for (const Mapping& mapping : facts.mappings) {
        if (!mapping.executable) continue;
        const Likelihood likely = likelihood(facts, mapping);
        if (likely == Likelihood::kNone || !seen.insert(mapping.path).second) continue;
        (likely == Likelihood::kByName ? found : by_size).push_back(&mapping);
    }
    if (by_size.size() > kMostBySize) by_size.resize(kMostBySize);
    found.insert(found.end(), by_size.begin(), by_size.end());
    return found;
}

// The address at which a file is loaded, according to all its mappings: a part of it may be mapped again
// elsewhere, as libffi does for its trampolines.
std::optional<std::uint64_t> load_bias(const ProcessFacts& facts, const ElfFile& elf, const Mapping& of) {
    std::map<std::uint64_t, int> votes;
    for (const Mapping& mapping : facts.mappings) {
        if (mapping.path != of.path) continue;
        if (const auto bias = elf.load_bias(mapping.start, mapping.offset)) ++votes[*bias];
    }
    const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
    return most == votes.end() ? std::nullopt : std::optional(most->first);
}

// Whether the process still executes the file's code. A process may replace its code by copies: for large
// pages, or when a checkpoint is restored.
bool runs_its_file(const ProcessFacts& facts, const ElfFile& elf, const std::string& path,
                   std::uint64_t bias) {
    return std::ranges::all_of(elf.executable_ranges(), [&](const AddressRange& range) {
        std::uint64_t reached = range.start + bias;
        for (const Mapping& mapping : facts.mappings) {  // by address
            if (mapping.executable && mapping.path == path && mapping.start <= reached)
                reached = std::max(reached, mapping.end);
        }
        return reached >= range.end + bias;
    });
}

Error runs_copy(const ProcessFacts& facts) {
    return unsupported(facts,
                       "it runs a copy of its interpreter's code in other memory (large pages, a restored "
                       "checkpoint), which no probe reaches");
}

bool exports_cpython(const ElfFile& elf) {
    return elf.find_symbol("_PyRuntime") && elf.find_symbol("_PyEval_EvalFrameDefault");
}

// Every CPython from 2.5 on has PyEval_EvalFrameEx; _PyRuntime came with 3.7.
bool exports_older_cpython(const ElfFile& elf) {
    return elf.find_symbol("PyEval_EvalFrameEx") && elf.find_symbol("Py_Initialize") &&
           !elf.find_symbol("_PyRuntime");
}

// Whether all of an interpreter's code was replaced: only data of its file is still mapped. (A library that
// is being loaded has one mapping.)
bool has_only_data_of_python(const ProcessFacts& facts, ElfFiles& files) {
    std::map<std::string_view, std::vector<const Mapping*>> by_path;
    for (const Mapping& mapping : facts.mappings) {
        if (likelihood(facts, mapping) == Likelihood::kByName) by_path[mapping.path].push_back(&mapping);
    }
    return std::ranges::any_of(by_path, [&](const auto& of_file) {
        const auto& [path, mappings] = of_file;
        if (mappings.size() < 2 || std::ranges::any_of(mappings, &Mapping::executable)) return false;
        const auto elf = files.open(mapped_file_path(facts, *mappings.front()));
        return elf && exports_cpython(**elf);
    });
}

}  // namespace

Result<std::optional<PythonBinary>> find_python_binary(const ProcessFacts& facts, ElfFiles& files) {
    if (is_pypy(facts)) return unsupported(facts, "it runs PyPy");
    std::optional<LoadedFile> program;
    for (const Mapping* mapping : candidates(facts)) {
        std::string path = mapped_file_path(facts, *mapping);
        const auto opened = files.open(path);
        if (!opened) {
            // Errors about other files do not matter; a libpython that cannot be opened is worth reporting.
            if (!base_name(mapping->path).starts_with("libpython")) continue;
            return opened.error();
        }
        const std::shared_ptr<const ElfFile>& elf = *opened;
        if (likelihood(facts, *mapping) == Likelihood::kByName && exports_older_cpython(*elf))
            return unsupported(facts, "it runs CPython 3.6 or older");
        const auto bias = load_bias(facts, *elf, *mapping);
        if (!exports_cpython(*elf)) {
            if (bias && mapping->path == facts.exe) program = LoadedFile{elf, *bias};
            continue;
        }
        if (!bias)
            return unsupported(facts, "its interpreter is not mapped into memory as the file describes");
        if (!runs_its_file(facts, *elf, mapping->path, *bias)) return runs_copy(facts);
        return std::optional(PythonBinary{elf, std::move(path), *bias, std::move(program)});
    }
    if (has_only_data_of_python(facts, files)) return runs_copy(facts);
    return std::optional<PythonBinary>();
}

}  // namespace flowtap
