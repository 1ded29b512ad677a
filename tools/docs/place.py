"""Where the commands of a page run: a home of their own, with the programs on
the PATH and, if the page wants it, a daemon with agents and a dispatch."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.path.abspath(
    shutil.which(os.environ.get("BRIDGEKEEPER_BINARY", "bridgekeeper"))
    or "bridgekeeper")
# Of the small program for agents' machines; it may not be built.
BRIDGE = os.environ.get("BRIDGEKEEPER_BRIDGE_BINARY")
# Seconds for a block, and for what a block that goes on is waited for.
DEADLINE = 60

# Comes before a block. The exported variables and the directory pass from one
# block to the next, as in the terminal of a reader. With a trap, the shell ends
# after its command, which would otherwise be left to init.
_BLOCK = r"""
set -aeo pipefail
[[ ! -s $DOCS_PLACE/state ]] || source "$DOCS_PLACE/state"
[[ ! -s $DOCS_PLACE/directory ]] || cd "$(cat "$DOCS_PLACE/directory")"
trap 'exit 143' TERM
trap 'export -p >"$DOCS_PLACE/state"; pwd >"$DOCS_PLACE/directory"' EXIT
"""


class Failure(Exception):
    """A block did not do what the page promises."""


class Place:
    """A reader's machine. Close it after use."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="bridgekeeper-docs-")
        self.path = pathlib.Path(self._folder.name)
        self.home = self.path / "home"
        self._running = []
        for name in ("home", "bin"):
            (self.path / name).mkdir()
        self._make_repository(self.home / "src/shop")
        self._install()
        self._ports = {"8000": _free_port(), "8001": _free_port(),
                       "8443": _free_port()}
        self.environment = {
            "HOME": str(self.home),
            "PATH": f"{self.path / 'bin'}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "DOCS_PLACE": str(self.path),
            "BRIDGEKEEPER_AUDIT_PATH": str(self.home / "audit.log"),
            "FAKE_AGENT_HOME": str(self.path / "agents"),
            "BRIDGEKEEPER_SERVER_LISTEN": f"127.0.0.1:{self._ports['8000']}",
            "BRIDGEKEEPER_CONSOLE_LISTEN": f"127.0.0.1:{self._ports['8001']}",
        }

    def close(self):
        for process in self._running:
            process.signal(signal.SIGTERM)
        for process in self._running:
            process.end()
        self._running.clear()
        self._folder.cleanup()

    def prepare(self):
        """Starts a daemon with two agents, `demo`, which answers in capitals,
        and `shop-1`, a Claude Code that is not the real one, and dispatches
        something to `demo`."""
        self.go_on("bridgekeeper serve", "listening on")
        self.go_on("bridgekeeper bridge --id demo --exec 'tr a-z A-Z'",
                   "registered as demo")
        self.go_on("bridgekeeper bridge --id shop-1 --workdir ~/src/shop "
                   "--exec 'claude --print'", "registered as shop-1")
        self.run("bridgekeeper dispatch demo hello --wait")

    def run(self, text):
        """Runs a block to its end, and returns what it prints."""
        process = self._start(text)
        if not process.wait(DEADLINE):
            raise Failure(f"does not end in {DEADLINE} s")
        if process.status != 0:
            raise Failure(f"ends with exit status {process.status}; it prints:"
                          f"\n{process.output}")
        return process.output

    def go_on(self, text, until):
        """Starts a block that goes on, and waits until it prints a text. What it
        has printed so far is in `output` of what this returns."""
        process = self._start(text)
        if not process.prints(until, DEADLINE):
            raise Failure(f"does not print '{until}'; it prints:\n"
                          f"{process.output}")
        return process

    def _start(self, text):
        process = _Process(_BLOCK + self._adapted(text), self.home,
                           self.environment)
        self._running.append(process)
        return process

    def _adapted(self, text):
        """Examples name ports that may be in use here, and machines that do not
        exist."""
        for port, ours in self._ports.items():
            text = re.sub(rf":{port}\b", f":{ours}", text)
        return text.replace("0.0.0.0", "127.0.0.1").replace(
            "keeper.example.com", "localhost")

    @staticmethod
    def _make_repository(path):
        """Where the agents of the examples work."""
        path.mkdir(parents=True)
        git = ("git", "-C", str(path), "-c", "user.name=Reader", "-c",
               "user.email=reader@example.com", "-c", "commit.gpgsign=false")
        for words in (("init", "--quiet"),
                      ("commit", "--quiet", "--allow-empty", "-m", "Begin")):
            subprocess.run([*git, *words], check=True)

    def _install(self):
        directory = self.path / "bin"
        (directory / "bridgekeeper").symlink_to(BINARY)
        for agent in (ROOT / "tests/support/agents").iterdir():
            if not agent.suffix and os.access(agent, os.X_OK):
                (directory / agent.name).symlink_to(agent)
        bridge = directory / "bridgekeeper-bridge"
        if BRIDGE:
            bridge.symlink_to(BRIDGE)
            return
        # The same program, started in another way.
        bridge.write_text('#!/bin/sh\nexec bridgekeeper bridge "$@"\n')
        bridge.chmod(0o755)


class _Process:
    """A block that runs, with all that it has started."""

    def __init__(self, script, home, environment):
        self.output = ""
        self.status = None
        self._ended = False
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            ["bash", "-c", script], cwd=home, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            with self._news:
                self.output += line
                self._news.notify_all()
        self._process.stdout.close()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait(self, seconds):
        try:
            self.status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(5)
        return True

    def prints(self, text, seconds):
        """Whether the text appears in time. False at once if the block ends
        without it."""
        with self._news:
            return self._news.wait_for(
                lambda: text in self.output or self._ended, seconds
            ) and text in self.output

    def signal(self, number):
        """To all processes of the block, if any is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def end(self):
        """After SIGTERM: waits, and kills what does not end."""
        if not self._is_gone(20):
            self.signal(signal.SIGKILL)
            self._is_gone(20)
        self._reader.join(5)

    def is_running(self):
        """Whether any of its processes is left."""
        self._process.poll()
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _is_gone(self, seconds):
        """Whether all of its processes end in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.is_running():
                return True
            time.sleep(0.02)
        return False


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
