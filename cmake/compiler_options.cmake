# What every target of ours is compiled with.

add_library(bridgekeeper_options INTERFACE)
target_compile_features(bridgekeeper_options INTERFACE cxx_std_20)
target_compile_options(bridgekeeper_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-missing-field-initializers
  # Clang wants braces around the fields that a failure has of its base.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-braces>)

# The presets switch this on. A packager's compiler may know more warnings.
option(BRIDGEKEEPER_WERROR "Treat warnings as errors" OFF)
if(BRIDGEKEEPER_WERROR)
  target_compile_options(bridgekeeper_options INTERFACE -Werror)
endif()

# On in the preset `release`. The sanitizers have checks of their own, and
# _FORTIFY_SOURCE needs an optimised build.
option(BRIDGEKEEPER_HARDEN "Harden the programs against memory errors" OFF)
if(BRIDGEKEEPER_HARDEN)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_compile_options(bridgekeeper_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
    -fstack-protector-strong -fstack-clash-protection)
  # Control-flow enforcement: indirect branches land only where they may.
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    target_compile_options(bridgekeeper_options INTERFACE -fcf-protection=full)
  endif()
  target_link_options(bridgekeeper_options INTERFACE
    -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()

set(BRIDGEKEEPER_SANITIZE "" CACHE STRING
    "Sanitizers to build with, as -fsanitize takes them")
if(BRIDGEKEEPER_SANITIZE)
  # -Werror and the optimiser's own diagnostics do not go together under
  # sanitizers: gcc 12 reports false positives from inlined library code.
  target_compile_options(bridgekeeper_options INTERFACE
    -fsanitize=${BRIDGEKEEPER_SANITIZE} -fno-omit-frame-pointer -Wno-error)
  target_link_options(bridgekeeper_options INTERFACE
    -fsanitize=${BRIDGEKEEPER_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Clones of the repository share what one of them has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

# The presets `dev` and `release` switch this on: most of the compiler's time is
# spent on headers and templates that the files of a room share. All other presets
# compile file by file, so that each file includes what it needs.
option(BRIDGEKEEPER_UNITY "Compile the files of a room in batches" OFF)

# add_room(<name> [BATCH <size>] SOURCES ... [GROUPS ...] LINK ...)
# makes the library of one folder, be it `net` or `app/text`. Its headers are
# included as "<name>/file.hpp" and are seen only by the rooms that link it, so an
# include against the direction of dependencies does not compile.
#
# A change to a source recompiles its whole batch. Rooms with costly sources have
# smaller batches. GROUPS are the names of variables, each with a list of sources
# that are one batch, because they use the same costly templates.
function(add_room name)
  cmake_parse_arguments(ROOM "" "BATCH" "SOURCES;GROUPS;LINK" ${ARGN})
  set(root "${CMAKE_BINARY_DIR}/rooms/${name}")
  cmake_path(GET name PARENT_PATH parent)
  file(MAKE_DIRECTORY "${root}/${parent}")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${name}" "${root}/${name}" SYMBOLIC)
  string(REPLACE "/" "_" target "bridgekeeper_${name}")
  set(grouped "")
  foreach(group IN LISTS ROOM_GROUPS)
    list(APPEND grouped ${${group}})
  endforeach()
  add_library(${target} STATIC ${ROOM_SOURCES} ${grouped})
  target_include_directories(${target} PUBLIC "${root}")
  target_link_libraries(${target} PUBLIC bridgekeeper_options ${ROOM_LINK})
  if(BRIDGEKEEPER_UNITY)
    if(NOT ROOM_BATCH)
      set(ROOM_BATCH 32)
    endif()
    set_target_properties(${target} PROPERTIES
      UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${ROOM_BATCH})
    if(ROOM_GROUPS)
      # In this mode, CMake does not make batches of its own.
      set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
      set(count 0)
      foreach(source IN LISTS ROOM_SOURCES)
        math(EXPR batch "${count} / ${ROOM_BATCH}")
        math(EXPR count "${count} + 1")
        set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${batch})
      endforeach()
      foreach(group IN LISTS ROOM_GROUPS)
        set_source_files_properties(${${group}} PROPERTIES UNITY_GROUP ${group})
      endforeach()
    endif()
  endif()
endfunction()
