# cmake -DPROGRAM=flowtap -DOUTPUT=FILE -P check_machine.cmake: writes what `flowtap check --json` says to FILE.
# Exit status 3 says that something is missing here: that is an answer too.
execute_process(COMMAND ${PROGRAM} check --json OUTPUT_FILE ${OUTPUT} ERROR_VARIABLE errors RESULT_VARIABLE status)
if(NOT status EQUAL 0 AND NOT status EQUAL 3)
    file(REMOVE ${OUTPUT})
    message(FATAL_ERROR "flowtap check --json: ${status} ${errors}")
endif()
