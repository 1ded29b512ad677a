# embed_texts(<target> <header> <function> FILES ...) compiles files into a
# target: <function>() of <header>, a function in the namespace
# bridgekeeper::api, returns their texts in this order. An edited file is
# embedded again by the next build.
#
# As a script (cmake -P), this file writes the source: OUT, HEADER, FUNCTION and
# FILES are set.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(embed_texts_script "${CMAKE_CURRENT_LIST_FILE}")

  function(embed_texts target header function)
    cmake_parse_arguments(T "" "" "FILES" ${ARGN})
    set(out "${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp")
    list(TRANSFORM T_FILES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
    string(JOIN "|" files ${T_FILES})
    add_custom_command(
      OUTPUT "${out}"
      COMMAND "${CMAKE_COMMAND}" "-DOUT=${out}" "-DHEADER=${header}"
        "-DFUNCTION=${function}" "-DFILES=${files}" -P "${embed_texts_script}"
      DEPENDS ${T_FILES} "${embed_texts_script}"
      VERBATIM)
    target_sources(${target} PRIVATE "${out}")
    set_source_files_properties("${out}" PROPERTIES
      SKIP_UNITY_BUILD_INCLUSION ON)
  endfunction()
  return()
endif()

string(REPLACE "|" ";" FILES "${FILES}")
set(texts "")
foreach(file IN LISTS FILES)
  file(READ "${file}" text)
  cmake_path(GET file FILENAME name)
  string(APPEND texts "    embedded_text{\"${name}\", R\"~~(${text})~~\"},\n")
endforeach()
file(WRITE "${OUT}" "// Made by cmake/embed_texts.cmake.

#include \"${HEADER}\"

#include <array>

namespace bridgekeeper::api {

std::span<const embedded_text> ${FUNCTION}() noexcept {
  static constexpr std::array texts{
${texts}  };
  return texts;
}

} // namespace bridgekeeper::api
")
