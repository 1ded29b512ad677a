# make_installed_pages(<output> <file>...) copies documentation to a directory of
# its own, as it is installed: the pages of docs/ at the top, other files, such
# as conf/prometheus/bridgekeeper.rules.yml, below. Links in the pages lead to
# what is installed; a link to anything else becomes plain text.

function(make_installed_pages output)
  set(pages "")
  foreach(file IN LISTS ARGN)
    string(REGEX REPLACE "^docs/" "" page "${file}")
    list(APPEND pages "${page}")
  endforeach()
  file(REMOVE_RECURSE "${output}")
  foreach(file page IN ZIP_LISTS ARGN pages)
    set_property(DIRECTORY "${CMAKE_SOURCE_DIR}" APPEND
      PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${file}")
    if(page MATCHES "\\.md$")
      file(READ "${CMAKE_SOURCE_DIR}/${file}" text)
      lead_links_to(text "${page}" "${pages}")
      file(WRITE "${output}/${page}" "${text}")
    else()
      configure_file("${CMAKE_SOURCE_DIR}/${file}" "${output}/${page}" COPYONLY)
    endif()
  endforeach()
endfunction()

# lead_links_to(<text variable> <page> <pages>)
function(lead_links_to text_variable page pages)
  set(text "${${text_variable}}")
  # The index goes on with pages for those who have the source.
  if(page STREQUAL "README.md")
    string(REGEX REPLACE "\n## Working on it\n.*" "" text "${text}")
  endif()
  # Settings are explained where they are set.
  set(settings
    "${CMAKE_INSTALL_FULL_SYSCONFDIR}/bridgekeeper/bridgekeeper.toml")
  string(REGEX REPLACE "\\]\\((\\.\\./)?conf/bridgekeeper\\.toml\\)"
    "](${settings})" text "${text}")
  string(REPLACE "[conf/bridgekeeper.toml](${settings})"
    "[${settings}](${settings})" text "${text}")
  string(REPLACE "](../CHANGELOG.md)" "](changelog.gz)" text "${text}")
  string(REGEX REPLACE "\\]\\((\\.\\.|docs)/" "](" text "${text}")

  cmake_path(GET page PARENT_PATH folder)
  # Without the bracket before it, which would join elements of the list.
  string(REGEX MATCHALL "\\([a-z0-9A-Z./_-]+\\.[a-z]+[#)]" links "${text}")
  list(REMOVE_DUPLICATES links)
  foreach(link IN LISTS links)
    string(REGEX REPLACE "^.(.*).$" "\\1" target "${link}")
    set(goal "${target}")
    cmake_path(ABSOLUTE_PATH goal BASE_DIRECTORY "/${folder}" NORMALIZE)
    string(REGEX REPLACE "^/" "" goal "${goal}")
    if(NOT goal IN_LIST pages AND NOT target STREQUAL settings
       AND NOT target STREQUAL "changelog.gz")
      string(REPLACE "." "\\." target "${target}")
      string(REGEX REPLACE "\\[([^][]*)\\]\\(${target}(#[^)]*)?\\)" "\\1"
        text "${text}")
    endif()
  endforeach()
  set(${text_variable} "${text}" PARENT_SCOPE)
endfunction()
