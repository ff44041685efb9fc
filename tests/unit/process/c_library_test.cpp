// SPDX-License-Identifier: Apache-2.0
#include "process/c_library.h"

#include <gtest/gtest.h>

namespace flowtap::c_library_test {
namespace {

std::optional<CLibrary> of_process_with(const std::string& path) {
    ProcessFacts facts;
    for (const std::string& one : {std::string("/usr/bin/program"), path}) {
        Mapping mapping;
        mapping.path = one;
        facts.mappings.push_back(mapping);
    }
    return c_library(facts);
}

TEST(CLibraryOfAProcess, IsGlibcByTheNamesItHasHad) {
    for (const char* path : {"/usr/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libc-2.31.so",
                             "/usr/lib/x86_64-linux-gnu/libc.so.6 (deleted)"})
        EXPECT_EQ(of_process_with(path), CLibrary::kGlibc) << path;
}

TEST(CLibraryOfAProcess, IsMuslByTheNameOfTheFileOrOfItsLoader) {
    for (const char* path : {"/lib/ld-musl-x86_64.so.1", "/usr/lib/x86_64-linux-musl/libc.so",
                             "/usr/local/musl/lib/libc.so (deleted)", "/lib/libc.musl-x86_64.so.1"})
        EXPECT_EQ(of_process_with(path), CLibrary::kMusl) << path;
}

TEST(CLibraryOfAProcess, IsUnknownByAnyOtherName) {
    for (const char* path : {"/lib/libuClibc-1.0.45.so", "/lib/libc.so.7", "/lib/libcap.so.2", ""})
        EXPECT_EQ(of_process_with(path), std::nullopt) << path;
}

}  // namespace
}  // namespace flowtap::c_library_test
