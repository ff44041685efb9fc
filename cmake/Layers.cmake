# A library may use what it links to, and nothing else. With FLOWTAP_LAYERED_INCLUDES, which the presets set, it finds
# the headers of no other library, so that anything else does not compile. Without, the whole tree is everybody's
# include path, and tests/layers finds what would not.
option(FLOWTAP_LAYERED_INCLUDES "Let each library find the headers of those that it links to, and no others" OFF)
if(NOT FLOWTAP_LAYERED_INCLUDES)
    target_include_directories(flowtap_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/userspace)
endif()

# flowtap_layer(<name> PUBLIC|INTERFACE <directories> [library...]): notes the library for tests/layers, and makes its
# include path, a directory of links to its own directories.
function(flowtap_layer name scope directories)
    set_property(GLOBAL APPEND_STRING PROPERTY FLOWTAP_LAYERS "${name}|${directories}|${ARGN}\n")
    if(NOT FLOWTAP_LAYERED_INCLUDES)
        return()
    endif()
    set(root ${CMAKE_BINARY_DIR}/layers/${name})
    foreach(directory ${directories})
        string(REGEX REPLACE "^userspace/" "" inside ${directory})
        if(NOT EXISTS ${root}/${inside})
            get_filename_component(parent ${root}/${inside} DIRECTORY)
            file(MAKE_DIRECTORY ${parent})
            file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${directory} ${root}/${inside} SYMBOLIC)
        endif()
    endforeach()
    target_include_directories(${name} ${scope} ${root})
endfunction()

# Tests and benchmarks are no layer: to be called in their directories.
macro(flowtap_see_everything)
    if(FLOWTAP_LAYERED_INCLUDES)
        include_directories(${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/userspace)
    endif()
endmacro()
