// SPDX-License-Identifier: Apache-2.0
#include "plan/native/named_value.h"

namespace flowtap {
namespace {

std::string text_of(const NativePath& path) {
    std::string text = path.parameter;
    for (std::size_t i = 0; i < path.members.size(); i++)
        text += (i == 0 && path.parameter == "this" ? "->" : ".") + path.members[i];
    return text;
}

Error unknown(const NativePath& path, std::string cause, const std::string& first = {}) {
    return {"find", text_of(path), std::move(cause),
            first + "give its position and type, as in \"arg0->8 cstring\"", Error::Kind::kUsage};
}

bool walk(AccessPath& place, const std::vector<DebugStep>& steps) {
    for (const DebugStep& step : steps) {
        if (step.follow && !place.follow()) return false;
        place.move(step.move);
    }
    return true;
}

bool read(AccessPath& place, const DebugValue& value) {
    switch (value.kind) {
        case DebugValue::Kind::kNumber:
            return place.read_number(value.size, value.is_signed);
        case DebugValue::Kind::kCString:
            return place.read_cstring();
        case DebugValue::Kind::kCharArray:
            return place.read_array(value.size);
        case DebugValue::Kind::kSlice:
            return place.read_slice(value.pointer_offset, value.length_offset);
        case DebugValue::Kind::kLibcxxString:
            return place.read_libcxx_string();
    }
    return false;
}

}  // namespace

Result<NamedValue> find_named_value(const DebugInfo* debug, std::uint64_t address, const NativePath& path,
                                    DebugUse use) {
    if (debug == nullptr) {
        return unknown(path, "the binary has no debug information, and no separate file with it was found",
                       "build it with -g, install its debug information, or ");
    }
    Result<DebugValue> value = debug->find_value(address, path.parameter, path.members, use);
    if (!value) return unknown(path, value.error().cause);
    AccessPath place = value->registers.empty()
                           ? AccessPath::at_register(number_of(arch::kStackPointer), value->stack_offset)
                           : AccessPath::in_registers(value->registers);
    if (!walk(place, value->steps) || !read(place, *value))
        return unknown(path, "a " + value->type_name + " cannot be read there");
    return NamedValue{place, text_of(path) + " (" + value->type_name + ")", std::move(value->enumerators)};
}

}  // namespace flowtap
