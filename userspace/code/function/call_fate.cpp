// SPDX-License-Identifier: Apache-2.0
#include "code/function/call_fate.h"

#include <algorithm>
#include <array>

namespace flowtap {
namespace {

using namespace std::string_view_literals;

constexpr std::array kFatal{
    "__stack_chk_fail"sv,
    "__stack_chk_fail_local"sv,
    "__fortify_fail"sv,
    "__chk_fail"sv,
    "abort"sv,
    "__assert_fail"sv,
    "__assert_perror_fail"sv,
    "__assert"sv,
    "exit"sv,
    "_exit"sv,
    "_Exit"sv,
    "quick_exit"sv,
    "__cxa_pure_virtual"sv,
    "_ZSt9terminatev"sv,
    "__clang_call_terminate"sv,
    "_ZSt21__glibcxx_assert_failPKciS0_S0_"sv,
    "Py_FatalError"sv,
    "_Py_FatalErrorFunc"sv,
    "_Py_FatalErrorFormat"sv,
    "_Py_FatalRefcountErrorFunc"sv,
    "_PyObject_AssertFailed"sv,
    "Py_Exit"sv,
};

constexpr std::array kLeaves{
    "__cxa_throw"sv,    "__cxa_rethrow"sv,    "_Unwind_Resume"sv,
    "__cxa_bad_cast"sv, "__cxa_bad_typeid"sv, "__cxa_throw_bad_array_new_length"sv,
    "longjmp"sv,        "_longjmp"sv,         "siglongjmp"sv,
    "__longjmp_chk"sv,  "pthread_exit"sv,     "thrd_exit"sv,
};

// libstdc++'s helpers: std::__throw_length_error and its like.
constexpr std::string_view kThrowHelper = "__throw_";

template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

CalleeFate fate_of_named_call(std::string_view name) {
    if (contains(kFatal, name)) return CalleeFate::kFatal;
    const bool throws = name.starts_with("_ZSt") && name.find(kThrowHelper) != std::string_view::npos;
    return throws || contains(kLeaves, name) ? CalleeFate::kLeaves : CalleeFate::kReturns;
}

}  // namespace flowtap
