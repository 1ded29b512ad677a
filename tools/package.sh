# shellcheck shell=bash
# ./dev package: the Debian packages and their test. Sourced by ./dev; uses its
# functions and its working directory.

packages=build/packages

# make_packages <directory> [cpack arguments]: makes both packages there.
make_packages() {
  local directory=$1
  shift
  rm -rf "$directory"
  mkdir -p "$directory"
  # CPack's working files are several times the size of the programs.
  (
    cd build/release
    cpack --config CPackConfig.cmake -B "../../$directory" "$@"
  ) >build/cpack.log 2>&1 || {
    cat build/cpack.log >&2
    fail "cannot make the packages; see above"
  }
  rm -rf "$directory/_CPack_Packages"
}

# Notes of the levels `info` and `pedantic` are suggestions; what is worse fails.
check_packages() {
  say "lintian: $(printf '%s ' "$packages"/*.deb)"
  lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
    "$packages"/*.deb \
    || fail "lintian finds faults in the packages; see above"
}

cmd_package() {
  local test=false
  case ${1:-} in
    '') ;;
    --test) test=true ;;
    *) fail "package takes --test and nothing else, not $1" ;;
  esac
  [[ $# -le 1 ]] || fail "package takes --test and nothing else, not $2"
  need build package
  configure release -DCMAKE_INSTALL_PREFIX=/usr
  build release --target bridgekeeper_product
  make_packages "$packages"
  check_packages
  say "Made in $SECONDS s:" "$packages"/*.deb
  $test || return 0
  # The same programs under a lower version, to upgrade from.
  make_packages "$packages/before" -R 0.0.1
  tests/package/run "$packages"
}
