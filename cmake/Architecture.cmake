# The directories of the machine that is compiled for: userspace/arch/NAME and bpf/arch/NAME, where NAME is CMake's.
set(FLOWTAP_ARCHITECTURE ${CMAKE_SYSTEM_PROCESSOR})
if(NOT EXISTS ${CMAKE_SOURCE_DIR}/userspace/arch/${FLOWTAP_ARCHITECTURE})
    message(FATAL_ERROR "flowtap does not support ${FLOWTAP_ARCHITECTURE}: see docs/adding-an-architecture.md")
endif()
include(${CMAKE_SOURCE_DIR}/bpf/arch/${FLOWTAP_ARCHITECTURE}/target.cmake)
