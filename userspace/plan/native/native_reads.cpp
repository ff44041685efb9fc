// SPDX-License-Identifier: Apache-2.0
#include "plan/native/native_reads.h"

#include <optional>
#include <utility>

#include "plan/access_path.h"
#include "plan/native/named_value.h"
#include "plan/native/value_reading.h"

namespace flowtap {
namespace {

Error unreadable(const std::string& what, std::string cause, std::string remedy = {}) {
    return {"find " + what + " of the function", "", std::move(cause), std::move(remedy),
            Error::Kind::kUsage};
}

std::string text_of(const NativeArgument& argument) {
    std::string text = argument.machine_register ? register_name(*argument.machine_register)
                                                 : "arg" + std::to_string(argument.index);
    for (const std::int32_t hop : argument.hops) text += "->" + std::to_string(hop);
    return text;
}

// Where the argument itself is: a register, two registers, or the caller's stack above the return address.
Result<AccessPath> argument_place(const NativeArgument& argument) {
    if (argument.machine_register) return AccessPath::in_registers({*argument.machine_register});
    const auto index = static_cast<std::size_t>(argument.index);
    if (index >= arch::kArguments.size()) {
        const auto slot = static_cast<std::int64_t>(index - arch::kArguments.size());
        return AccessPath::at_register(number_of(arch::kStackPointer), arch::kReturnAddressSize + 8 * slot);
    }
    std::vector<std::uint8_t> registers{number_of(arch::kArguments[index])};
    if (argument.hops.empty() && takes_two_registers(argument.type)) {
        if (index + 1 == arch::kArguments.size()) {
            return unreadable(text_of(argument),
                              "a value that takes two registers cannot begin in the last one",
                              "it is on the stack: name it arg6 or higher");
        }
        registers.push_back(number_of(arch::kArguments[index + 1]));
    }
    return AccessPath::in_registers(std::move(registers));
}

Result<AccessPath> read_argument(const NativeArgument& argument) {
    Result<AccessPath> place = argument_place(argument);
    if (!place) return place;
    bool done = true;
    for (const std::int32_t hop : argument.hops) {
        done = done && place->follow();
        place->move(hop);
    }
    // An object of a class with a destructor is passed by its address.
    if (argument.hops.empty() && is_passed_by_address(argument.type)) done = done && place->follow();
    if (!done || !read_as(*place, argument.type))
        return unreadable(text_of(argument), "a value of that type cannot be read there");
    return place;
}

// Adds one id to the reads.
class Collector {
public:
    Collector(NativeReads& into, const DebugInfo* debug, std::uint64_t address)
        : into_(into), debug_(debug), address_(address) {}

    Result<void> add(const char* id, const IdSource& source, ft_access& access, EnumNames* names,
                     DebugUse use = DebugUse::kId) {
        if (const auto* argument = std::get_if<NativeArgument>(&source)) {
            Result<AccessPath> path = read_argument(*argument);
            if (!path) return path.error();
            keep(id, text_of(*argument), *path, access);
        } else if (const auto* named = std::get_if<NativePath>(&source)) {
            Result<NamedValue> value = find_named_value(debug_, address_, *named, use);
            if (!value) return value.error();
            keep(id, value->text, value->path, access);
            if (names != nullptr) *names = std::move(value->names);
        }
        return {};
    }

private:
    void keep(const char* id, const std::string& source, const AccessPath& path, ft_access& access) {
        access = path.access();
        into_.registers = into_.registers | path.registers();
        into_.reads_memory = into_.reads_memory || path.reads_memory();
        into_.origins.push_back({id, source + ": " + path.text()});
    }

    NativeReads& into_;
    const DebugInfo* debug_;
    std::uint64_t address_;
};

}  // namespace

Result<NativeReads> entry_reads(const EntryValues& wanted, const DebugInfo* debug, std::uint64_t address) {
    const IdSources& ids = wanted.ids;
    NativeReads reads;
    Collector collector(reads, debug, address);
    Result<void> done =
        collector.add("workflow_id", ids.workflow_id, reads.reads.workflow_id, &reads.workflow_names);
    if (done) done = collector.add("workflow_name", ids.workflow_name, reads.reads.workflow_name, nullptr);
    if (done) done = collector.add("node_id", ids.node_id, reads.reads.node_id, &reads.node_names);
    if (done) done = collector.add("key", wanted.key, reads.reads.key, nullptr, DebugUse::kKey);
    if (done) done = collector.add("result", wanted.result, reads.reads.result, nullptr, DebugUse::kKey);
    if (!done) return done.error();
    // The stack pointer at entry can be computed at every site, so it need not be preserved.
    reads.registers = reads.registers - arch::kStackPointer;
    return reads;
}

void adjust_to_site(ft_reads& reads, int stack_adjust) {
    for (ft_access* access :
         {&reads.workflow_id, &reads.workflow_name, &reads.node_id, &reads.key, &reads.result}) {
        if (access->base == number_of(arch::kStackPointer))
            access->constant += static_cast<__u64>(stack_adjust);
    }
}

}  // namespace flowtap
