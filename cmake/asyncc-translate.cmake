# cmake -P asyncc-translate.cmake -- FLAGS-FILE COMMAND...
# Runs COMMAND with the lines of FLAGS-FILE as further arguments. A part of asyncc_target.

set(at 0)
while(NOT "${CMAKE_ARGV${at}}" STREQUAL "--")
    math(EXPR at "${at} + 1")
endwhile()
math(EXPR at "${at} + 1")
set(flags_file "${CMAKE_ARGV${at}}")

set(command "")
math(EXPR at "${at} + 1")
while(at LESS CMAKE_ARGC)
    list(APPEND command "${CMAKE_ARGV${at}}")
    math(EXPR at "${at} + 1")
endwhile()

file(STRINGS "${flags_file}" lines)
foreach(line IN LISTS lines)
    if(line MATCHES "^SHELL:(.*)$")
        separate_arguments(words NATIVE_COMMAND "${CMAKE_MATCH_1}")
        list(APPEND command ${words})
    elseif(NOT line STREQUAL "")
        list(APPEND command "${line}")
    endif()
endforeach()

execute_process(COMMAND ${command} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.29)
        cmake_language(EXIT 1) # asyncc has said what is wrong
    endif()
    message(FATAL_ERROR "asyncc: ${status}")
endif()
