# install_npm_packages(<what for>) installs what package.json in the current
# folder names into the same folder of the build tree, and again only when the
# list has changed. NODE is the program that runs it.

find_program(NODE node REQUIRED)
find_program(NPM npm REQUIRED)

function(install_npm_packages purpose)
  foreach(file IN ITEMS .npmrc package.json package-lock.json)
    configure_file(${file} ${file} COPYONLY)
  endforeach()

  # npm writes its own record of what it has installed last.
  set(wanted "${CMAKE_CURRENT_BINARY_DIR}/package-lock.json")
  set(installed
    "${CMAKE_CURRENT_BINARY_DIR}/node_modules/.package-lock.json")
  if(NOT "${wanted}" IS_NEWER_THAN "${installed}")
    return()
  endif()
  message(STATUS "Installing npm packages: ${purpose}")
  execute_process(COMMAND "${NPM}" ci --prefer-offline
    WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}"
    RESULT_VARIABLE failed
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(failed)
    string(REPLACE "\n" "\n  " output "${output}")
    message(FATAL_ERROR
      "npm cannot install the packages in ${CMAKE_CURRENT_SOURCE_DIR}: "
      "${purpose}\n"
      "  ${output}\n"
      "Once per build tree, npm needs its registry or a cache that has the "
      "packages. Check the network and `npm config get registry`, then try "
      "again. -DBRIDGEKEEPER_TESTS=OFF configures a build without tests.")
  endif()
endfunction()
