# A Debian package from what is built: cpack -G DEB --config build/CPackConfig.cmake -B build/package
# It makes no user, starts nothing and enables nothing; what it is for is in deploy/README.md.
include(GNUInstallDirs)

set(packaging ${CMAKE_SOURCE_DIR}/deploy/debian)
set(generated ${CMAKE_BINARY_DIR}/generated)

# flowtap_gzip(<file> <name>): as Debian wants its manuals and changelogs, without a time in them.
function(flowtap_gzip file name)
    configure_file(${file} ${generated}/${name} @ONLY)
    execute_process(COMMAND gzip --best --no-name --stdout ${generated}/${name}
                    OUTPUT_FILE ${generated}/${name}.gz COMMAND_ERROR_IS_FATAL ANY)
endfunction()

string(TIMESTAMP FLOWTAP_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(CPACK_PACKAGE_CONTACT "The flowtap authors <flowtap@flowtap.invalid>" CACHE STRING
    "Name and address of who answers for the Debian package")
flowtap_gzip(${packaging}/changelog.in changelog)

# In a package the program is where packages put it.
file(READ ${CMAKE_SOURCE_DIR}/deploy/systemd/flowtap.service unit)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/deploy/systemd/flowtap.service)
string(REPLACE "/usr/local/bin/" "/usr/bin/" unit "${unit}")
file(WRITE ${generated}/flowtap.service "${unit}")

# What is made from the built program itself, when it is packaged: the manual and the shells' completions from its
# own table of options, the bill of materials from what it links.
find_package(Python3 COMPONENTS Interpreter)
install(CODE "
    function(make_from_program script file)
        execute_process(COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/scripts/\${script}
                        $<TARGET_FILE:flowtap> \${ARGN} OUTPUT_FILE ${generated}/\${file} COMMAND_ERROR_IS_FATAL ANY)
    endfunction()
    make_from_program(man_page.py flowtap.1 ${packaging}/flowtap.1)
    execute_process(COMMAND gzip --best --no-name --force ${generated}/flowtap.1 COMMAND_ERROR_IS_FATAL ANY)
    make_from_program(completions.py flowtap.bash bash)
    make_from_program(completions.py flowtap.zsh zsh)
    make_from_program(completions.py flowtap.fish fish)
    make_from_program(sbom.py sbom.cdx.json ${CMAKE_BINARY_DIR})
")
install(FILES ${generated}/flowtap.bash DESTINATION share/bash-completion/completions RENAME flowtap)
install(FILES ${generated}/flowtap.zsh DESTINATION share/zsh/vendor-completions RENAME _flowtap)
install(FILES ${generated}/flowtap.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${generated}/sbom.cdx.json DESTINATION share/doc/flowtap)

install(TARGETS flowtap RUNTIME DESTINATION bin)
install(FILES ${generated}/flowtap.service DESTINATION /lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/flowtap.yaml DESTINATION /etc/flowtap)
install(FILES ${generated}/flowtap.1.gz DESTINATION share/man/man1)
install(FILES ${packaging}/copyright ${CMAKE_SOURCE_DIR}/README.md DESTINATION share/doc/flowtap)
install(FILES ${generated}/changelog.gz DESTINATION share/doc/flowtap)
install(FILES ${CMAKE_SOURCE_DIR}/probes/README.md DESTINATION share/doc/flowtap/profiles)
install(FILES ${CMAKE_SOURCE_DIR}/probes/kailash.yaml ${CMAKE_SOURCE_DIR}/probes/dramatiq.yaml
              ${CMAKE_SOURCE_DIR}/probes/rq.yaml ${CMAKE_SOURCE_DIR}/probes/celery.yaml
              ${CMAKE_SOURCE_DIR}/probes/huey.yaml ${CMAKE_SOURCE_DIR}/probes/taskiq.yaml
              ${CMAKE_SOURCE_DIR}/probes/arq.yaml
              ${CMAKE_SOURCE_DIR}/probes/dask.yaml ${CMAKE_SOURCE_DIR}/probes/apscheduler.yaml
              ${CMAKE_SOURCE_DIR}/probes/luigi.yaml
        DESTINATION share/doc/flowtap/profiles)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/probes/contrib DESTINATION share/doc/flowtap/profiles)

set(CPACK_PACKAGE_NAME flowtap)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${packaging}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "metrics of running workflow engines, from outside")
set(CPACK_PACKAGE_DESCRIPTION
    "flowtap attaches eBPF probes to processes that already run, by PID, counts and
times every execution of their workflows and nodes, and serves the result as
Prometheus metrics. The watched program is neither changed nor restarted.")
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
