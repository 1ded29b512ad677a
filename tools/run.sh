# shellcheck shell=bash
# ./dev run: runs a daemon, a demo agent and a task. Sourced by ./dev; uses its
# functions and its working directory.

binary=build/dev/bridgekeeper
daemon_pid=
bridge_pid=
listen_hint="BRIDGEKEEPER_SERVER_LISTEN=127.0.0.1:8100 \
BRIDGEKEEPER_CONSOLE_LISTEN=127.0.0.1:8101 ./dev run"

# Each line is reported as progress, and the whole output is the response.
demo='for step in "reading the task" "thinking" "writing the answer"; do
  echo "$step"; sleep 0.4
done
tr "[:lower:]" "[:upper:]"'

# stop_process <name> <pid> <seconds>: sends SIGTERM, and SIGKILL if the process
# does not end in time. Returns its exit code.
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

# Stops the bridge first, so that the daemon does not wait for its dispatches.
stop_all() {
  local pid code=0
  # A second Ctrl-C stops the daemon without delay.
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

# fail_with_log <log> <text>: prints the text and the end of the log, and exits.
fail_with_log() {
  local log=$1
  shift
  printf './dev: %s. The end of %s:\n' "$*" "$log" >&2
  tail -n 15 "$log" | sed 's/^/  /' >&2
  if grep -q 'Cannot listen on' "$log"; then
    printf 'To use other ports, run for example: %s\n' "$listen_hint" >&2
  fi
  exit 1
}

# wait_for <seconds> <command>...: waits until the command succeeds. Fails if it
# does not succeed in time, or if the daemon or the bridge ends meanwhile.
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

# The daemon and the bridge run in their own sessions, so that Ctrl-C reaches
# only this script, which then stops them in order.
start_daemon() {
  local had_token=false
  mkdir -p var
  [[ -s var/token ]] && had_token=true
  if [[ -e var/lock ]] && ! flock --nonblock var/lock true; then
    fail "a daemon is already running with the data directory ./var; stop it" \
      "first"
  fi
  setsid "$binary" serve --log-format text </dev/null >/dev/null \
    2>var/daemon.log &
  daemon_pid=$!
  wait_for 20 daemon_is_up \
    || fail_with_log var/daemon.log "the daemon did not start"
  say "The daemon is running. Log: ./var/daemon.log, token: ./var/token."
  # The daemon itself prints a new token only on a terminal.
  $had_token || say "The daemon created a token: $(<var/token)"
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

# show <command>...: prints the command as a user would type it, and runs it.
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
    *) fail "run accepts only --once, not $1" ;;
  esac
  [[ $# -le 1 ]] || fail "run accepts only --once, not $2"
  need build
  configure_without_tests
  build dev --target bridgekeeper
  # The demo ignores all configuration from the environment except addresses.
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
    stop_all || fail_with_log var/daemon.log "the daemon or the bridge failed"
    say "" "Stopped. Everything worked."
    return
  fi
  cat <<TEXT

The daemon and the demo agent run until Ctrl-C. In another terminal, try:

  cd $PWD
  $binary dispatch demo "another task" --wait
  $binary watch
  $binary console

TEXT
  trap 'say ""; exit 0' INT
  trap 'exit 0' TERM HUP
  wait -n "$daemon_pid" "$bridge_pid" || true
  kill -0 "$daemon_pid" 2>/dev/null \
    || fail_with_log var/daemon.log "the daemon ended unexpectedly"
  fail_with_log var/bridge.log "the demo agent ended unexpectedly"
}
