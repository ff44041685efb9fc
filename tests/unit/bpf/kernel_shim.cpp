// SPDX-License-Identifier: Apache-2.0
#include "kernel_shim.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>

#include "programs.h"
#include "shim_state.h"

namespace flowtap::shim {
namespace {

constexpr std::size_t kCpus = 2;
constexpr std::size_t kRecordHeader = 8;  // kernel/bpf/ringbuf.c, BPF_RINGBUF_HDR_SZ

// Allocated anew whenever it is written, so that whoever still holds the one before holds freed memory.
using Value = std::unique_ptr<std::byte[]>;

struct Map {
    std::string name;
    std::uint32_t type = 0;
    std::size_t own_capacity = 0;
    std::size_t capacity = 0;
    std::size_t key_size = 0;
    std::size_t value_size = 0;
    std::map<std::string, Value> entries;
    std::deque<std::string> ages;                             // of LRU tables: the oldest first
    std::array<std::map<std::string, Value>, kCpus> of_cpus;  // arrays, by CPU where they are so

    struct Waiting {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size;
        bool submitted;
    };
    std::deque<Waiting> ring;

    [[nodiscard]] std::string key(const void* bytes) const {
        return {static_cast<const char*>(bytes), key_size};
    }
    [[nodiscard]] bool is_array() const {
        return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
    }
    [[nodiscard]] Value copy(const void* bytes) const {
        Value value = std::make_unique<std::byte[]>(value_size);
        if (bytes != nullptr) std::memcpy(value.get(), bytes, value_size);
        return value;
    }
    [[nodiscard]] std::size_t used() const {
        std::size_t bytes = 0;
        for (const Waiting& record : ring) bytes += record.size + kRecordHeader;
        return bytes;
    }
    std::byte* element(std::size_t cpu, const std::string& index) {
        std::uint32_t number = 0;
        std::memcpy(&number, index.data(), sizeof(number));
        if (number >= own_capacity) return nullptr;
        Value& value = of_cpus.at(type == BPF_MAP_TYPE_PERCPU_ARRAY ? cpu : 0)[index];
        if (!value) value = copy(nullptr);
        return value.get();
    }
};

std::map<const void*, Map> maps;
std::uint64_t pid_tgid = 0;
std::uint64_t time_ns = 0;
std::size_t cpu = 0;
task_struct no_task = {};
task_struct* task = &no_task;

Map& named(const std::string& name) {
    for (auto& [address, map] : maps)
        if (map.name == name) return map;
    throw std::out_of_range("no map " + name);
}

}  // namespace

void reset() {
    maps.clear();
    ft_register_maps();
    run_as(1, 1);
    run_on(0);
    set_time(1);
    set_task(&no_task);
}

void run_as(std::uint32_t tgid, std::uint32_t tid) { pid_tgid = std::uint64_t{tgid} << 32 | tid; }
void run_on(std::size_t on) { cpu = on; }
void set_time(std::uint64_t ns) { time_ns = ns; }
void set_task(task_struct* to) { task = to; }
void limit(const std::string& map, std::size_t capacity) { named(map).capacity = capacity; }

void put_bytes(const std::string& map, std::span<const std::byte> key, std::span<const std::byte> value) {
    Map& to = named(map);
    if (key.size() != to.key_size || value.size() != to.value_size) throw std::length_error(map);
    if (to.is_array())
        std::memcpy(to.element(cpu, to.key(key.data())), value.data(), value.size());
    else
        to.entries[to.key(key.data())] = to.copy(value.data());
}

std::optional<Record> get_bytes(const std::string& map, std::span<const std::byte> key) {
    Map& from = named(map);
    const auto found = from.entries.find(from.key(key.data()));
    if (found == from.entries.end()) return std::nullopt;
    return Record(found->second.get(), found->second.get() + from.value_size);
}

std::size_t count(const std::string& map) { return named(map).entries.size(); }

std::vector<Record> get_of_cpus(const std::string& map, std::uint32_t index) {
    Map& from = named(map);
    std::vector<Record> values;
    for (std::size_t one = 0; one < kCpus; ++one) {
        const std::byte* value = from.element(one, from.key(&index));
        values.emplace_back(value, value + from.value_size);
    }
    return values;
}

// The consumer stops at a record that is not submitted yet.
std::vector<Record> drain(const std::string& ring) {
    Map& from = named(ring);
    std::vector<Record> records;
    while (!from.ring.empty() && from.ring.front().submitted) {
        const auto& record = from.ring.front();
        records.emplace_back(record.bytes.get(), record.bytes.get() + record.size);
        from.ring.pop_front();
    }
    return records;
}

}  // namespace flowtap::shim

using namespace flowtap::shim;

void ft_shim_map(const void* map, const char* name, __u32 type, __u32 capacity, __u32 key, __u32 value) {
    Map& made = maps[map];
    made.name = name;
    made.type = type;
    made.own_capacity = made.capacity = capacity;
    made.key_size = key;
    made.value_size = value;
}

void* bpf_map_lookup_elem(void* map, const void* key) {
    Map& in = maps.at(map);
    if (in.is_array()) return in.element(cpu, in.key(key));
    const auto found = in.entries.find(in.key(key));
    return found == in.entries.end() ? nullptr : found->second.get();
}

long bpf_map_update_elem(void* map, const void* key, const void* value, __u64 flags) {
    Map& in = maps.at(map);
    const std::string wanted = in.key(key);
    const bool is_new = !in.entries.contains(wanted);
    if (!is_new && flags == BPF_NOEXIST) return -EEXIST;
    if (is_new && flags == BPF_EXIST) return -ENOENT;
    if (is_new && in.entries.size() >= in.capacity) {
        if (in.type != BPF_MAP_TYPE_LRU_HASH) return -E2BIG;
        in.entries.erase(in.ages.front());
        in.ages.pop_front();
    }
    in.entries[wanted] = in.copy(value);
    if (is_new) in.ages.push_back(wanted);
    return 0;
}

long bpf_map_delete_elem(void* map, const void* key) {
    Map& in = maps.at(map);
    std::erase(in.ages, in.key(key));
    return in.entries.erase(in.key(key)) != 0 ? 0 : -ENOENT;
}

void* bpf_ringbuf_reserve(void* ring, __u64 size, __u64) {
    Map& in = maps.at(ring);
    if (in.used() + size + kRecordHeader > in.capacity) return nullptr;
    // As in the kernel, whatever was there before: what a program does not write is garbage.
    auto bytes = std::make_unique<std::byte[]>(size);
    std::memset(bytes.get(), 0xa5, size);
    in.ring.push_back({std::move(bytes), size, false});
    return in.ring.back().bytes.get();
}

void bpf_ringbuf_submit(void* record, __u64) {
    for (auto& [address, map] : maps)
        for (auto& one : map.ring)
            if (one.bytes.get() == record) one.submitted = true;
}

void bpf_ringbuf_discard(void* record, __u64) {
    for (auto& [address, map] : maps)
        std::erase_if(map.ring, [&](const auto& one) { return one.bytes.get() == record; });
}

__u64 bpf_ringbuf_query(void* ring, __u64) { return maps.at(ring).used(); }
__u64 bpf_get_current_pid_tgid() { return pid_tgid; }
__u64 bpf_ktime_get_ns() { return time_ns; }
// Sites are found by their addresses.
__u64 bpf_get_attach_cookie(void*) { return 0; }
unsigned long bpf_get_current_task() { return reinterpret_cast<unsigned long>(task); }
