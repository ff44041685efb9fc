// SPDX-License-Identifier: Apache-2.0
// The memory of an interpreter, made of the input: every pointer in it leads back into it.
#include "bpf/python/ft_python.h"
#include "input.h"
#include "process/memory.h"
#include "process/metered_memory.h"
#include "python/debug_offsets.h"
#include "python/module_count.h"
#include "python/objects/object_reader.h"
#include "python/stacks.h"
#include "python/versions/python_version.h"

using namespace flowtap;

namespace {

constexpr std::uint64_t kHighest = 1ULL << 47;  // of user space
constexpr unsigned kOldest = 11;
constexpr unsigned kVersions = 5;

class InputMemory final : public Memory {
public:
    explicit InputMemory(std::span<const std::byte> input) : input_(input) {}

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        if (input_.empty() || address < 4096 || address >= kHighest || out.size() > kHighest - address)
            return false;
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = input_[(address + i) % input_.size()];
        return true;
    }

    std::span<const std::byte> input_;
};

void read_objects(const Memory& memory, const PythonLayout& layout, std::uint64_t object) {
    const ObjectReader reader(memory, layout);
    (void)reader.type_of(object);
    (void)reader.is_type(object);
    (void)reader.type_name(object);
    const auto items = reader.tuple_items(object);
    fuzz::require(!items || items->size() <= ObjectReader::kMaxTupleItems);
    (void)reader.text(object);
    (void)reader.text_equals(object, "execute");
    const auto entries = reader.dict_entries(object);
    fuzz::require(!entries || entries->size() <= ObjectReader::kMaxDictEntries);
    (void)reader.dict_value(object, "execute");
    (void)reader.own_type_attribute(object, "execute");
    (void)reader.type_attribute(object, "execute");
    (void)reader.instance_dict(object);
    (void)reader.instance_attribute(object, "node_id");
}

void read_stacks_of(const Memory& memory, const PythonLayout& layout, std::uint64_t list) {
    const auto stacks = read_stacks(memory, layout.bpf, list);
    std::size_t frames = 0;
    for (const PythonStack& stack : stacks) frames += stack.frames.size();
    fuzz::require(stacks.size() <= kMaxStacks && frames <= kMaxFramesOfAll);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes input(data, size);
    const unsigned minor = kOldest + input.below(kVersions);
    const std::uint64_t object = 4096 + input.take<std::uint16_t>();
    const InputMemory all(std::as_bytes(std::span(data, size)));
    const MeteredMemory memory(all, {.reads = 20'000, .bytes = 16u << 20});
    std::optional<PythonLayout> layout = layout_of_minor(minor);
    const PythonVersion* version = python_version(minor);
    if (!layout || version == nullptr) return 0;
    if (version->debug_offsets != nullptr) {
        const auto hex = memory.read<std::uint32_t>(object + 8).value_or(0);
        PythonLayout told = *layout;
        if (apply_debug_offsets(memory, object, hex, *version->debug_offsets, told))
            read_objects(memory, told, object);
    }
    read_objects(memory, *layout, object);
    read_stacks_of(memory, *layout, object);
    (void)ModuleCount{object, 8, 16, 24}.read(memory);
    return 0;
}
