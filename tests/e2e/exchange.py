#!/usr/bin/python3
"""The bridge of one version with the daemon of another.

    tests/e2e/exchange.py BINARY_OF_8bd27b6 BINARY_NOW

The script connects the bridge of each binary to the daemon of the other. The
steps are registration, a dispatch with progress and a response, a failing
dispatch, heartbeats, a link that the operator ends, a restart of the daemon, a
wrong token, and the end of both programs. The bridge and the daemon of 8bd27b6
take the same steps together; their behaviour is the reference.

The script prints a table with a row per step and a column per pair. The exit
status is 1 if a pair differs from the reference.
"""

import argparse
import asyncio
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

# daemon.py reads the binary when it is imported. Here each daemon has a binary
# of its own, so any file will do.
os.environ["BRIDGEKEEPER_BINARY"] = sys.executable

import daemon as daemons
from client import ControlSocket, agent_status, dispatch, get
from daemon import TOKEN, Daemon, environment
from waiting import eventually, pace, within

_AGENT = "exchanged"

# The agent runs this for each task. The task's text selects the outcome.
_COMMAND = """read -r task
case $task in
  work) echo one; echo two; echo "three for $BRIDGEKEEPER_AGENT_ID" ;;
  fail) echo half; echo no disk >&2; exit 3 ;;
  wait) exec sleep 20 ;;
esac"""

# How long an agent may send nothing, and how often the bridge sends heartbeats.
_TIMEOUT_S = 3
_BEAT_S = 0.5


class Pair:
    """A daemon, and a bridge of another binary."""

    def __init__(self, daemon_binary, bridge_binary):
        self._daemon_binary = str(daemon_binary)
        self._bridge_binary = str(bridge_binary)
        self._directory = tempfile.TemporaryDirectory(
            prefix="bridgekeeper-exchange-")
        self.daemon = None
        self._bridge = None

    def start_daemon(self, listen="127.0.0.1:0"):
        daemons.BINARY = self._daemon_binary
        self.daemon = Daemon(
            "--heartbeat-timeout", str(_TIMEOUT_S), "--heartbeat-adaptive",
            "false", "--ping-interval", "60", "--heartbeat-tick", "0.1",
            listen=listen, directory=self._directory.name).start()

    async def restart_daemon(self):
        address = self.daemon.address
        self.daemon.signal()
        await asyncio.to_thread(self.daemon.wait_for_end)
        self.start_daemon(address)

    async def start_bridge(self, token=TOKEN, agent=_AGENT):
        return await asyncio.create_subprocess_exec(
            self._bridge_binary, "bridge", "--url", self.daemon.http_url(""),
            "--id", agent, "--exec", _COMMAND, "--capability", "rust",
            "--capability", "review", "--workdir", "/", "--heartbeat",
            str(_BEAT_S), "--max-tasks", "2",
            env=environment(BRIDGEKEEPER_TOKEN=token), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def agent(self):
        answer = await get(self.daemon, f"/control/agents/{_AGENT}")
        return answer.json["agent"]

    async def has_status(self, wanted):
        async def has():
            return await agent_status(self.daemon, _AGENT) == wanted
        await eventually(has, f"the agent is {wanted}", 30)

    async def outcome(self, text):
        answer = await dispatch(self.daemon, _AGENT, text, query="?wait=15")
        fields = ("status", "reason", "error", "content")
        return answer.status, {x: answer.json.get(x) for x in fields}

    async def console_line(self, name):
        text = await self.daemon.ask_console(f"agent {_AGENT}")
        return next(x for x in text.splitlines() if x.startswith(name))

    async def beats(self):
        line = await self.console_line("heartbeats")
        return int(line.split()[1].rstrip(","))

    # -- the steps ------------------------------------------------------------

    async def registration(self):
        self._bridge = await self.start_bridge()
        await self.has_status("connected")
        agent = await self.agent()
        fields = ("agent_id", "status", "capabilities", "workdir")
        return {x: agent[x] for x in fields}

    async def dispatch_with_progress(self):
        told = []
        async with await ControlSocket.open(self.daemon) as control:
            await control.dispatch("d", _AGENT, "work")
            while not told or told[-1]["type"] not in ("response", "error"):
                told.append(await control.next("d"))
        return [(x["type"], x.get("progress_text", x.get("content")))
                for x in told]

    async def failing_dispatch(self):
        return await self.outcome("fail")

    async def heartbeats(self):
        """Heartbeats are all that the bridge sends. Its link lasts longer than
        an agent may be silent."""
        before, link = await self.beats(), await self.console_line("incarn")
        await pace(_TIMEOUT_S + 1)
        sent = await self.beats() - before
        wanted = (_TIMEOUT_S + 1) / _BEAT_S
        return ("stays" if await self.console_line("incarn") == link
                else "has gone",
                "at its interval" if wanted / 2 <= sent <= wanted + 2
                else f"{sent} beats instead of {wanted}")

    async def ended_link(self):
        """The operator ends the link during a task; the bridge comes back."""
        async with await ControlSocket.open(self.daemon) as control:
            await control.dispatch("d", _AGENT, "wait")
            assert (await control.next("d"))["type"] == "accepted"
            await self.daemon.ask_console(f"evict {_AGENT}")
            answer = await control.result("d")
        await self.has_status("connected")
        status, after = await self.outcome("work")
        return (answer["type"], answer.get("code"), status, after["status"],
                "running" if self._bridge.returncode is None else "ended")

    async def reconnect(self):
        await self.restart_daemon()
        await self.has_status("connected")
        return await self.outcome("work")

    async def wrong_token(self):
        bridge = await self.start_bridge("a-wrong-token", "another")
        try:
            status = await within(bridge.wait(), "its end")
        finally:
            if bridge.returncode is None:
                bridge.kill()
        return status, await agent_status(self.daemon, "another")

    async def end_of_the_bridge(self):
        self._bridge.send_signal(signal.SIGTERM)
        status = await within(self._bridge.wait(), "its end")
        await self.has_status("disconnected")
        return status

    async def end_of_the_daemon(self):
        self.daemon.signal()
        await asyncio.to_thread(self.daemon.wait_for_end)
        return self.daemon.process.returncode

    def close(self):
        if self._bridge and self._bridge.returncode is None:
            self._bridge.kill()
        if self.daemon:
            self.daemon.kill()
        self._directory.cleanup()


_STEPS = (Pair.registration, Pair.dispatch_with_progress,
          Pair.failing_dispatch, Pair.heartbeats, Pair.ended_link,
          Pair.reconnect, Pair.wrong_token, Pair.end_of_the_bridge,
          Pair.end_of_the_daemon)


def _name(step):
    return step.__name__.replace("_", " ")


async def _observe(daemon_binary, bridge_binary):
    """What each step shows, up to the first that fails: there, why."""
    pair = Pair(daemon_binary, bridge_binary)
    seen = {}
    try:
        pair.start_daemon()
        for step in _STEPS:
            name = _name(step)
            try:
                seen[name] = json.dumps(await step(pair), sort_keys=True)
            except Exception as why:  # Any failure is a finding.
                seen[name] = f"failed: {str(why)[:500] or repr(why)}"
                break
    finally:
        pair.close()
    return seen


def _report(reference, pairs):
    """Prints the table; whether all is as in the reference."""
    titles = ["step", "both of 8bd27b6", *pairs]
    widths = [max(len(_name(x)) for x in _STEPS), *(len(x) for x in titles[1:])]

    def line(*cells):
        print("  ".join(x.ljust(w) for x, w in zip(cells, widths)).rstrip())

    line(*titles)
    differences = []
    for step in _STEPS:
        step = _name(step)
        wanted = reference.get(step, "not tried")
        is_done = not wanted.startswith(("failed", "not tried"))
        cells = ["done" if is_done else "FAILS"]
        for name, seen in pairs.items():
            found = seen.get(step, "not tried")
            same = is_done and found == wanted
            cells.append("same" if same else "DIFFERS")
            if not same:
                differences.append((step, name, wanted, found))
        line(step, *cells)
    for step, name, wanted, found in differences:
        print(f"\n{step}, {name}:\n  8bd27b6  {wanted}\n  here     {found}")
    return not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("old", type=pathlib.Path,
                        metavar="BINARY_OF_8bd27b6")
    parser.add_argument("new", type=pathlib.Path, metavar="BINARY_NOW")
    parser.add_argument("--verbose", action="store_true",
                        help="print what each step of the reference shows")
    arguments = parser.parse_args()
    old, new = arguments.old.resolve(), arguments.new.resolve()

    async def observe_all():
        return (await _observe(old, old),
                {"old bridge, new daemon": await _observe(new, old),
                 "new bridge, old daemon": await _observe(old, new)})
    reference, pairs = asyncio.run(observe_all())
    same = _report(reference, pairs)
    if arguments.verbose:
        print()
        for step, seen in reference.items():
            print(f"{step}: {seen}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
