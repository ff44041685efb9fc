// SPDX-License-Identifier: Apache-2.0
// Where the build put what these tests run.
#pragma once

namespace flowtap::system_test {

inline constexpr const char* kFlowtap = FLOWTAP_PROGRAM;
inline constexpr const char* kEngineC = FLOWTAP_ENGINE_C;
inline constexpr const char* kEngineCUnoptimised = FLOWTAP_ENGINE_C_O0;
inline constexpr const char* kEngineCStatic = FLOWTAP_ENGINE_C_STATIC;
inline constexpr const char* kEngineCpp = FLOWTAP_ENGINE_CPP;
inline constexpr const char* kTestsDirectory = FLOWTAP_TESTS_DIRECTORY;
inline constexpr const char* kEngineCProfile = FLOWTAP_TESTS_DIRECTORY "/native/engine_c.yaml";
inline constexpr const char* kEngineCppProfile = FLOWTAP_TESTS_DIRECTORY "/native/engine_cpp.yaml";
inline constexpr const char* kSourceDirectory = FLOWTAP_SOURCE_DIRECTORY;
inline constexpr const char* kPackagesDirectory = FLOWTAP_PACKAGES_DIRECTORY;
inline constexpr const char* kThrowing = FLOWTAP_THROWING;
inline constexpr const char* kWaysDirectory = FLOWTAP_WAYS_DIRECTORY;
inline constexpr const char* kWaysProfile = FLOWTAP_TESTS_DIRECTORY "/native/ways.yaml";
inline constexpr const char* kStrip = FLOWTAP_STRIP;

}  // namespace flowtap::system_test
