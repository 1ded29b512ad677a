# shellcheck shell=bash
# ./dev lint: formatting, includes, cited sections, wording, docs and
# clang-tidy. Sourced by ./dev, whose functions and folder it uses.

rooms=(domain log protocol net store actors api app)

git() {
  # A checkout by another user, as in a container, is fine to read.
  command git -c safe.directory="$PWD" "$@"
}

lint_format() {
  local files
  mapfile -t files < <(git ls-files --deduplicate '*.hpp' '*.cpp' \
    | while read -r x; do [[ -e $x ]] && echo "$x"; done)
  clang-format --dry-run -Werror "${files[@]}"
}

# forbid <why> <pattern> <pathspec>...: no tracked file there has such a line.
forbid() {
  local why=$1 pattern=$2 hits
  shift 2
  hits=$(git grep -nE "^ *# *include *$pattern" -- "$@") || return 0
  printf '%s\nforbidden include: %s\n' "$hits" "$why"
  return 1
}

lint_includes() {
  local code=0 any=('*.hpp' '*.cpp')
  forbid "caf/all.hpp costs seconds a file; include what is used" \
    '<caf/all\.hpp>' "${any[@]}" || code=1
  forbid "CAF is for actors, api, app/console, app/daemon and net/server" \
    '<caf/' "${any[@]}" ':!actors/' ':!api/' ':!app/console/' \
    ':!app/daemon/' ':!app/cli/cli.cpp' ':!net/server/' \
    ':!tests/net/io_thread_test.cpp' ':!tests/actors/' ':!tests/api/' \
    ':!tests/app/' ':!tests/support/' || code=1
  forbid "Beast is for net" '<boost/beast' "${any[@]}" \
    ':!net/' ':!bench/' ':!tests/net/' ':!tests/support/' || code=1
  forbid "a room that uses Asio links bridgekeeper_asio, or net, which does" \
    '<boost/asio' domain/ log/ protocol/ store/ app/text/ app/files/ \
    app/systemd/ app/log/ app/tokens/ app/adapters/ || code=1
  forbid "spdlog is for log and app/log; other rooms use log/log_line.hpp" \
    '<spdlog/' "${rooms[@]}" ':!log/' ':!app/log/' || code=1
  forbid "CLI11 is for app/command_line, app/cli and app/bridge" '<CLI/' \
    "${rooms[@]}" ':!app/command_line/' ':!app/cli/' ':!app/bridge/' || code=1
  forbid "nlohmann/json.hpp is for .cpp files; headers use json_fwd.hpp" \
    '<nlohmann/json\.hpp>' '*.hpp' ':!bench/' ':!tests/' || code=1
  forbid "agents' machines need no server" '"net/server/' 'app/' \
    ':!app/config/' ':!app/metrics/' ':!app/console/' ':!app/daemon/' || code=1
  forbid "the program knows neither tests nor benchmarks" \
    '"(tests|support|bench)/' "${rooms[@]}" || code=1
  return "$code"
}

# Rooms from the bottom up. A file includes only from its own room and from rooms
# before it; the build enforces what a room links, this list the order.
layers=(domain log protocol net net/server store actors api app/text app/files
  app/systemd app/log app/tokens app/config app/client app/command_line
  app/adapters app/processes app/bridge app/metrics app/console app/daemon app/cli)

lint_layers() {
  local code=0 i
  for ((i = 0; i < ${#layers[@]}; i++)); do
    local above=("${layers[@]:i+1}")
    [[ ${#above[@]} -gt 0 ]] || break
    local pattern
    pattern=$(IFS='|'; echo "\"(${above[*]})/")
    forbid "${layers[i]} knows only the rooms below it" "$pattern" \
      "${layers[i]}/" "${above[@]/#/:!}" || code=1
  done
  return "$code"
}

# A tree of JSON is copied and written recursively; parse_json_document and the
# readers of protocol bound how deep it may be.
lint_json() {
  local hits
  hits=$(git grep -nE 'json::(sax_)?parse\(' -- "${rooms[@]/%//*.cpp}" \
    ':!protocol/') || return 0
  printf '%s\n%s\n' "$hits" \
    "unbounded JSON: use protocol::parse_json_document"
  return 1
}

# Comments cite sections of docs/protocol.md by number.
lint_sections() {
  local section code=0
  for section in $(git grep -hoE 'contract section [0-9]+' -- '*.hpp' '*.cpp' \
    | grep -oE '[0-9]+' | sort -u); do
    grep -q "^## $section\. " docs/protocol.md && continue
    say "docs/protocol.md has no section $section, which is cited by:"
    git grep -n "contract section $section" -- '*.hpp' '*.cpp'
    code=1
  done
  return "$code"
}

# Files whose wording is checked.
worded=('*.md' 'conf/' '*.hpp' '*.cpp' ':!tests/' ':!bench/' ':!fuzz/' ':!CHANGELOG.md')

# Reports every match of a pattern in tools/words.txt, with its suggestion.
lint_words() {
  local pattern suggestion hits file line text how status code=0
  while IFS=$'\t' read -r pattern suggestion; do
    [[ -z $pattern || $pattern == '#'* ]] && continue
    if [[ -z $suggestion ]]; then
      say "tools/words.txt: no tab and suggestion after the pattern $pattern"
      code=1
      continue
    fi
    how=-noI
    [[ $pattern == *[A-Z]* ]] || how+=i
    status=0
    hits=$(git grep "$how" -E -e "$pattern" -- "${worded[@]}") || status=$?
    case $status in
      0) ;;
      1) continue ;;
      *)
        say "tools/words.txt: cannot search for the pattern $pattern"
        code=1
        continue
        ;;
    esac
    code=1
    while IFS=: read -r file line text; do
      say "$file:$line: avoid '$text'; instead: $suggestion"
    done <<<"$hits"
  done <tools/words.txt
  return "$code"
}

# Links, the marks of shell blocks, command lines and settings in *.md. Command
# lines need a program: the one that was built last. Without one, only the tests
# (`ctest -R docs:`) check them.
lint_docs() {
  local program
  program=$(ls -t build/*/bridgekeeper 2>/dev/null | head -n 1)
  [[ -n $program ]] \
    || say "No program is built, so command lines in *.md are not checked."
  PYTHONDONTWRITEBYTECODE=1 python3 tools/docs/check.py \
    ${program:+--program "$program"}
}

# Where this work branched off; the commit before where it did not.
lint_base() {
  local main base
  for main in origin/main main origin/master master; do
    base=$(git merge-base HEAD "$main" 2>/dev/null) || continue
    [[ $base == "$(git rev-parse HEAD)" ]] || break
    base=
  done
  [[ -n ${base:-} ]] || base=$(git rev-parse --verify -q HEAD~1) || base=
  echo "$base"
}

# The .cpp files of the rooms that changed; for a changed header its own .cpp
# file, else one that includes it.
changed_sources() {
  local base file source
  base=$(lint_base)
  if [[ -z $base ]]; then
    all_sources
    return
  fi
  git diff --name-only --diff-filter=d "$base" -- "${rooms[@]}" \
    | while read -r file; do
      case $file in
        *.cpp) echo "$file" ;;
        *.hpp)
          source=${file%.hpp}.cpp
          [[ -e $source ]] || source=$(git grep -lF "#include \"$file\"" -- \
            "${rooms[@]/%//*.cpp}" | head -n 1) || true
          [[ -z $source ]] || echo "$source"
          ;;
      esac
    done | sort -u
}

all_sources() {
  git ls-files "${rooms[@]/%//*.cpp}"
}

# Prints only what is wrong; parallel runs do not mix their lines.
tidy_one() {
  local out code=0
  out=$(clang-tidy --quiet -p build/lint "$1" 2>&1) || code=$?
  grep -vE '^([0-9]+ warnings?( and [0-9]+ errors?)? generated\.)$' <<<"$out" \
    | grep -v '^$' || true
  return "$code"
}
export -f tidy_one

lint_tidy() {
  local files
  if [[ ${1:-} == --all ]]; then
    mapfile -t files < <(all_sources)
  else
    mapfile -t files < <(changed_sources)
  fi
  [[ ${#files[@]} -gt 0 ]] || return 0
  say "clang-tidy: ${#files[@]} files"
  printf '%s\n' "${files[@]}" \
    | xargs -P "$(nproc)" -I '{}' bash -c 'tidy_one "$1"' tidy '{}'
}

cmd_lint() {
  local code=0
  [[ ${1:-} == '' || $1 == --all ]] \
    || fail "lint takes --all and nothing else, not $1"
  need build lint
  configure lint
  lint_format || { say "Formatting differs; clang-format -i mends it."; code=1; }
  lint_includes || code=1
  lint_layers || code=1
  lint_json || code=1
  lint_sections || code=1
  lint_words || code=1
  lint_docs || code=1
  lint_tidy "$@" || code=1
  [[ $code -ne 0 ]] || say "Nothing to complain about ($SECONDS s)."
  return "$code"
}
