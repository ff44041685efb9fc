// SPDX-License-Identifier: Apache-2.0
#include "plan/native/native_exits.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "bpf/target.h"
#include "elf/symbols/address_text.h"
#include "elf/symbols/demangle.h"
#include "sites/site_choice.h"

namespace flowtap {
namespace {

// Functions that compilers insert at the end of a function: they release memory and have no result.
bool is_release(std::string_view name) {
    constexpr std::array<std::string_view, 4> kWhole{"free", "__cxa_end_catch", "__cxa_guard_release",
                                                     "__cxa_free_exception"};
    return name.starts_with("_Zdl") || name.starts_with("_Zda") ||
           std::ranges::find(kWhole, name) != kWhole.end();
}

class ExitCollector {
public:
    ExitCollector(const ElfFile& elf, std::uint64_t entry, ReturnValue value)
        : elf_(elf), entry_(entry), value_(value) {}

    Result<NativeExits> collect(const FunctionCode& function) && {
        if (Result<void> done = add_returns(function, 0); !done) return done.error();
        while (!pending_.empty()) {
            const std::uint64_t next = pending_.back();
            pending_.pop_back();
            if (Result<void> done = add_callee(next); !done) return done.error();
        }
        return std::move(found_);
    }

private:
    Result<void> add_returns(const FunctionCode& function, std::uint8_t flags) {
        const Result<ExitSites> exits = return_sites(function, value_);
        if (!exits) return exits.error();
        if (!exits->unresolved_jumps.empty()) {
            return unseen("the target of its indirect jump at " +
                          address_text(exits->unresolved_jumps.front()) + " is unknown");
        }
        for (const Site& site : exits->sites) {
            if (!site.stack_adjust) return unseen("the stack pointer at one of its exits is not known");
            found_.exits.push_back({site, flags});
        }
        for (const TailCall& call : exits->tail_calls)
            if (Result<void> done = add_tail_call(function, call); !done) return done;
        return {};
    }

    Result<void> add_tail_call(const FunctionCode& function, const TailCall& call) {
        const std::string place = "it ends in a tail call at " + address_text(call.address);
        const FunctionCode::Node& jump = *function.at(call.address);
        if (!call.target) return unseen(place + " to an unknown function, which returns in its place");
        if (elf_.fate_of_call(*call.target) != CalleeFate::kReturns) return {};
        if (jump.stack_adjust != 0) return unseen(place + ", where the stack pointer is unknown");
        const std::string import = elf_.call_target_name(*call.target);
        if (!import.empty() && is_release(import)) return add_release(jump, import);
        const auto callee = elf_.resolve_call(*call.target);
        if (!callee || (!import.empty() && *callee == *call.target))
            return unseen(place + " to " + import + " in another file, which returns in its place");
        if (*callee == entry_) return unseen(place + " to its own beginning");
        if (followed_.insert(*callee).second) pending_.push_back(*callee);
        return {};
    }

    // The jump itself is the end: the called function does not belong to the function's work.
    Result<void> add_release(const FunctionCode::Node& jump, const std::string& name) {
        if (jump.instruction.flow != Flow::kJump)
            return unseen("it ends in a conditional tail call at " + address_text(jump.instruction.address));
        found_.exits.push_back({make_site(jump, "the tail call that releases memory"), FT_EXIT_NO_RESULT});
        found_.warnings.push_back("its duration does not include the call of " + name + " that ends it");
        return {};
    }

    Result<void> add_callee(std::uint64_t address) {
        constexpr std::size_t kMostFollowed = 8;
        if (followed_.size() > kMostFollowed) return unseen("it ends in tail calls of too many functions");
        const Result<FunctionCode> callee = FunctionCode::trace(elf_, address);
        if (!callee) return callee.error();
        const std::string symbol = elf_.symbol_at(address);
        const std::string name = demangled_function_name(symbol);
        found_.warnings.push_back("it ends in a tail call: every return of " +
                                  (!name.empty()    ? name
                                   : symbol.empty() ? address_text(address)
                                                    : symbol) +
                                  ", from any caller, costs a hit");
        return add_returns(*callee, FT_EXIT_HANDED_ON);
    }

    [[nodiscard]] Error unseen(std::string cause) const {
        return {"find exits of the function at", address_text(entry_), std::move(cause),
                "choose a function with a return of its own, or accept the risk of exit: uretprobe",
                Error::Kind::kNoTarget};
    }

    const ElfFile& elf_;
    std::uint64_t entry_;
    ReturnValue value_;
    NativeExits found_;
    std::vector<std::uint64_t> pending_;
    std::set<std::uint64_t> followed_;
};

}  // namespace

Result<NativeExits> native_exits(const ElfFile& elf, const FunctionCode& function, ReturnValue value) {
    return ExitCollector(elf, function.entry(), value).collect(function);
}

}  // namespace flowtap
