// SPDX-License-Identifier: Apache-2.0
// Bits of PyTypeObject.tp_flags (Include/object.h), the same in all known versions.
#pragma once

#include <cstdint>

namespace flowtap {

inline constexpr std::uint64_t kTypeInlineValues = 1ULL << 2;  // 3.13+
inline constexpr std::uint64_t kTypeManagedDict = 1ULL << 4;
inline constexpr std::uint64_t kTypeHeapType = 1ULL << 9;
inline constexpr std::uint64_t kTypeTupleSubclass = 1ULL << 26;
inline constexpr std::uint64_t kTypeStrSubclass = 1ULL << 28;
inline constexpr std::uint64_t kTypeDictSubclass = 1ULL << 29;
inline constexpr std::uint64_t kTypeTypeSubclass = 1ULL << 31;

}  // namespace flowtap
