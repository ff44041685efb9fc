// SPDX-License-Identifier: Apache-2.0
#include "plan/native/marker_reads.h"

#include <optional>
#include <string>
#include <utility>

#include "plan/access_path.h"
#include "plan/native/value_reading.h"

namespace flowtap {
namespace {

Error no_argument(const Marker& marker, const std::string& argument, const std::string& cause) {
    return {"read " + argument + " of marker",
            marker.provider + ":" + marker.name,
            cause + "; its arguments are \"" + marker.arguments + "\"",
            {},
            Error::Kind::kUsage};
}

std::optional<AccessPath> place_of(const MarkerArgument& argument, const MarkerPlace& place) {
    switch (argument.kind) {
        case MarkerArgument::Kind::kRegister: {
            AccessPath path = AccessPath::in_registers({*argument.base});
            if (argument.second_byte) path.move(1);
            return path;
        }
        case MarkerArgument::Kind::kMemory: {
            const std::uint8_t base = argument.base.value_or(FT_NO_REGISTER);
            AccessPath path = AccessPath::at_register(base, argument.offset);
            if (argument.index) path.add_index(*argument.index, argument.scale);
            return path;
        }
        case MarkerArgument::Kind::kSymbol: {
            const auto symbol = place.elf.find_symbol(argument.symbol);
            if (!symbol) return std::nullopt;
            return AccessPath::at_address(symbol->address + place.load_bias +
                                          static_cast<std::uint64_t>(argument.offset));
        }
        case MarkerArgument::Kind::kConstant:
            return AccessPath::of_constant(static_cast<std::uint64_t>(argument.offset));
    }
    return std::nullopt;
}

Result<AccessPath> read_argument(const NativeArgument& wanted, const MarkerPlace& place) {
    const std::string name = "arg" + std::to_string(wanted.index);
    const auto argument = marker_argument(place.marker.arguments, static_cast<std::size_t>(wanted.index));
    if (!argument) return no_argument(place.marker, name, "it does not exist, or its form is unknown");
    std::optional<AccessPath> path = place_of(*argument, place);
    if (!path) return no_argument(place.marker, name, "its operand names a symbol that is not in the file");
    bool done = true;
    for (const std::int32_t hop : wanted.hops) {
        done = done && path->follow();
        path->move(hop);
    }
    if (wanted.hops.empty() && is_passed_by_address(wanted.type)) done = done && path->follow();
    const bool as_noted = wanted.type == NativeType::kDeclared && wanted.hops.empty();
    done = done &&
           (as_noted ? path->read_number(argument->size, argument->is_signed) : read_as(*path, wanted.type));
    if (!done) return no_argument(place.marker, name, "a value of that type cannot be read there");
    return *path;
}

}  // namespace

Result<NativeReads> marker_reads(const Point& point, StaticMarker::Means means, const MarkerPlace& place) {
    const Markers& markers = point.markers;
    const bool begins = means == StaticMarker::Means::kBegin;
    const bool whole = means == StaticMarker::Means::kDone;
    NativeReads reads;
    struct Wanted {
        const char* id;
        const IdSource& source;
        ft_access& access;
        bool here;
    };
    const Wanted all[] = {
        {"workflow_id", point.ids.workflow_id, reads.reads.workflow_id, begins || whole},
        {"workflow_name", point.ids.workflow_name, reads.reads.workflow_name, begins || whole},
        {"node_id", point.ids.node_id, reads.reads.node_id, begins || whole},
        {"key", markers.key, reads.reads.key, !whole},
        {"duration", markers.duration, reads.reads.duration, whole},
        {"result", markers.result, reads.reads.result, !begins},
    };
    for (const Wanted& one : all) {
        const auto* argument = std::get_if<NativeArgument>(&one.source);
        if (!one.here || argument == nullptr) continue;
        Result<AccessPath> path = read_argument(*argument, place);
        if (!path) return path.error();
        one.access = path->access();
        reads.origins.push_back({one.id, "arg" + std::to_string(argument->index) + ": " + path->text()});
    }
    return reads;
}

}  // namespace flowtap
