// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "attach/kernel/kernel.h"
#include "base/result.h"

namespace flowtap {

// A kernel table whose entries are referred to by number from other tables. Each content is stored once,
// however many entries refer to it; when nothing holds it, its number is reused.
class SharedContents {
public:
    using Hold = std::shared_ptr<const std::uint32_t>;  // the number

    // Numbers from first up to, not including, end.
    SharedContents(Kernel& kernel, Kernel::Table table, std::uint32_t first, std::uint32_t end);

    // pid: for whom; the error names it.
    Result<Hold> hold(std::span<const std::byte> content, pid_t pid);
    // How many contents are held.
    [[nodiscard]] std::size_t count() const { return state_->known.size(); }

private:
    // Outlives this as long as something is held.
    struct State {
        std::map<std::string, std::weak_ptr<const std::uint32_t>> known;
        std::deque<std::uint32_t> free;  // the one given back last is used last: a program may still read it
        std::uint32_t next = 0;
    };

    Kernel& kernel_;
    Kernel::Table table_;
    std::uint32_t end_;
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace flowtap
