// SPDX-License-Identifier: Apache-2.0
// Exceptions of this very program, read as the probes would.
#include <cxxabi.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

#include "process/remote_memory.h"
#include "readers.h"

extern "C" {
#include "bpf/native/thrown.bpf.h"
}

namespace flowtap::thrown_test {
namespace {

// The struct _Unwind_Exception of what is being handled. __cxa_eh_globals begins with the list of caught
// exceptions, and unwindHeader lies 80 bytes into each (libstdc++, unwind-cxx.h).
std::uint64_t caught() {
    const auto* globals = reinterpret_cast<const std::uint64_t*>(abi::__cxa_get_globals());
    return *globals + 80;
}

std::string read_thrown(std::uint64_t exception) {
    const auto memory = RemoteMemory::open(getpid());
    if (!memory) return memory.error().message();
    const MemoryInUse in_use(*memory);
    ft_text text{};
    ft_text_thrown(&text, exception);
    return std::to_string(text.encoding) + ":" + std::string(text.data, text.length);
}

std::string cpp(const std::string& mangled) { return std::to_string(FT_TEXT_CPP_TYPE) + ":" + mangled; }
std::string plain(const std::string& words) { return std::to_string(FT_TEXT_UTF8) + ":" + words; }

TEST(Thrown, NamesTheTypeOfACppException) {
    try {
        throw std::runtime_error("a");
    } catch (...) {
        EXPECT_EQ(read_thrown(caught()), cpp("St13runtime_error"));
    }
    try {
        throw 42;
    } catch (...) {
        EXPECT_EQ(read_thrown(caught()), cpp("i"));
    }
}

TEST(Thrown, LooksThroughARethrownPointer) {
    try {
        std::rethrow_exception(std::make_exception_ptr(std::out_of_range("b")));
    } catch (...) {
        EXPECT_EQ(read_thrown(caught()), cpp("St12out_of_range"));
    }
}

TEST(Thrown, KnowsAForcedUnwind) {
    const auto memory = RemoteMemory::open(getpid());
    ASSERT_TRUE(memory);
    const MemoryInUse in_use(*memory);
    std::array<std::uint64_t, 4> header{};
    EXPECT_FALSE(ft_is_forced_unwind(reinterpret_cast<std::uint64_t>(header.data())));
    header[2] = 1;
    EXPECT_TRUE(ft_is_forced_unwind(reinterpret_cast<std::uint64_t>(header.data())));
}

TEST(Thrown, TellsRustAndOthers) {
    std::array<std::uint64_t, 4> header{};
    for (const std::uint64_t rust : {FT_RUST_CLASS, FT_OLD_RUST_CLASS}) {
        header[0] = rust;
        EXPECT_EQ(read_thrown(reinterpret_cast<std::uint64_t>(header.data())), plain("panic"));
    }
    header[0] = 0x474e552d41646100;
    EXPECT_EQ(read_thrown(reinterpret_cast<std::uint64_t>(header.data())), plain("foreign exception"));
}

TEST(Thrown, IsUnreadableWhereNothingIs) {
    const auto memory = RemoteMemory::open(getpid());
    ASSERT_TRUE(memory);
    const MemoryInUse in_use(*memory);
    std::array<std::uint64_t, 16> header{};
    header[10] = FT_GCC_CLASS;
    ft_text text{};
    ft_text_thrown(&text, reinterpret_cast<std::uint64_t>(&header[10]));
    EXPECT_EQ(text.encoding, FT_TEXT_NONE);
    EXPECT_EQ(text.flags, FT_TEXT_UNREADABLE);
}

}  // namespace
}  // namespace flowtap::thrown_test
