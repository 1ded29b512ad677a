# shellcheck shell=bash
# Debian packages: what a command of ./dev needs is installed first. Sourced by
# ./dev, whose functions and folder it uses.

# packages_for <purpose>...: the names that conf/debian-packages.txt has for
# any of these purposes.
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

# need <purpose>...: installs what is missing for these purposes, and asks for
# no rights where nothing is.
need() {
  local name installed missing=() as_root=()
  if ! command -v dpkg-query >/dev/null; then
    say "This is no Debian system; what is missing is up to you:"
    packages_for "$@"
    return
  fi
  installed=$(installed_packages)
  for name in $(packages_for "$@"); do
    grep -qxF "$name" <<<"$installed" || missing+=("$name")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "these packages are missing, and" \
      "neither root nor sudo is at hand to install them. As root, run:" \
      "apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  install_packages build/packages.log || {
    cat build/packages.log >&2
    fail "cannot install ${missing[*]}; see above"
  }
}

# install_packages <log>: what `need` found missing. Without package lists, or
# with old ones, the first attempt fails and they are fetched; that is no news,
# so everything goes to the log.
install_packages() {
  local log=$1 install=("${apt[@]}" install --yes --no-install-recommends
    "${missing[@]}")
  mkdir -p "$(dirname "$log")"
  "${install[@]}" >"$log" 2>&1 && return
  "${apt[@]}" update >"$log" 2>&1 && "${install[@]}" >>"$log" 2>&1
}
