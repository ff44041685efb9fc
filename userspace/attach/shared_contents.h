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

// A kernel table whose entries other tables refer to by number. Each distinct content is stored once. When
// nothing holds it, its number is reused.
class SharedContents {
public:
    using Hold = std::shared_ptr<const std::uint32_t>;  // the number

    // Uses the numbers from first up to, but not including, end.
    SharedContents(Kernel& kernel, Kernel::Table table, std::uint32_t first, std::uint32_t end);

    // pid: the process that needs it; the error names it.
    Result<Hold> hold(std::span<const std::byte> content, pid_t pid);
    // Number of contents that are held.
    [[nodiscard]] std::size_t count() const { return state_->known.size(); }

private:
    // Lives as long as the last hold, even after this object.
    struct State {
        std::map<std::string, std::weak_ptr<const std::uint32_t>> known;
        std::deque<std::uint32_t>
            free;  // the number released last is reused last: a program may still read it
        std::uint32_t next = 0;
    };

    Kernel& kernel_;
    Kernel::Table table_;
    std::uint32_t end_;
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace flowtap
