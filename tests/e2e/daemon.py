"""A bridgekeeper daemon in a process of its own, and its other commands."""

import asyncio
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from waiting import DEADLINE, eventually

BINARY = os.environ.get("BRIDGEKEEPER_BINARY", "bridgekeeper")
TOKEN = "an-e2e-token"

# How many I/O threads daemons have whose test does not say. By itself a small
# machine gives them one.
IO_THREADS = os.environ.get("E2E_IO_THREADS")

_SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|: runtime error: ")


def _contains(text):
    with open(shutil.which(BINARY) or BINARY, "rb") as binary:
        return text in binary.read()


# AddressSanitizer keeps freed memory for a while; bounds allow for that.
SANITIZED = _contains(b"__asan_init")

# For a daemon that runs out of file descriptors. UBSan looks at objects through
# a pipe: where it can open none it takes each for a broken one, and may not end
# the daemon for that. `Daemon.log` leaves these reports out.
FEW_DESCRIPTORS = {"UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "")
                   + ":halt_on_error=0:print_stacktrace=0"} \
    if SANITIZED else {}

_BLIND_NOTE = re.compile(r"^(0x[0-9a-f]+): note: object has invalid vptr\n"
                         r"<memory cannot be printed>\n", re.M)


def _without_blind_reports(text):
    """What UBSan says of objects that it cannot look at. (AddressSanitizer has
    let the program read them, or it would have ended there.)"""
    for address in set(_BLIND_NOTE.findall(text)):
        text = re.sub(rf"^.*: runtime error: member .* address {address} which "
                      r"does not point to an object of type .*\n", "", text,
                      flags=re.M)
    return _BLIND_NOTE.sub("", text)


# Debuggers and LeakSanitizer may look into the daemons of these tests.
OPEN_MEMORY = {"BRIDGEKEEPER_SERVER_PROTECT_MEMORY": "off"} \
    if _contains(b"protect_memory") else {}


def environment(**variables):
    """Nothing of the caller's settings reaches the program under test. A
    variable that is None is left out."""
    ours = ("BRIDGEKEEPER_", "VIBEFORGE_")
    out = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    options = out.get("ASAN_OPTIONS", "")
    out["ASAN_OPTIONS"] = ":".join(filter(None, [options,
                                                 "quarantine_size_mb=8"]))
    out.update(variables)
    return {k: v for k, v in out.items() if v is not None}


@dataclass
class Outcome:
    """What a command that has ended left behind."""
    status: int
    stdout: str
    stderr: str


async def run(*arguments, stdin=None, deadline=DEADLINE, directory=None,
              **variables):
    """Runs a command of the program to its end."""
    process = await asyncio.create_subprocess_exec(
        os.path.abspath(BINARY) if directory else BINARY, *arguments,
        env=environment(**variables), cwd=directory,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin), deadline)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        raise AssertionError(f"{arguments} did not end in {deadline} s")
    check_report(err.decode())
    return Outcome(process.returncode, out.decode(), err.decode())


def check_report(text):
    """Fails if a sanitizer has something to say."""
    found = _SANITIZER_REPORT.search(text)
    if found:
        raise AssertionError(text[max(0, found.start() - 500):][:8000])


# Tests send more than anybody may, and faster. The weakest source of settings,
# so that a test which is about limits can set its own in any way.
NO_LIMITS = {"VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN": "0",
             "VIBEFORGE_RATE_LIMIT_IP_PER_MIN": "0",
             "VIBEFORGE_SESSION_COST_LIMIT_USD": "0",
             "VIBEFORGE_DAILY_COST_LIMIT_USD": "0"}


# Most tests send a bridge more than one task at a time. Of those that are about
# waiting, some leave this variable out, and others set their own.
SLOTS = "BRIDGEKEEPER_BRIDGE_STOCK_SLOTS"
MANY_SLOTS = {SLOTS: os.environ.get("E2E_STOCK_SLOTS", "1000")}


class Daemon:
    """`bridgekeeper serve` on ports of its own choice."""

    def __init__(self, *flags, listen="127.0.0.1:0", console="127.0.0.1:0",
                 token=TOKEN, directory=None, logs=None, **variables):
        self._own_directory = directory is None
        self.directory = pathlib.Path(
            directory or tempfile.mkdtemp(prefix="bridgekeeper-e2e-"))
        # Where its output goes, if not to its own directory.
        self._logs = pathlib.Path(logs or self.directory)
        self._flags = ["serve", "--listen", listen, "--console", console,
                       "--data-dir", str(self.directory),
                       "--log-format", "json", *flags]
        if IO_THREADS and "--io-threads" not in flags:
            self._flags += ["--io-threads", IO_THREADS]
        self._variables = {"VIBEFORGE_AUTH_TOKEN": token, **NO_LIMITS,
                           **MANY_SLOTS, **OPEN_MEMORY, **variables}
        self.token = token
        # How clients know it, where it speaks TLS: an ssl.SSLContext.
        self.tls = None
        self.process = None
        self.console = None
        self.host = self.port = None

    # -- its life -------------------------------------------------------------

    def launch(self, stdout=None):
        """Starts the process and does not wait for it to listen. What it
        prints goes to a file, or to the given descriptor."""
        self.log_path = self._logs / "stderr.log"
        with open(self.log_path, "ab") as log, \
                open(self._logs / "stdout.log", "ab") as out:
            self.process = subprocess.Popen(
                [BINARY, *self._flags], env=environment(**self._variables),
                stdin=subprocess.DEVNULL, stderr=log,
                stdout=out if stdout is None else stdout)
        return self

    def start(self, **options):
        """Starts the process and waits until it says where it listens."""
        self.launch(**options)
        end = time.monotonic() + DEADLINE
        while not self._has_announced():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise AssertionError(f"no daemon started: {self.log()}")
            time.sleep(0.005)
        return self

    def _has_announced(self):
        try:
            about = json.loads((self.directory / "daemon.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        if about["pid"] != self.process.pid:
            return False
        self.host, port = about["listen"][0].rsplit(":", 1)
        self.port = int(port)
        self.console = about["console"]
        return True

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def stop(self, deadline=30):
        """SIGTERM; the daemon has to end well."""
        try:
            self.signal()
            self.wait_for_end(deadline)
        finally:
            self.kill()
            self.clean_up()

    def wait_for_end(self, deadline=30):
        try:
            status = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"still there {deadline} s after SIGTERM: {self.log()}")
        if status != 0:
            raise AssertionError(f"exit status {status}: {self.log()}")
        check_report(self.log())

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def clean_up(self):
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def is_running(self):
        return self.process.poll() is None

    # -- looking at it --------------------------------------------------------

    def log(self):
        return _without_blind_reports(
            self.log_path.read_text(errors="replace"))

    async def logs(self, text, times=1):
        """Waits for lines with this text. A thread of its own writes them, so
        what they tell of may be seen earlier."""
        await eventually(lambda: self.log().count(text) >= times,
                         f"the log says {text!r}")

    def log_lines(self):
        return [json.loads(line) for line in self.log().splitlines()]

    def forget_peak_memory(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def memory(self, name="VmRSS"):
        """In bytes: what is resident now, or (VmHWM) was at most."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) * 1024

    # -- its other commands ---------------------------------------------------

    async def command(self, name, *arguments, **variables):
        """Runs a client command against this daemon."""
        variables.setdefault("VIBEFORGE_AUTH_TOKEN", self.token)
        return await run(name, "--data-dir", str(self.directory), *arguments,
                         **variables)

    async def ask_console(self, line):
        """One console command; its answer."""
        outcome = await self.command("console", line)
        if outcome.status != 0:
            raise AssertionError(f"console {line!r}: {outcome}")
        return outcome.stdout

    # -- where it is ----------------------------------------------------------

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def ws_url(self, path):
        return f"{'wss' if self.tls else 'ws'}://{self.address}{path}"

    def http_url(self, path):
        return f"{'https' if self.tls else 'http'}://{self.address}{path}"
