# shellcheck shell=bash
# ./dev run: a daemon, a demo agent and a task. Sourced by ./dev, whose functions
# and folder it uses.

binary=build/dev/bridgekeeper
daemon_pid=
bridge_pid=
listen_hint="BRIDGEKEEPER_SERVER_LISTEN=127.0.0.1:8100 \
BRIDGEKEEPER_CONSOLE_LISTEN=127.0.0.1:8101 ./dev run"

# Each line is a sign of progress, and all of them are the answer.
demo='for step in "reading the task" "thinking" "writing the answer"; do
  echo "$step"; sleep 0.4
done
tr "[:lower:]" "[:upper:]"'

# stop_process <name> <pid> <seconds>: SIGTERM, and SIGKILL after a while.
stop_process() {
  local name=$1 pid=$2 end=$((SECONDS + $3)) code=0
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && ((SECONDS < end)); do
    sleep 0.05 || true
  done
  if kill -KILL "$pid" 2>/dev/null; then
    printf './dev: the %s did not stop within %s s and was killed\n' \
      "$name" "$3" >&2
  fi
  wait "$pid" || code=$?
  return "$code"
}

# The bridge first, so that the daemon has nobody to wait for.
stop_all() {
  local pid code=0
  # A second Ctrl-C means: at once.
  trap 'kill -TERM $daemon_pid 2>/dev/null || true' INT TERM
  if [[ -n $bridge_pid ]]; then
    pid=$bridge_pid bridge_pid=
    stop_process "demo agent" "$pid" 10 || code=$?
  fi
  if [[ -n $daemon_pid ]]; then
    stop_process daemon "$daemon_pid" 75 || code=$?
    daemon_pid=
  fi
  return "$code"
}

# fail_with_log <log> <text>: says what, and the end of the log.
fail_with_log() {
  local log=$1
  shift
  printf './dev: %s. The end of %s:\n' "$*" "$log" >&2
  tail -n 15 "$log" | sed 's/^/  /' >&2
  if grep -q 'Cannot listen on' "$log"; then
    printf 'Other ports, for example: %s\n' "$listen_hint" >&2
  fi
  exit 1
}

# wait_for <seconds> <command>...: until it succeeds; false if it does not, or
# if a process of ours ends meanwhile.
wait_for() {
  local end=$((SECONDS + $1)) pid
  shift
  until "$@"; do
    for pid in $daemon_pid $bridge_pid; do
      kill -0 "$pid" 2>/dev/null || return 1
    done
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

daemon_is_up() {
  grep -qsE "\"pid\":$daemon_pid\b" var/daemon.json
}

demo_is_connected() {
  "$binary" agents 2>/dev/null | grep -qE '^demo +connected '
}

# Both get a session of their own: Ctrl-C reaches this script alone, which then
# stops them in order.
start_daemon() {
  local had_token=false
  mkdir -p var
  [[ -s var/token ]] && had_token=true
  if [[ -e var/lock ]] && ! flock --nonblock var/lock true; then
    fail "a daemon runs with the data directory ./var already; stop it first"
  fi
  setsid "$binary" serve --log-format text </dev/null >/dev/null \
    2>var/daemon.log &
  daemon_pid=$!
  wait_for 20 daemon_is_up \
    || fail_with_log var/daemon.log "the daemon did not start"
  say "The daemon runs; its log is ./var/daemon.log, its token ./var/token."
  # It tells its token to a terminal alone, and this may be none.
  $had_token || say "A token was made for it: $(<var/token)"
  say ""
}

start_demo() {
  setsid "$binary" bridge --id demo --exec "$demo" </dev/null \
    >var/bridge.log 2>&1 &
  bridge_pid=$!
  wait_for 20 demo_is_connected \
    || fail_with_log var/bridge.log "the demo agent did not connect"
  "$binary" agents
}

# show <command>...: as somebody would type it, then what it prints.
show() {
  local word line=
  for word in "$@"; do
    [[ $word == *' '* ]] && word="\"$word\""
    line+=" $word"
  done
  say "" "\$ bridgekeeper$line"
  "$binary" "$@" 2>&1
}

cmd_run() {
  local once=false name
  case ${1:-} in
    '') ;;
    --once) once=true ;;
    *) fail "run takes --once and nothing else, not $1" ;;
  esac
  [[ $# -le 1 ]] || fail "run takes --once and nothing else, not $2"
  need build
  configure_without_tests
  build dev --target bridgekeeper
  # Nothing is configured but, where wanted, other addresses.
  for name in $(compgen -e); do
    case $name in
      BRIDGEKEEPER_SERVER_LISTEN | BRIDGEKEEPER_CONSOLE_LISTEN) ;;
      BRIDGEKEEPER_* | VIBEFORGE_*) unset "$name" ;;
    esac
  done
  export BRIDGEKEEPER_SERVER_DATA_DIR=./var
  umask 077
  trap stop_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  start_daemon
  start_demo
  show dispatch demo "hello from ./dev run" --wait \
    || fail_with_log var/daemon.log "the dispatch failed (exit status $?)"
  if $once; then
    trap - EXIT
    stop_all || fail_with_log var/daemon.log "not everything stopped well"
    say "" "Stopped; all went well."
    return
  fi
  cat <<TEXT

It stays up until Ctrl-C. In another terminal:

  cd $PWD
  $binary dispatch demo "another task" --wait
  $binary watch
  $binary console

TEXT
  trap 'say ""; exit 0' INT
  trap 'exit 0' TERM HUP
  wait -n "$daemon_pid" "$bridge_pid" || true
  kill -0 "$daemon_pid" 2>/dev/null \
    || fail_with_log var/daemon.log "the daemon ended by itself"
  fail_with_log var/bridge.log "the demo agent ended by itself"
}
