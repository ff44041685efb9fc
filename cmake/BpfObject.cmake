# bpf_object(<name> <source> <directory> [<flag>...]): compiles <source> for BPF and makes the interface library
# <name>, which provides <name>.skel.h. vmlinux.h is generated from the running kernel's BTF; CO-RE relocates it elsewhere.
find_program(CLANG NAMES clang REQUIRED)
find_program(LLVM_STRIP NAMES llvm-strip llvm-strip-19 llvm-strip-14 REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
set(FLOWTAP_VMLINUX_BTF /sys/kernel/btf/vmlinux CACHE FILEPATH "BTF that vmlinux.h is generated from")

# Every skeleton: what static analysis needs to be there before it reads the sources.
add_custom_target(flowtap_skeletons)

function(bpf_object name source directory)
    set(out ${CMAKE_BINARY_DIR}/bpf)
    file(MAKE_DIRECTORY ${out})
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${directory}/*.h)
    add_custom_command(
        OUTPUT ${out}/vmlinux.h
        COMMAND ${BPFTOOL} btf dump file ${FLOWTAP_VMLINUX_BTF} format c > ${out}/vmlinux.h
        COMMENT "Generating vmlinux.h" VERBATIM)
    add_custom_command(
        OUTPUT ${out}/${name}.o
        COMMAND ${CLANG} -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -target bpf
                -D__TARGET_ARCH_${FLOWTAP_BPF_ARCHITECTURE} ${ARGN} -isystem ${out} -I${directory} -c ${directory}/${source} -o ${out}/${name}.o
        COMMAND ${LLVM_STRIP} -g ${out}/${name}.o
        DEPENDS ${directory}/${source} ${headers} ${out}/vmlinux.h
        COMMENT "Compiling ${name} for BPF" VERBATIM)
    add_custom_command(
        OUTPUT ${out}/${name}.skel.h
        # bpftool's text is not ours to analyse.
        COMMAND ${CMAKE_COMMAND} -E echo "/* NOLINTBEGIN */" > ${out}/${name}.skel.h
        COMMAND ${BPFTOOL} gen skeleton ${out}/${name}.o name ${name} >> ${out}/${name}.skel.h
        COMMAND ${CMAKE_COMMAND} -E echo "/* NOLINTEND */" >> ${out}/${name}.skel.h
        DEPENDS ${out}/${name}.o
        COMMENT "Generating ${name}.skel.h" VERBATIM)
    add_custom_target(${name}_skeleton DEPENDS ${out}/${name}.skel.h)
    add_dependencies(flowtap_skeletons ${name}_skeleton)
    add_library(${name} INTERFACE)
    add_dependencies(${name} ${name}_skeleton)
    target_include_directories(${name} SYSTEM INTERFACE ${out})
    target_link_libraries(${name} INTERFACE PkgConfig::LIBBPF)
endfunction()
