"""An operator who stays at the console's prompt."""

import asyncio
import os
import pty
import subprocess
import termios

from daemon import BINARY, environment
from waiting import eventually, within


def _arguments(daemon, *command):
    return [BINARY, "console", "--data-dir", str(daemon.directory), *command]


def _environment(daemon, **variables):
    return environment(VIBEFORGE_AUTH_TOKEN=daemon.token, **variables)


class Operator:
    """The console as a child process whose input and output are pipes."""

    def __init__(self, daemon, *command):
        self._daemon = daemon
        self._command = command

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            *_arguments(self._daemon, *self._command),
            env=_environment(self._daemon), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            limit=64 * 1024 * 1024)
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
        # Reads what is left, so that the pipes do not keep it.
        await within(self.process.communicate(), "the console's end")

    async def ask(self, line):
        """One command's answer, and that of the next, which marks its end."""
        self.process.stdin.write(f"{line}\nlog info\n".encode())
        await self.process.stdin.drain()
        text = await within(
            self.process.stdout.readuntil(b"logging info from now on\n"),
            f"the answer to {line}")
        return text.decode()

    async def line(self):
        return await within(self.process.stdout.readline(), "a line")

    def signal(self, number):
        self.process.send_signal(number)


class Terminal:
    """The console at a terminal of its own, as a person has it."""

    def __init__(self, daemon, home, **variables):
        self._daemon = daemon
        self._variables = {"HOME": str(home), "TERM": "dumb", **variables}
        self.text = ""

    async def __aenter__(self):
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            arguments = _arguments(self._daemon)
            os.execvpe(arguments[0], arguments,
                       _environment(self._daemon, **self._variables))
        return self

    async def __aexit__(self, *_):
        if self._pid is not None:
            os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def type(self, text):
        os.write(self._terminal, text.encode())

    def sends_signals(self):
        """Whether Ctrl-C is a signal at the moment, and not a character."""
        return termios.tcgetattr(self._terminal)[6][termios.VINTR] == b"\x03"

    def forget(self):
        self.text = ""

    async def until(self, mark):
        """Reads until it shows this."""
        while mark not in self.text:
            data = await within(asyncio.to_thread(
                os.read, self._terminal, 65536), f"{mark!r} in {self.text!r}")
            self.text += data.decode(errors="replace")

    async def status(self):
        """Waits until the program has ended by itself."""
        def ended():
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            return pid and [status]

        [status] = await eventually(ended, "the console's end")
        self._pid = None
        return os.waitstatus_to_exitcode(status)
