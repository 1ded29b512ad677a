"""`bridgekeeper bridge` in a process of its own."""

import asyncio
import re
import signal
import subprocess

from daemon import BINARY, check_report, environment
from processes import children, initial_environment
from waiting import eventually, within


class BridgeProcess:
    """The command, running."""

    def __init__(self, process, agent_id):
        self.process = process
        self.agent_id = agent_id
        # What `says` has read of what it said.
        self.said = ""

    @classmethod
    async def start(cls, daemon, agent_id, command, *flags, **variables):
        variables.setdefault("VIBEFORGE_AUTH_TOKEN", daemon.token)
        return await cls._launch(agent_id, command,
                                 ("--data-dir", str(daemon.directory), *flags),
                                 variables)

    @classmethod
    async def start_at(cls, url, agent_id, command, *flags, token="any",
                       **variables):
        """For a server that is not a daemon of these tests."""
        return await cls._launch(agent_id, command, ("--url", url, *flags),
                                 {"VIBEFORGE_AUTH_TOKEN": token, **variables})

    @classmethod
    async def launch(cls, *arguments, token, agent_id=None, **variables):
        """With these arguments and no others."""
        return cls(await asyncio.create_subprocess_exec(
            BINARY, "bridge", *arguments,
            env=environment(VIBEFORGE_AUTH_TOKEN=token, **variables),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE), agent_id)

    @classmethod
    async def _launch(cls, agent_id, command, flags, variables):
        return await cls.launch(
            "--id", agent_id, "--exec", command, *flags, agent_id=agent_id,
            token=variables.pop("VIBEFORGE_AUTH_TOKEN"), **variables)

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    async def says(self, pattern):
        """Reads its log up to the first line that matches."""
        while True:
            line = (await within(self.process.stderr.readline(),
                                 f"{pattern!r} in the bridge's log")).decode()
            self.said += line
            if re.search(pattern, line):
                return line
            if not line:
                raise AssertionError(f"no {pattern!r}: {self.said}")

    async def ended(self):
        """Its exit status and what it said."""
        _, err = await within(self.process.communicate(), "its end")
        self.said += err.decode()
        check_report(self.said)
        return self.process.returncode, self.said

    async def stop(self):
        self.signal()
        return await self.ended()

    async def kill(self):
        """`kill -9`; its task supervisor ends its tasks."""
        self.process.kill()
        await self.process.communicate()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is not None:
            return
        helpers = children(self.process.pid)
        await self.kill()
        # Its task supervisor goes on to end what has the ids of its tasks,
        # which the next test may use again.
        await eventually(lambda: not any(map(initial_environment, helpers)),
                         "the end of the bridge's task supervisor")
