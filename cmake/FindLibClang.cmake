# Finds libclang's C API.
#
# ASYNCC_LLVM_CONFIG names the llvm-config to ask; without it llvm-config-14 to -22 and llvm-config are tried,
# then the places where Debian and others keep LLVM, for libclang can be installed without llvm-config.
#
# Sets LibClang_VERSION, LibClang_INCLUDE_DIR, LibClang_LIBRARY, LibClang_LIBRARY_DIR and the target
# LibClang::LibClang. A build directory stays with the libclang it found; -DASYNCC_LLVM_CONFIG=... changes it.

if(NOT "${ASYNCC_LLVM_CONFIG}" STREQUAL "${LibClang_LLVM_CONFIG_ASKED}")
    unset(LibClang_INCLUDE_DIR CACHE)
    unset(LibClang_LIBRARY CACHE)
    unset(LibClang_LLVM_CONFIG CACHE)
endif()
set(LibClang_LLVM_CONFIG_ASKED "${ASYNCC_LLVM_CONFIG}" CACHE INTERNAL "")

set(libclang_majors 14 15 16 17 18 19 20 21 22)

if(ASYNCC_LLVM_CONFIG)
    find_program(LibClang_LLVM_CONFIG "${ASYNCC_LLVM_CONFIG}")
    if(NOT LibClang_LLVM_CONFIG)
        message(FATAL_ERROR "ASYNCC_LLVM_CONFIG: no program '${ASYNCC_LLVM_CONFIG}'")
    endif()
else()
    # The first llvm-config whose tree really has libclang's headers.
    foreach(major IN LISTS libclang_majors ITEMS "")
        if(LibClang_LLVM_CONFIG)
            break()
        endif()
        string(REGEX REPLACE "(.+)" "-\\1" suffix "${major}")
        find_program(libclang_candidate llvm-config${suffix} NO_CACHE)
        if(libclang_candidate)
            execute_process(COMMAND ${libclang_candidate} --includedir
                OUTPUT_VARIABLE libclang_dir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
            if(EXISTS ${libclang_dir}/clang-c/Index.h)
                set(LibClang_LLVM_CONFIG ${libclang_candidate} CACHE FILEPATH "The llvm-config that was asked")
            endif()
        endif()
        unset(libclang_candidate)
    endforeach()
endif()
mark_as_advanced(LibClang_LLVM_CONFIG)

if(LibClang_LLVM_CONFIG)
    foreach(what includedir libdir version)
        execute_process(COMMAND ${LibClang_LLVM_CONFIG} --${what}
            OUTPUT_VARIABLE libclang_${what} OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
    string(REGEX MATCH "^[0-9]+" libclang_major "${libclang_version}")
    find_path(LibClang_INCLUDE_DIR clang-c/Index.h HINTS ${libclang_includedir} NO_DEFAULT_PATH)
    find_library(LibClang_LIBRARY NAMES clang-${libclang_major} clang HINTS ${libclang_libdir} NO_DEFAULT_PATH)
    set(LibClang_VERSION ${libclang_version})
else()
    foreach(major IN LISTS libclang_majors)
        list(APPEND libclang_prefixes /usr/lib/llvm-${major} /usr/lib/llvm${major} /usr/lib64/llvm${major})
    endforeach()
    find_path(LibClang_INCLUDE_DIR clang-c/Index.h HINTS ${libclang_prefixes} PATH_SUFFIXES include)
    if(LibClang_INCLUDE_DIR)
        get_filename_component(libclang_prefix ${LibClang_INCLUDE_DIR} DIRECTORY)
        string(REGEX MATCH "llvm-?([0-9]+)$" libclang_major "${libclang_prefix}")
        set(libclang_major "${CMAKE_MATCH_1}")
        find_library(LibClang_LIBRARY NAMES clang-${libclang_major} clang HINTS ${libclang_prefix}/lib)
        set(LibClang_VERSION ${libclang_major})
    endif()
endif()

include(FindPackageHandleStandardArgs)
set(LibClang_FAIL_MESSAGE "libclang was not found. On Debian and Ubuntu: apt-get install libclang-14-dev "
    "(any of 14 to 22); elsewhere point ASYNCC_LLVM_CONFIG to its llvm-config")
string(CONCAT LibClang_FAIL_MESSAGE ${LibClang_FAIL_MESSAGE})
if(LibClang_VERSION)
    find_package_handle_standard_args(LibClang REQUIRED_VARS LibClang_LIBRARY LibClang_INCLUDE_DIR
        VERSION_VAR LibClang_VERSION REASON_FAILURE_MESSAGE "${LibClang_FAIL_MESSAGE}")
else()
    find_package_handle_standard_args(LibClang REQUIRED_VARS LibClang_LIBRARY LibClang_INCLUDE_DIR
        REASON_FAILURE_MESSAGE "${LibClang_FAIL_MESSAGE}")
endif()

if(LibClang_FOUND)
    get_filename_component(LibClang_LIBRARY_DIR ${LibClang_LIBRARY} DIRECTORY)
    if(NOT TARGET LibClang::LibClang)
        add_library(LibClang::LibClang UNKNOWN IMPORTED)
        set_target_properties(LibClang::LibClang PROPERTIES
            IMPORTED_LOCATION ${LibClang_LIBRARY}
            INTERFACE_INCLUDE_DIRECTORIES ${LibClang_INCLUDE_DIR})
    endif()
endif()
