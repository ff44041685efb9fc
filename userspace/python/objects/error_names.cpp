// SPDX-License-Identifier: Apache-2.0
#include "python/objects/error_names.h"

#include <set>
#include <string>

namespace flowtap {
namespace {

constexpr std::uint64_t kPage = 4096;

// The classes that programs raise. Include/pyerrors.h exports a pointer to each, named PyExc_ and the class's
// name.
constexpr const char* kNames[] = {"ArithmeticError",
                                  "AssertionError",
                                  "AttributeError",
                                  "BaseException",
                                  "BlockingIOError",
                                  "BrokenPipeError",
                                  "BufferError",
                                  "ChildProcessError",
                                  "ConnectionAbortedError",
                                  "ConnectionError",
                                  "ConnectionRefusedError",
                                  "ConnectionResetError",
                                  "EOFError",
                                  "Exception",
                                  "FileExistsError",
                                  "FileNotFoundError",
                                  "FloatingPointError",
                                  "GeneratorExit",
                                  "ImportError",
                                  "IndexError",
                                  "InterruptedError",
                                  "IsADirectoryError",
                                  "KeyError",
                                  "KeyboardInterrupt",
                                  "LookupError",
                                  "MemoryError",
                                  "ModuleNotFoundError",
                                  "NameError",
                                  "NotADirectoryError",
                                  "NotImplementedError",
                                  "OSError",
                                  "OverflowError",
                                  "PermissionError",
                                  "ProcessLookupError",
                                  "RecursionError",
                                  "ReferenceError",
                                  "RuntimeError",
                                  "StopAsyncIteration",
                                  "StopIteration",
                                  "SyntaxError",
                                  "SystemError",
                                  "SystemExit",
                                  "TimeoutError",
                                  "TypeError",
                                  "UnboundLocalError",
                                  "UnicodeDecodeError",
                                  "UnicodeEncodeError",
                                  "UnicodeError",
                                  "ValueError",
                                  "ZeroDivisionError"};

}  // namespace

std::vector<std::uint64_t> error_name_pages(const Interpreter& interpreter, const Memory& memory) {
    std::set<std::uint64_t> pages;
    for (const char* name : kNames) {
        const auto pointer = interpreter.object_address(std::string("PyExc_") + name);
        const auto type = pointer ? memory.read<std::uint64_t>(*pointer) : std::nullopt;
        const auto text =
            type ? memory.read<std::uint64_t>(*type + interpreter.layout().bpf.type_name) : std::nullopt;
        if (!text || *text == 0) continue;
        // A name may cross a page boundary.
        pages.insert(*text / kPage * kPage);
        pages.insert((*text + std::string(name).size()) / kPage * kPage);
    }
    map_pages({pages.begin(), pages.end()}, memory);
    return {pages.begin(), pages.end()};
}

void map_pages(const std::vector<std::uint64_t>& pages, const Memory& memory) {
    for (const std::uint64_t page : pages) (void)memory.read<std::uint8_t>(page);
}

}  // namespace flowtap
