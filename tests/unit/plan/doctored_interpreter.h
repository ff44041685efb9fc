// SPDX-License-Identifier: Apache-2.0
// An interpreter that lacks something, as another build of CPython may: a live one, read through a changed
// copy of its file and changed words of its memory. It is planned for, and never runs.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "code/instruction.h"
#include "process/memory.h"
#include "process/process_facts.h"
#include "python/interpreter.h"
#include "tests/unit/process/mapped_here.h"

namespace flowtap {

// The memory of a process, except for some words.
class DoctoredMemory : public Memory {
public:
    explicit DoctoredMemory(const Memory& original) : original_(original) {}

    void put(std::uint64_t address, std::uint64_t word) {
        for (std::size_t i = 0; i < sizeof(word); i++)
            bytes_[address + i] = static_cast<std::byte>(word >> (8 * i));
    }

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        if (!original_.read(address, out)) return false;
        for (auto at = bytes_.lower_bound(address); at != bytes_.end() && at->first - address < out.size();
             ++at)
            out[at->first - address] = at->second;
        return true;
    }

    const Memory& original_;
    std::map<std::uint64_t, std::byte> bytes_;
};

// All addresses are those of the file, as linked.
class DoctoredInterpreter {
public:
    // Without an interpreter that can be watched, there is nothing to change.
    DoctoredInterpreter(const ProcessFacts& facts, const Memory& live, std::optional<Interpreter> interpreter)
        : memory(live), facts_(facts), original_(std::move(interpreter)) {
        if (original_) image_ = contents_of(original_->elf().path());
    }

    DoctoredMemory memory;

    [[nodiscard]] const Interpreter& original() const { return *original_; }

    // Overwrites code.
    void put(std::uint64_t address, std::initializer_list<unsigned> bytes) {
        const auto offset = original().elf().file_offset(address);
        ASSERT_TRUE(offset && *offset + bytes.size() <= image_.size()) << std::hex << address;
        std::ranges::transform(bytes, image_.begin() + static_cast<std::ptrdiff_t>(*offset),
                               [](unsigned byte) { return static_cast<char>(byte); });
    }
    // A function that does nothing, or the end of a path.
    void put_return(std::uint64_t address) { put(address, {0xc3}); }
    void put_call(std::uint64_t address, std::uint64_t callee) {
        constexpr unsigned kSize = 5;
        const std::uint64_t distance = callee - (address + kSize);
        put(address, {0xe8, byte(distance, 0), byte(distance, 1), byte(distance, 2), byte(distance, 3)});
    }
    // Nothing in its stead.
    void put_nops(std::uint64_t address) {
        const auto instruction = decode_instruction(original().elf(), address);
        ASSERT_TRUE(instruction) << std::hex << address;
        for (std::uint64_t at = address; at < instruction->next(); at++) put(at, {0x90});
    }
    [[nodiscard]] std::uint64_t after(std::uint64_t address) const {
        const auto instruction = decode_instruction(original().elf(), address);
        return instruction ? instruction->next() : 0;
    }
    [[nodiscard]] std::uint64_t symbol(const std::string& name) const {
        const auto found = original().elf().find_symbol(name);
        EXPECT_TRUE(found) << name;
        return found ? found->address : 0;
    }
    // The file has no symbol of this name.
    void take_name(const std::string& name) {
        const std::string whole = name + '\0';
        for (auto at = image_.begin();;) {
            at = std::search(at, image_.end(), whole.begin(), whole.end());
            if (at == image_.end()) return;
            *at = '?';
        }
    }

    // The process's facts, with the changed file behind the mappings of its interpreter.
    [[nodiscard]] ProcessFacts facts() {
        if (!original_) return facts_;
        write();
        ProcessFacts doctored = facts_;
        doctored.pid = ::getpid();  // in whose view of the file system the copy is
        const Mapping copy = mapped_here(path_);
        for (Mapping& mapping : doctored.mappings) {
            if (mapping.path != own_path()) continue;
            mapping.path = path_;
            mapping.inode = copy.inode;
            mapping.device_major = copy.device_major;
            mapping.device_minor = copy.device_minor;
        }
        return doctored;
    }
    [[nodiscard]] Result<std::optional<Interpreter>> locate() { return Interpreter::locate(facts(), memory); }

    DoctoredInterpreter(const DoctoredInterpreter&) = delete;
    DoctoredInterpreter& operator=(const DoctoredInterpreter&) = delete;
    ~DoctoredInterpreter() {
        if (!path_.empty()) ::unlink(path_.c_str());
    }

private:
    static unsigned byte(std::uint64_t value, unsigned index) { return (value >> (8 * index)) & 0xff; }

    static std::string contents_of(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    // Of the file as the process maps it.
    [[nodiscard]] std::string own_path() const {
        const auto first = std::ranges::find_if(facts_.mappings, [&](const Mapping& mapping) {
            return original().elf().load_bias(mapping.start, mapping.offset) == original().load_bias() &&
                   mapping.executable;
        });
        return first == facts_.mappings.end() ? "" : first->path;
    }

    void write() {
        path_ = testing::TempDir() + "python-doctored-XXXXXX";
        const Fd file(::mkstemp(path_.data()));
        ASSERT_TRUE(file);
        std::ofstream(path_, std::ios::binary) << image_;
    }

    ProcessFacts facts_;
    std::optional<Interpreter> original_;
    std::string image_;
    std::string path_;
};

}  // namespace flowtap
