# Finds the core of prometheus-cpp, which has the model of metrics and writes
# their text. Debian's CMake package of the whole library also asks for the HTTP
# server and client of its other parts, which the daemon does not use.
#
# Target: PrometheusCore::core.

find_path(PROMETHEUS_CORE_INCLUDE_DIR NAMES prometheus/text_serializer.h)
find_library(PROMETHEUS_CORE_LIBRARY NAMES prometheus-cpp-core)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  PrometheusCore
  REQUIRED_VARS PROMETHEUS_CORE_LIBRARY PROMETHEUS_CORE_INCLUDE_DIR)

if(PrometheusCore_FOUND AND NOT TARGET PrometheusCore::core)
  add_library(PrometheusCore::core UNKNOWN IMPORTED)
  set_target_properties(PrometheusCore::core PROPERTIES
    IMPORTED_LOCATION "${PROMETHEUS_CORE_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${PROMETHEUS_CORE_INCLUDE_DIR}")
endif()
mark_as_advanced(PROMETHEUS_CORE_INCLUDE_DIR PROMETHEUS_CORE_LIBRARY)
