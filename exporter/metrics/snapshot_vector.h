// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace flowtap {

// A vector whose content at one moment can be kept for the price of a pointer per kBlocks * kRows elements.
// Elements are in blocks, blocks in groups. A snapshot shares the groups; parts that are edited later are
// copied first, block by block. Not synchronised; but a snapshot belongs to its holder: other threads may
// read and drop it while the vector is edited.
template <typename T, std::size_t kRows = 16, std::size_t kBlocks = 64>
class SnapshotVector {
    struct Block {
        std::uint64_t epoch = 0;  // not shared with a snapshot if equal to the vector's
        std::array<T, kRows> rows = {};
    };
    struct Group {
        std::uint64_t epoch = 0;
        std::array<std::shared_ptr<Block>, kBlocks> blocks = {};
    };
    using Groups = std::vector<std::shared_ptr<Group>>;

    static constexpr std::size_t kPerGroup = kRows * kBlocks;

public:
    class Snapshot {
    public:
        Snapshot() = default;

        [[nodiscard]] std::size_t size() const { return size_; }
        const T& operator[](std::size_t index) const { return row(groups_, index); }

    private:
        friend class SnapshotVector;
        Snapshot(Groups groups, std::size_t size) : groups_(std::move(groups)), size_(size) {}

        Groups groups_;
        std::size_t size_ = 0;
    };

    [[nodiscard]] std::size_t size() const { return size_; }
    const T& operator[](std::size_t index) const { return row(groups_, index); }

    // Precondition: index < size(). The reference is valid until the next snapshot.
    T& edit(std::size_t index) {
        Group& group = own(groups_[index / kPerGroup]);
        return own(group.blocks[index / kRows % kBlocks]).rows[index % kRows];
    }

    // Returns the index of the new element.
    std::size_t add() {
        if (size_ == groups_.size() * kPerGroup) groups_.emplace_back();
        return size_++;
    }

    [[nodiscard]] Snapshot snapshot() {
        ++epoch_;
        return {groups_, size_};
    }

private:
    static const T& row(const Groups& groups, std::size_t index) {
        return groups[index / kPerGroup]->blocks[index / kRows % kBlocks]->rows[index % kRows];
    }

    // Makes a group or block editable: copies it if a snapshot may share it.
    template <typename Part>
    Part& own(std::shared_ptr<Part>& part) {
        if (part == nullptr) {
            part = std::make_shared<Part>();
        } else if (part->epoch != epoch_) {
            part = std::make_shared<Part>(*part);
        }
        part->epoch = epoch_;
        return *part;
    }

    Groups groups_;
    std::size_t size_ = 0;
    std::uint64_t epoch_ = 1;
};

}  // namespace flowtap
