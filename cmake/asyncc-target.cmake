# asyncc_target(TARGET [SOURCES FILE...] [OPTIONS FLAG...])
#
# Translates the async sources of TARGET with asyncc, compiles the translations in their place, and links the
# runtime. To be called in the directory that defines TARGET, after its sources are listed; include directories,
# definitions, options and libraries may come later.
#
#   SOURCES   the files to translate. Without it: each C source of TARGET that has a line
#             `#include <asyncc/async.h>` (or "asyncc/async.h"). The files are looked at when CMake runs, so run it
#             again after you turn a plain source into an async one; the C compiler says so if you forget.
#   OPTIONS   flags for asyncc itself, e.g. -Werror or --no-line.
#
# A source is translated with what TARGET compiles it with: include directories and definitions (also those of the
# libraries it links to), compile options, C_STANDARD, CMAKE_C_FLAGS, sysroot. It is translated again when it, a
# header it includes, asyncc or one of these settings has changed, and not otherwise. The translation of src/x.c
# is asyncc/TARGET/src/x.c in the binary directory.

function(asyncc_target target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;OPTIONS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "asyncc_target: unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT TARGET ${target})
        message(FATAL_ERROR "asyncc_target: there is no target '${target}'")
    endif()
    get_target_property(source_dir ${target} SOURCE_DIR)
    if(NOT source_dir STREQUAL CMAKE_CURRENT_SOURCE_DIR)
        message(FATAL_ERROR "asyncc_target: '${target}' is defined in ${source_dir}; call asyncc_target there")
    endif()

    get_target_property(sources ${target} SOURCES)
    get_target_property(translations ${target} ASYNCC_TRANSLATIONS)
    _asyncc_absolute(wanted ${arg_SOURCES})
    set(found "")
    set(kept "")
    foreach(source IN LISTS sources)
        _asyncc_absolute(path "${source}")
        if(arg_SOURCES)
            list(FIND wanted "${path}" at)
        elseif(path IN_LIST translations)
            set(at -1) # of an earlier call
        else()
            _asyncc_is_async(at "${path}")
        endif()
        if(at EQUAL -1)
            list(APPEND kept "${source}")
        else()
            list(APPEND found "${path}")
        endif()
    endforeach()

    foreach(path IN LISTS wanted)
        if(NOT path IN_LIST found)
            message(FATAL_ERROR "asyncc_target: '${path}' is not a source of '${target}'")
        endif()
    endforeach()
    if(NOT found AND NOT translations)
        message(WARNING "asyncc_target: no source of '${target}' includes asyncc/async.h")
    endif()

    _asyncc_write_flags(flags_file ${target})
    foreach(path IN LISTS found)
        _asyncc_translate_one(out ${target} "${path}" "${flags_file}" "${arg_OPTIONS}")
        list(APPEND kept "${out}")
        set_property(TARGET ${target} APPEND PROPERTY ASYNCC_TRANSLATIONS "${out}")
    endforeach()
    set_property(TARGET ${target} PROPERTY SOURCES "${kept}")
    target_link_libraries(${target} PRIVATE asyncc::asyncc)
endfunction()

function(_asyncc_absolute result)
    set(paths "")
    foreach(path IN LISTS ARGN)
        if(NOT path MATCHES "^\\$<")
            get_filename_component(path "${path}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
        endif()
        list(APPEND paths "${path}")
    endforeach()
    set(${result} "${paths}" PARENT_SCOPE)
endfunction()

# -1: not a C source, or does not include asyncc/async.h.
function(_asyncc_is_async result path)
    set(${result} -1 PARENT_SCOPE)
    if(path MATCHES "\\.c$" AND EXISTS "${path}")
        file(STRINGS "${path}" includes REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]asyncc/async\\.h[>\"]" LIMIT_COUNT 1)
        if(includes)
            set(${result} 0 PARENT_SCOPE)
        endif()
    endif()
endfunction()

# Writes what `target` compiles its C sources with to a file, one flag a line. Generator expressions are resolved
# there, those about the language too, which a command line could not have.
function(_asyncc_write_flags result target)
    set(base "${CMAKE_CURRENT_BINARY_DIR}/asyncc/${target}/flags")
    set(${result} "${base}-$<CONFIG>-C.txt" PARENT_SCOPE)
    get_target_property(translations ${target} ASYNCC_TRANSLATIONS)
    if(translations)
        return() # an earlier call has written it
    endif()

    set(flags "")
    if(CMAKE_C_COMPILER_TARGET)
        list(APPEND flags "--target=${CMAKE_C_COMPILER_TARGET}")
    endif()
    if(CMAKE_SYSROOT)
        list(APPEND flags "--sysroot=${CMAKE_SYSROOT}")
    endif()
    separate_arguments(words NATIVE_COMMAND "${CMAKE_C_FLAGS}")
    list(APPEND flags ${words})
    if(CMAKE_CONFIGURATION_TYPES)
        set(configs ${CMAKE_CONFIGURATION_TYPES})
    else()
        set(configs ${CMAKE_BUILD_TYPE})
    endif()
    foreach(config IN LISTS configs)
        string(TOUPPER "${config}" CONFIG)
        separate_arguments(words NATIVE_COMMAND "${CMAKE_C_FLAGS_${CONFIG}}")
        foreach(word IN LISTS words)
            list(APPEND flags "$<$<CONFIG:${config}>:${word}>")
        endforeach()
    endforeach()

    set(std "$<TARGET_PROPERTY:${target},C_STANDARD>")
    set(extensions "$<TARGET_PROPERTY:${target},C_EXTENSIONS>")
    set(dialect "$<IF:$<OR:$<STREQUAL:${extensions},>,$<BOOL:${extensions}>>,gnu,c>")
    list(APPEND flags "$<$<BOOL:${std}>:-std=${dialect}$<IF:$<STREQUAL:${std},23>,2x,${std}>>")

    list(JOIN flags "\n" content)

    # From here on a string, for these hold lists.
    set(includes "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>")
    set(definitions "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>")
    set(compile_options "$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>")
    string(APPEND content "\n$<$<BOOL:${includes}>:-I$<JOIN:${includes},\n-I>>"
        "\n$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},\n-D>>"
        "\n$<JOIN:${compile_options},\n>")
    file(GENERATE OUTPUT "${base}-$<CONFIG>-$<COMPILE_LANGUAGE>.txt" CONTENT "${content}\n" TARGET ${target})
endfunction()

function(_asyncc_translate_one result target source flags_file options)
    get_filename_component(dir "${source}" DIRECTORY)
    get_filename_component(name "${source}" NAME)
    file(RELATIVE_PATH below "${CMAKE_CURRENT_SOURCE_DIR}" "${source}")
    if(below MATCHES "^\\.\\./")
        string(MD5 hash "${dir}")
        string(SUBSTRING "${hash}" 0 8 hash)
        set(below "${hash}/${name}")
    endif()
    set(out "${CMAKE_CURRENT_BINARY_DIR}/asyncc/${target}/${below}")
    get_filename_component(out_dir "${out}" DIRECTORY)
    file(MAKE_DIRECTORY "${out_dir}")

    # What is set on the source alone goes to the translator, and stays with the translation.
    set(own "")
    get_source_file_property(definitions "${source}" COMPILE_DEFINITIONS)
    get_source_file_property(includes "${source}" INCLUDE_DIRECTORIES)
    get_source_file_property(compile_options "${source}" COMPILE_OPTIONS)
    if(definitions)
        list(TRANSFORM definitions PREPEND "-D" OUTPUT_VARIABLE words)
        list(APPEND own ${words})
        set_property(SOURCE "${out}" PROPERTY COMPILE_DEFINITIONS "${definitions}")
    endif()
    if(includes)
        list(TRANSFORM includes PREPEND "-I" OUTPUT_VARIABLE words)
        list(APPEND own ${words})
        set_property(SOURCE "${out}" PROPERTY INCLUDE_DIRECTORIES "${includes}")
    endif()
    if(compile_options)
        list(APPEND own ${compile_options})
        set_property(SOURCE "${out}" PROPERTY COMPILE_OPTIONS "${compile_options}")
    endif()

    # `#include "x.h"` is looked for beside the source, not beside the translation.
    if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
        set_property(SOURCE "${out}" APPEND PROPERTY COMPILE_OPTIONS "-iquote${dir}")
    else()
        set_property(SOURCE "${out}" APPEND PROPERTY INCLUDE_DIRECTORIES "${dir}")
    endif()

    set(runner "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/asyncc-translate.cmake")
    add_custom_command(OUTPUT "${out}"
        COMMAND ${CMAKE_COMMAND} -P "${runner}" -- "${flags_file}" $<TARGET_FILE:asyncc::compiler>
                "${source}" -o "${out}" -MD -MF "${out}.d" ${options} -- ${own}
        DEPENDS "${source}" "${flags_file}" "$<TARGET_FILE:asyncc::compiler>" "${runner}"
        DEPFILE "${out}.d"
        COMMENT "Translating ${below}"
        VERBATIM)
    set(${result} "${out}" PARENT_SCOPE)
endfunction()
