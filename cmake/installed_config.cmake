# make_installed_config(<output>) derives the configuration that is installed
# from conf/bridgekeeper.toml: the same file with the settings and hints of an
# installation. A line that is not found there is an error, so the two cannot
# drift apart unnoticed.

function(replace_once text_variable from to)
  string(FIND "${${text_variable}}" "${from}" first)
  string(FIND "${${text_variable}}" "${from}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR
      "conf/bridgekeeper.toml must contain this text exactly once, because "
      "cmake/installed_config.cmake replaces it:\n${from}")
  endif()
  string(REPLACE "${from}" "${to}" text "${${text_variable}}")
  set(${text_variable} "${text}" PARENT_SCOPE)
endfunction()

function(make_installed_config output)
  set(source "${CMAKE_SOURCE_DIR}/conf/bridgekeeper.toml")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  # Not file(READ) into a list: brackets and semicolons are kept as they are.
  file(READ "${source}" text)
  set(etc "${CMAKE_INSTALL_FULL_SYSCONFDIR}/bridgekeeper")
  set(var "${CMAKE_INSTALL_FULL_LOCALSTATEDIR}")
  replace_once(text
    "#   bridgekeeper serve --config conf/bridgekeeper.toml\n#   bridgekeeper check-config --config conf/bridgekeeper.toml\n"
    "#   systemctl reload bridgekeeper    checks this file and applies it\n#   bridgekeeper check-config --config ${etc}/bridgekeeper.toml\n")
  replace_once(text
    "#listen = [\"127.0.0.1:8000\"]" "listen = [\"127.0.0.1:8000\"]")
  replace_once(text
    "#data_dir = \"./var\"" "data_dir = \"${var}/lib/bridgekeeper\"")
  replace_once(text
    "# File with one token per line, # for comments. It is reloaded when it changes.\n#token_file = \"/etc/bridgekeeper/tokens\"\n"
    "# File with one token per line, # for comments. bridgekeeper.service sets this\n# setting (BRIDGEKEEPER_AUTH_TOKEN_FILE) to its copy of\n# ${etc}/tokens/operator, and makes the copy when it starts.\n#token_file = \"${etc}/tokens/operator\"\n")
  replace_once(text
    "#scoped_token_file = \"/etc/bridgekeeper/scoped-tokens\""
    "scoped_token_file = \"${etc}/scoped-tokens\"")
  replace_once(text
    "#path = \"/var/log/bridgekeeper/audit.log\""
    "path = \"${var}/log/bridgekeeper/audit.log\"")
  string(REPLACE
    "docs/" "${CMAKE_INSTALL_FULL_DATAROOTDIR}/doc/bridgekeeper/" text "${text}")
  file(WRITE "${output}" "${text}")
endfunction()
