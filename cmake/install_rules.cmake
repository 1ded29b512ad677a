# What `cmake --install` puts where. The component `daemon` has the daemon, which
# is also the command line and a bridge; the component `bridge` has the small
# program for agents' machines. cmake/packages.cmake makes a package of each.

include(GNUInstallDirs)
include(installed_config)
include(installed_pages)

set(packaging "${CMAKE_SOURCE_DIR}/packaging")
set(staged "${CMAKE_BINARY_DIR}/packaging")

# -- what is made during the build ----------------------------------------------

add_custom_command(
  OUTPUT "${staged}/pages.stamp"
  COMMAND "${packaging}/make-pages.sh" $<TARGET_FILE:bridgekeeper>
    "${staged}/pages"
  COMMAND "${CMAKE_COMMAND}" -E touch "${staged}/pages.stamp"
  DEPENDS bridgekeeper "${packaging}/make-pages.sh"
  COMMENT "Making manual pages and completions"
  VERBATIM)
add_custom_target(bridgekeeper_pages ALL DEPENDS "${staged}/pages.stamp")

# For packagers: the two programs and what belongs to them, without benchmarks.
add_custom_target(bridgekeeper_product
  DEPENDS bridgekeeper bridgekeeper-bridge bridgekeeper_pages)

make_installed_config("${staged}/bridgekeeper.toml")
file(GLOB pages RELATIVE "${CMAKE_SOURCE_DIR}" CONFIGURE_DEPENDS
  docs/*.md docs/decisions/*.md)
make_installed_pages("${staged}/doc/daemon" ${pages} SECURITY.md
  docs/metrics.png conf/prometheus/bridgekeeper.rules.yml
  conf/grafana/bridgekeeper.json)
make_installed_pages("${staged}/doc/bridge" docs/agents.md)
foreach(file IN ITEMS
    systemd/bridgekeeper.service systemd/bridgekeeper-bridge@.service
    sysusers/bridgekeeper.conf sysusers/bridgekeeper-bridge.conf
    tmpfiles/bridgekeeper.conf tmpfiles/bridgekeeper-bridge.conf)
  configure_file("${packaging}/${file}.in" "${staged}/${file}" @ONLY)
endforeach()

# -- where it goes --------------------------------------------------------------

set(BRIDGEKEEPER_UNIT_DIR "lib/systemd/system" CACHE STRING
  "Directory of systemd's units, below the prefix")
set(doc "${CMAKE_INSTALL_DATAROOTDIR}/doc")

# install_part(<component> <name>): what both components have.
function(install_part component name)
  install(TARGETS ${name}
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT ${component})
  install(DIRECTORY "${staged}/pages/${component}/man1"
    DESTINATION "${CMAKE_INSTALL_MANDIR}" COMPONENT ${component})
  install(FILES "${staged}/pages/bridgekeeper.bash"
    DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions"
    RENAME ${name} COMPONENT ${component})
  install(FILES "${staged}/pages/bridgekeeper.zsh"
    DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/zsh/vendor-completions"
    RENAME _${name} COMPONENT ${component})
  install(FILES "${staged}/sysusers/${name}.conf"
    DESTINATION lib/sysusers.d COMPONENT ${component})
  install(FILES "${staged}/tmpfiles/${name}.conf"
    DESTINATION lib/tmpfiles.d COMPONENT ${component})
  install(FILES "${packaging}/debian/copyright"
    DESTINATION "${doc}/${name}" COMPONENT ${component})
  install(DIRECTORY "${staged}/doc/${component}/"
    DESTINATION "${doc}/${name}" COMPONENT ${component})
endfunction()

install_part(daemon bridgekeeper)
install(FILES "${staged}/systemd/bridgekeeper.service"
  DESTINATION "${BRIDGEKEEPER_UNIT_DIR}" COMPONENT daemon)
install(FILES "${staged}/bridgekeeper.toml"
  DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}/bridgekeeper" COMPONENT daemon)

install_part(bridge bridgekeeper-bridge)
install(FILES "${staged}/systemd/bridgekeeper-bridge@.service"
  DESTINATION "${BRIDGEKEEPER_UNIT_DIR}" COMPONENT bridge)
