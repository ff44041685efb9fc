// SPDX-License-Identifier: Apache-2.0
// The part of CodeLookup that lists names, for suggestions in messages.
#include "python/objects/code_lookup.h"

namespace flowtap {
namespace {

constexpr std::size_t kMostNames = 4096;       // in a module or class, or of modules
constexpr std::size_t kMostPaths = 8;          // of a package
constexpr std::uint64_t kListItems = 24;       // PyListObject.ob_item, Include/cpython/listobject.h
constexpr std::uint64_t kPropertyGetter = 16;  // propertyobject.prop_get, Objects/descrobject.c

}  // namespace

std::vector<std::string> CodeLookup::names_in(std::uint64_t dict) const {
    std::vector<std::string> names;
    const auto entries = objects_.dict_entries(dict);
    for (const DictEntry& entry : entries.value_or(std::vector<DictEntry>{})) {
        if (names.size() == kMostNames) break;
        if (auto text = objects_.text(entry.key)) names.push_back(*std::move(text));
    }
    return names;
}

std::vector<std::string> CodeLookup::names_of_class(std::uint64_t type) const {
    const PythonLayout& layout = interpreter_.layout();
    const auto mro = memory_.read<std::uint64_t>(type + layout.type_mro);
    const auto bases = mro ? objects_.tuple_items(*mro) : std::nullopt;
    std::vector<std::string> names;
    for (const std::uint64_t base : bases.value_or(std::vector<std::uint64_t>{})) {
        const auto dict = memory_.read<std::uint64_t>(base + layout.type_dict);
        if (!dict || *dict == 0 || names.size() >= kMostNames) continue;
        const std::vector<std::string> own = names_in(*dict);
        names.insert(names.end(), own.begin(), own.end());
    }
    return names;
}

std::vector<std::string> CodeLookup::module_names() const {
    const auto table = modules();
    return table ? names_in(*table) : std::vector<std::string>{};
}

std::vector<std::string> CodeLookup::package_path(std::string_view name) const {
    const auto dict = module_dict(name);
    const auto list = dict ? objects_.dict_value(*dict, "__path__") : std::nullopt;
    const auto type = list ? objects_.type_of(*list) : std::nullopt;
    if (!type || objects_.type_name(*type) != "list") return {};
    const auto size = memory_.read<std::uint64_t>(*list + interpreter_.layout().tuple_size);
    const auto items = memory_.read<std::uint64_t>(*list + kListItems);
    std::vector<std::string> paths;
    for (std::uint64_t i = 0; size && items && i < *size && i < kMostPaths; ++i) {
        const auto item = memory_.read<std::uint64_t>(*items + 8 * i);
        auto path = item ? objects_.text(*item) : std::nullopt;
        if (path) paths.push_back(*std::move(path));
    }
    return paths;
}

std::string CodeLookup::file_of(std::uint64_t code_address) const {
    const auto name = memory_.read<std::uint64_t>(code_address + interpreter_.layout().code_filename);
    return name ? objects_.text(*name).value_or("") : "";
}

// A code object's co_names are the names that it looks up: for a getter that returns a field, only the field.
std::optional<std::vector<std::string>> CodeLookup::property_fields(std::uint64_t type,
                                                                    std::string_view name) const {
    const auto found = objects_.type_attribute(type, name);
    if (!found || property_type_ == 0 || objects_.type_of(*found) != property_type_) return std::nullopt;
    const auto getter = memory_.read<std::uint64_t>(*found + kPropertyGetter);
    const auto code = getter ? function_code(*getter) : std::nullopt;
    std::vector<std::string> fields;
    if (!code) return fields;
    // Include/cpython/code.h: co_names follows co_consts.
    const auto names =
        memory_.read<std::uint64_t>(code->code_address + interpreter_.layout().code_consts + 8);
    const auto items = names ? objects_.tuple_items(*names) : std::nullopt;
    for (const std::uint64_t item : items.value_or(std::vector<std::uint64_t>{}))
        if (auto text = objects_.text(item)) fields.push_back(*std::move(text));
    return fields;
}

}  // namespace flowtap
