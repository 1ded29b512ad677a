# shellcheck shell=bash
# Installs the Debian packages that a command of ./dev needs. Sourced by ./dev;
# uses its functions and its working directory.

# packages_for <purpose>...: prints the packages that conf/debian-packages.txt
# lists for any of these purposes, one entry per line. An entry with
# alternatives is printed as it is: `a|b`.
packages_for() {
  local name purposes wanted
  while read -r name purposes; do
    [[ -z $name || $name == '#'* ]] && continue
    for wanted in "$@"; do
      [[ " $purposes " == *" $wanted "* ]] && echo "$name" && break
    done
  done <conf/debian-packages.txt
  return 0
}

# installed_packages: their names, and those of what they provide (a newer
# nodejs brings npm along), one a line.
installed_packages() {
  dpkg-query --show \
    --showformat='${db:Status-Status} ${Package}, ${Provides}\n' \
    | sed -n 's/ *([^)]*)//g; s/^installed //p' | tr -s ', ' '\n'
}

# is_installed <entry> <installed packages>: whether an alternative of the entry
# is among them.
is_installed() {
  local name
  for name in ${1//|/ }; do
    grep -qxF "$name" <<<"$2" && return
  done
  return 1
}

# choose <entry>...: prints the first alternative of each entry that this Debian
# release has. If it has none, or if there are no package lists yet, prints the
# first alternative, so that apt-get names it in its complaint. For a package
# that others only mention, apt-cache succeeds but shows nothing.
choose() {
  local entry name
  for entry in "$@"; do
    for name in ${entry//|/ } "${entry%%|*}"; do
      [[ -z $(apt-cache show "$name" 2>/dev/null) ]] || break
    done
    echo "$name"
  done
}

# need <purpose>...: installs the missing packages for these purposes. Root
# rights are requested only if a package is missing.
need() {
  local name installed missing=() as_root=()
  if ! command -v dpkg-query >/dev/null; then
    say "This is not a Debian system. Install these packages or equivalents:"
    packages_for "$@"
    return
  fi
  installed=$(installed_packages)
  for name in $(packages_for "$@"); do
    is_installed "$name" "$installed" || missing+=("$name")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "some packages are missing, and" \
      "installing them requires root or sudo. Run as root:" \
      "apt-get install $(choose "${missing[@]}" | xargs)"
    as_root=(sudo)
  fi
  say "Installing $(choose "${missing[@]}" | xargs)"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  install_packages build/packages.log || {
    cat build/packages.log >&2
    fail "cannot install ${missing[*]}; see above"
  }
}

# install_packages <log>: installs the packages that `need` found missing. If
# the package lists are missing or outdated, the first attempt fails; the lists
# are then updated for a second one, which chooses among alternatives again. All
# output goes to the log, because a failure of the first attempt is not worth
# reporting.
install_packages() {
  local log=$1
  mkdir -p "$(dirname "$log")"
  install_missing >"$log" 2>&1 && return
  "${apt[@]}" update >"$log" 2>&1 && install_missing >>"$log" 2>&1
}

install_missing() {
  local names
  mapfile -t names < <(choose "${missing[@]}")
  "${apt[@]}" install --yes --no-install-recommends "${names[@]}"
}
