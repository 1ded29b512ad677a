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
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# add_room(<name> SOURCES ... LINK ...) makes the library of one folder, be it
# `net` or `app/text`. Its headers are included as "<name>/file.hpp" and are seen
# only by the rooms that link it, so an include against the direction of
# dependencies does not compile.
function(add_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK" ${ARGN})
  set(root "${CMAKE_BINARY_DIR}/rooms/${name}")
  cmake_path(GET name PARENT_PATH parent)
  file(MAKE_DIRECTORY "${root}/${parent}")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${name}" "${root}/${name}" SYMBOLIC)
  string(REPLACE "/" "_" target "bridgekeeper_${name}")
  add_library(${target} STATIC ${ROOM_SOURCES})
  target_include_directories(${target} PUBLIC "${root}")
  target_link_libraries(${target} PUBLIC bridgekeeper_options ${ROOM_LINK})
endfunction()
