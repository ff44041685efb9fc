// SPDX-License-Identifier: Apache-2.0
#include "python/objects/object_reader.h"

#include "python/objects/object_flags.h"

namespace flowtap {

namespace {

// Offsets before an instance at which 3.11 and later keep its dict or values
// (Include/internal/pycore_object.h).
constexpr std::uint64_t kManagedDict = 24;
constexpr std::uint64_t kValuesPointer = 32;  // 3.11

}  // namespace

std::optional<std::uint64_t> ObjectReader::pointer(std::uint64_t address) const {
    return memory_.read<std::uint64_t>(address);
}

std::optional<std::uint64_t> ObjectReader::type_of(std::uint64_t object) const {
    return pointer(object + layout_.object_type);
}

std::optional<std::uint64_t> ObjectReader::type_flags(std::uint64_t type) const {
    return pointer(type + layout_.bpf.type_flags);
}

std::optional<std::string> ObjectReader::type_name(std::uint64_t type) const {
    const auto name = pointer(type + layout_.bpf.type_name);
    if (!name) return std::nullopt;
    return memory_.read_cstring(*name, kMaxTypeName);
}

bool ObjectReader::has_type_flag(std::uint64_t object, std::uint64_t flag) const {
    const auto type = type_of(object);
    const auto flags = type ? type_flags(*type) : std::nullopt;
    return flags && (*flags & flag) != 0;
}

bool ObjectReader::is_type(std::uint64_t object) const { return has_type_flag(object, kTypeTypeSubclass); }

std::optional<std::vector<std::uint64_t>> ObjectReader::tuple_items(std::uint64_t tuple) const {
    if (!has_type_flag(tuple, kTypeTupleSubclass)) return std::nullopt;
    const auto size = memory_.read<std::uint64_t>(tuple + layout_.tuple_size);
    if (!size || *size > kMaxTupleItems) return std::nullopt;
    std::vector<std::uint64_t> items(*size);
    if (!memory_.read(tuple + layout_.tuple_items, std::as_writable_bytes(std::span(items))))
        return std::nullopt;
    return items;
}

std::optional<std::uint64_t> ObjectReader::own_type_attribute(std::uint64_t type,
                                                              std::string_view name) const {
    const auto dict = pointer(type + layout_.type_dict);
    if (!dict || *dict == 0) return std::nullopt;  // 3.12+ keeps those of static types elsewhere
    return dict_value(*dict, name);
}

std::optional<std::uint64_t> ObjectReader::type_attribute(std::uint64_t type, std::string_view name) const {
    const auto mro = pointer(type + layout_.type_mro);
    const auto bases = mro ? tuple_items(*mro) : std::nullopt;
    if (!bases) return std::nullopt;
    for (const std::uint64_t base : *bases) {
        if (const auto value = own_type_attribute(base, name)) return value;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> ObjectReader::instance_dict(std::uint64_t object) const {
    const auto type = type_of(object);
    const auto flags = type ? type_flags(*type) : std::nullopt;
    if (!flags) return std::nullopt;
    std::optional<std::uint64_t> dict;
    if ((*flags & kTypeManagedDict) != 0) {
        dict = pointer(object - kManagedDict);
        // If the lowest bit is set, the pointer is to the values array instead.
        if (layout_.bpf.attributes == FT_ATTRIBUTES_TAGGED && dict && (*dict & 1) != 0) return std::nullopt;
    } else {
        const auto offset = memory_.read<std::int64_t>(*type + layout_.bpf.type_dictoffset);
        if (!offset || *offset <= 0) return std::nullopt;
        dict = pointer(object + static_cast<std::uint64_t>(*offset));
    }
    return dict && *dict != 0 ? dict : std::nullopt;
}

// Address of the first value of an instance that stores its attributes without a dict.
std::optional<std::uint64_t> ObjectReader::inline_values(std::uint64_t object, std::uint64_t type) const {
    const auto flags = type_flags(type);
    if (!flags || (*flags & kTypeManagedDict) == 0) return std::nullopt;
    if (layout_.bpf.attributes == FT_ATTRIBUTES_POINTERS) {
        const auto values = pointer(object - kValuesPointer);
        return values && *values != 0 ? values : std::nullopt;
    }
    if (layout_.bpf.attributes == FT_ATTRIBUTES_TAGGED) {
        const auto tagged = pointer(object - kManagedDict);
        return tagged && (*tagged & 1) != 0 ? std::optional(*tagged + 1) : std::nullopt;
    }
    if ((*flags & kTypeInlineValues) == 0) return std::nullopt;
    const auto size = pointer(type + layout_.bpf.type_basicsize);
    if (!size) return std::nullopt;
    const std::uint64_t values = object + *size;
    const auto valid = memory_.read<std::uint8_t>(values + layout_.inline_values_valid);
    return valid && *valid != 0 ? std::optional(values + layout_.bpf.split_values) : std::nullopt;
}

std::optional<std::uint64_t> ObjectReader::instance_attribute(std::uint64_t object,
                                                              std::string_view name) const {
    const auto type = type_of(object);
    if (!type) return std::nullopt;
    if (const auto values = inline_values(object, *type)) {
        const auto index = shared_key_index(*type, name);
        const auto value = index ? pointer(*values + 8 * *index) : std::nullopt;
        if (value && *value != 0) return value;
    }
    const auto dict = instance_dict(object);
    return dict ? dict_value(*dict, name) : std::nullopt;
}

}  // namespace flowtap
