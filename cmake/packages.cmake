# The Debian packages, which `./dev package` builds with CPack: bridgekeeper and
# bridgekeeper-bridge. They can be installed together.

set(BRIDGEKEEPER_MAINTAINER
  "The Bridgekeeper authors <bridgekeeper@lists.invalid>" CACHE STRING
  "Name and address in the field Maintainer of packages")

# Debian 13's packages are newer than those of Debian 12, for upgrades of the
# system, though their version of Bridgekeeper is the same.
set(release 1)
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release os_release REGEX "^VERSION_ID=")
endif()
if(os_release MATCHES "VERSION_ID=\"?([0-9]+)")
  set(release "1~deb${CMAKE_MATCH_1}")
endif()
set(package_version "${PROJECT_VERSION}-${release}")

# The changelog's time is that of the last commit, not of the build.
execute_process(COMMAND git -c "safe.directory=${CMAKE_SOURCE_DIR}"
    log -1 --format=%ct
  WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
  OUTPUT_VARIABLE commit_time OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit_time)
  string(TIMESTAMP commit_time "%s" UTC)
endif()
execute_process(COMMAND date --utc --rfc-email "--date=@${commit_time}"
  OUTPUT_VARIABLE package_date OUTPUT_STRIP_TRAILING_WHITESPACE)

# -- changelogs, compressed as Debian's policy asks -----------------------------

configure_file("${packaging}/debian/changelog.in"
  "${staged}/changelog.Debian" @ONLY)
configure_file("${CMAKE_SOURCE_DIR}/CHANGELOG.md" "${staged}/changelog" COPYONLY)
foreach(file IN ITEMS changelog.Debian changelog)
  execute_process(COMMAND gzip -9nf "${staged}/${file}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(pair IN ITEMS "daemon;bridgekeeper" "bridge;bridgekeeper-bridge")
  list(GET pair 0 component)
  list(GET pair 1 name)
  install(FILES "${staged}/changelog.Debian.gz" "${staged}/changelog.gz"
    DESTINATION "${doc}/${name}" COMPONENT ${component})
endforeach()

# -- both packages --------------------------------------------------------------

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bridgekeeper)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${BRIDGEKEEPER_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_COMPONENTS_ALL daemon bridge)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "${release}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
# For the users and directories; any init system can run the programs.
set(accounts "systemd | systemd-standalone-sysusers | systemd-sysusers"
  "systemd | systemd-standalone-tmpfiles | systemd-tmpfiles")
list(JOIN accounts ", " accounts)

# -- bridgekeeper ---------------------------------------------------------------

set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME bridgekeeper)
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS "${accounts}")
set(CPACK_DEBIAN_DAEMON_PACKAGE_SUGGESTS "bridgekeeper-bridge")
set(CPACK_COMPONENT_DAEMON_DESCRIPTION
"daemon that connects coding agents with control clients
Bridgekeeper gives scripts, web panels and other control clients one place
from which they dispatch work to remote coding agents, such as Claude Code or
Codex, and follow its progress and results. What the daemon has accepted
survives a crash.
.
This package contains the daemon, its command line and its service.")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA
  "${packaging}/debian/daemon/postinst" "${packaging}/debian/daemon/prerm"
  "${packaging}/debian/daemon/postrm" "${packaging}/debian/daemon/conffiles")

# -- bridgekeeper-bridge --------------------------------------------------------

set(CPACK_DEBIAN_BRIDGE_PACKAGE_NAME bridgekeeper-bridge)
set(CPACK_DEBIAN_BRIDGE_PACKAGE_DEPENDS "${accounts}")
set(CPACK_COMPONENT_BRIDGE_DESCRIPTION
"program that connects a coding agent with Bridgekeeper
Bridgekeeper gives control clients one place from which they dispatch work to
remote coding agents. A bridge runs on an agent's machine, and starts the
agent, such as Claude Code or Codex, for each task that the daemon sends.
.
This package contains the bridge without the daemon, and a service template
with an instance for each agent.")
set(CPACK_DEBIAN_BRIDGE_PACKAGE_CONTROL_EXTRA
  "${packaging}/debian/bridge/preinst" "${packaging}/debian/bridge/postinst"
  "${packaging}/debian/bridge/prerm" "${packaging}/debian/bridge/postrm")

include(CPack)
