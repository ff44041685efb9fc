# The standard library's headers are parsed once for all libraries. Without this, a build takes twice the time.
file(WRITE ${CMAKE_BINARY_DIR}/generated/empty.cpp "")
add_library(flowtap_standard_headers OBJECT ${CMAKE_BINARY_DIR}/generated/empty.cpp)
target_link_libraries(flowtap_standard_headers PRIVATE flowtap_options)
target_precompile_headers(flowtap_standard_headers PRIVATE
    <algorithm> <array> <charconv> <chrono> <cstddef> <cstdint> <cstring> <deque> <functional> <map>
    <memory> <optional> <set> <span> <sstream> <string> <string_view> <unordered_map> <utility> <variant> <vector>)

# libbpf's option macros are extensions to Clang.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(flowtap_options INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Wno-gnu-statement-expression;-Wno-c99-extensions>)
endif()
# GCC 12 reports std::string's own code in precompiled headers (false positives, GCC bugs 105329 and 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(flowtap_options INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>)
endif()
# ccache can only use a precompiled header that names what it was made from.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_LAUNCHER)
    target_compile_options(flowtap_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()
# Sources that are compiled together are included, and GCC then reports private types of theirs as a header's.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_UNITY_BUILD)
    target_compile_options(flowtap_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
endif()
