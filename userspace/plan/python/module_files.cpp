// SPDX-License-Identifier: Apache-2.0
#include "plan/python/module_files.h"

#include <algorithm>
#include <vector>

#include "process/file_in_root.h"
#include "python/similar_names.h"

namespace flowtap {
namespace {

constexpr std::size_t kMostFiles = 4096;  // in a directory of a package

// The innermost loaded package of a dotted name; empty if none is loaded.
std::string loaded_parent(const CodeLookup& lookup, const std::string& module) {
    std::string parent = module;
    while (true) {
        const std::size_t dot = parent.rfind('.');
        if (dot == std::string::npos) return {};
        parent.resize(dot);
        if (lookup.module_dict(parent)) return parent;
    }
}

// Names that can be imported from a package: "worker" for worker.py, worker.cpython-313-PLATFORM.so
// and worker/.
std::vector<std::string> modules_in(pid_t pid, const std::vector<std::string>& directories) {
    std::vector<std::string> modules;
    for (const std::string& directory : directories) {
        for (const std::string& file : names_in_root(pid, directory, kMostFiles)) {
            const std::string name = file.substr(0, file.find('.'));
            if (!name.empty() && !name.starts_with("__")) modules.push_back(name);
        }
    }
    return modules;
}

std::string part_after(const std::string& module, const std::string& parent) {
    const std::string rest = module.substr(parent.size() + 1);
    return rest.substr(0, rest.find('.'));
}

}  // namespace

std::string why_not_imported(const CodeLookup& lookup, pid_t pid, const std::string& module) {
    const std::string not_yet = "module " + module + " is not imported yet";
    const std::string parent = loaded_parent(lookup, module);
    if (parent.empty()) return not_yet + suggestion(module, lookup.module_names());
    const std::vector<std::string> files = modules_in(pid, lookup.package_path(parent));
    const std::string wanted = part_after(module, parent);
    // A package may get its modules from elsewhere, such as an archive, so the absence of files proves
    // nothing.
    if (files.empty() || std::ranges::count(files, wanted) != 0) return not_yet;
    std::vector<std::string> known = files;
    for (std::string& name : known) name.insert(0, parent + ".");
    return "module " + module + " is not imported, and the package " + parent + " has no file of that name" +
           suggestion(parent + "." + wanted, known);
}

bool waits_for_lazy_import(const CodeLookup& lookup, const PythonFunction& named) {
    const auto dict = lookup.module_dict(named.module);
    const std::string variable = named.qualname.substr(0, named.qualname.find('.'));
    const auto value = dict ? lookup.objects().dict_value(*dict, variable) : std::nullopt;
    const auto type = value ? lookup.objects().type_of(*value) : std::nullopt;
    return type && lookup.objects().type_name(*type) == "lazy_import";
}

}  // namespace flowtap
