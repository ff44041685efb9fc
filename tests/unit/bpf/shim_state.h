// SPDX-License-Identifier: Apache-2.0
// How a test sees and sets the kernel of kernel_shim.h. There is one: the programs know no other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel_shim.h"

namespace flowtap::shim {

using Record = std::vector<std::byte>;

// Empty maps of their own sizes; process 1, its main thread, CPU 0, time 1.
void reset();
void run_as(std::uint32_t tgid, std::uint32_t tid);
void run_on(std::size_t cpu);
void set_time(std::uint64_t ns);
void set_task(task_struct* task);
// Entries of a table, bytes of a ring buffer.
void limit(const std::string& map, std::size_t capacity);

void put_bytes(const std::string& map, std::span<const std::byte> key, std::span<const std::byte> value);
std::optional<Record> get_bytes(const std::string& map, std::span<const std::byte> key);
std::size_t count(const std::string& map);
// Of an array by CPU: of each.
std::vector<Record> get_of_cpus(const std::string& map, std::uint32_t index);
// What was submitted, oldest first, taken out.
std::vector<Record> drain(const std::string& ring);

template <typename Key, typename Value>
void put(const std::string& map, const Key& key, const Value& value) {
    put_bytes(map, std::as_bytes(std::span(&key, 1)), std::as_bytes(std::span(&value, 1)));
}

template <typename Value, typename Key>
std::optional<Value> get(const std::string& map, const Key& key) {
    const auto bytes = get_bytes(map, std::as_bytes(std::span(&key, 1)));
    if (!bytes) return std::nullopt;
    Value value;
    std::memcpy(&value, bytes->data(), sizeof(value));
    return value;
}

}  // namespace flowtap::shim
