// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "attach/kernel/kernel.h"
#include "process/memory.h"

namespace flowtap {

// A kernel in memory. Each call that can fail is a step; a chosen one fails, and anything can happen before
// any.
class FakeKernel final : public Kernel {
public:
    static constexpr std::size_t kNever = ~std::size_t{0};
    using Row = std::tuple<Table, std::string, std::string>;  // table, key, value
    struct Probe {
        ino_t inode = 0;
        std::uint64_t offset = 0;
        Program program = Program::kNativeEntry;
        pid_t pid = 0;
        auto operator<=>(const Probe&) const =
            default;  // NOLINT(modernize-use-nullptr): takes the 0 in it for one
    };

    // From now on: step number `at` fails.
    void fail(std::size_t at, int error) {
        steps_ = 0;
        fails_at_ = at;
        error_ = error;
    }
    void before_each_step(std::function<void(std::size_t)> hook) { hook_ = std::move(hook); }
    // How many steps were taken since fail() was called.
    [[nodiscard]] std::size_t steps() const { return steps_; }
    void limit(Table table, std::size_t entries) { limits_[table] = entries; }
    void link_one_by_one() { links_many_ = false; }

    // What is in the tables of processes: all but names and reads.
    [[nodiscard]] std::set<Row> rows() const;
    [[nodiscard]] std::size_t count(Table table) const;
    // What links are open for, once for each link.
    [[nodiscard]] std::multiset<Probe> probes() const;
    [[nodiscard]] std::size_t executions_forgotten() const { return forgotten_; }

    int put(Table table, std::span<const std::byte> key, std::span<const std::byte> value) override;
    void erase(Table table, std::span<const std::byte> key) override;
    void forget_executions(std::uint32_t tgid) override;
    int open(const std::string& path, Fd& file) override;
    int link(Program program, pid_t pid, const std::string& file, std::span<const Place> places,
             std::vector<Link>& made) override;
    [[nodiscard]] bool links_many(Program program) const override;
    Result<std::vector<Fd>> watch(pid_t pid, std::uint64_t address, Program program) override;

private:
    // The reading end of a pipe, whose writing end is the link: the link is open as long as this has not
    // ended.
    struct Open {
        Fd reading;
        std::vector<Probe> probes;
    };
    int step();
    int make_link(std::vector<Probe> probes, std::vector<Link>& made);

    std::size_t steps_ = 0;
    std::size_t fails_at_ = kNever;
    int error_ = 0;
    bool links_many_ = true;
    std::size_t forgotten_ = 0;
    std::function<void(std::size_t)> hook_ = [](std::size_t) {};
    std::map<Table, std::size_t> limits_;
    std::map<std::pair<Table, std::string>, std::string> tables_;
    std::vector<Open> links_;
};

// The memory of a process that maps one file at `start`: its bytes, and breakpoints where it is probed.
class ProbedMemory final : public Memory {
public:
    ProbedMemory(const FakeKernel& kernel, pid_t pid, std::uint64_t start, ino_t inode,
                 std::vector<std::byte> bytes)
        : kernel_(kernel), pid_(pid), start_(start), inode_(inode), bytes_(std::move(bytes)) {}

    // It maps another file there from now on.
    void map(ino_t inode, std::vector<std::byte> bytes) {
        inode_ = inode;
        bytes_ = std::move(bytes);
    }
    // Part of it is from a second file, in place of the first one's bytes, which are the same. 0: no longer.
    void map_second(ino_t inode) { second_inode_ = inode; }

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override;

    const FakeKernel& kernel_;
    pid_t pid_;
    std::uint64_t start_;
    ino_t inode_;
    ino_t second_inode_ = 0;
    std::vector<std::byte> bytes_;
};

}  // namespace flowtap
