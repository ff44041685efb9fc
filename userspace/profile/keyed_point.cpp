// SPDX-License-Identifier: Apache-2.0
#include "profile/keyed_point.h"

#include <string>
#include <string_view>

#include "profile/native_source.h"

namespace flowtap {
namespace {

bool is_number(const IdSource& source) {
    const auto* argument = std::get_if<NativeArgument>(&source);
    return argument == nullptr || argument->type >= NativeType::kInt8;
}

IdSource read_number(const MapReader& map, std::string_view key) {
    const auto text = map.text(key, Need::kOptional);
    if (!text) return {};
    IdSource source = read_native_source(key, *text, Untyped::kRefused, map.scope());
    if (is_number(source)) return source;
    map.scope().report(
        text->line, "key " + flowtap::quoted(key) + ": " + flowtap::quoted(text->value) + " is not a number",
        "write a number or an address, as in \"arg0 pointer\" or \"this\"");
    return {};
}

void refuse(const MapReader& map, std::string_view key, const std::string& cause) {
    const auto text = map.text(key, Need::kOptional);
    if (text) map.scope().report(text->line, "key " + flowtap::quoted(key) + " " + cause, "remove it");
}

}  // namespace

bool names_two_functions(const MapReader& map) {
    return map.text("begin", Need::kOptional) || map.text("end", Need::kOptional);
}

KeyedFunction read_keyed_function(const MapReader& map) {
    KeyedFunction keyed;
    keyed.key = read_number(map, "key");
    const bool is_pair = names_two_functions(map);
    refuse(map, "duration", "is only for markers");
    if (is_pair) {
        refuse(map, "function", "is not for points with begin and end");
        refuse(map, "exit", "is not for points with begin and end");
        keyed.end_key = read_number(map, "end_key");
        keyed.result = read_number(map, "result");
        if (!keyed.is_keyed()) refuse(map, "end_key", "is of no use without \"key\"");
    } else {
        refuse(map, "end_key", "is only for points with begin and end");
        refuse(map, "result", "is only for points with begin and end, or done");
    }
    if (keyed.is_keyed()) refuse(map, "exit", "is not for points with a key");
    return keyed;
}

}  // namespace flowtap
