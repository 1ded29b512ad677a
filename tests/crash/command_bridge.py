"""Bridges that are programs: `bridgekeeper bridge`, which runs a command for
each dispatch. Their processes are stopped, continued, killed and started again;
with a state directory, what they have finished outlives them."""

import asyncio
import itertools
import json
import pathlib
import shlex
import signal
import subprocess

from daemon import BINARY, TOKEN, environment
from silence import LONGEST_STOP, keep_silent, note_drop

_COMMAND = pathlib.Path(__file__).with_name("logged_command.py")
_SLOTS = 3
# Seconds between two mishaps.
_CALM = 1.6
# How often the program is looked at.
_TICK = 0.05


class CommandBridge:
    """Serves one agent until it is cancelled. `folder` is for the log of the
    commands (`executions`), that of the bridge and its state directory."""

    def __init__(self, world, agent_id, folder):
        self._world = world
        self._log = world.log
        self._agent_id = agent_id
        self._random = world.random(agent_id)
        self._folder = folder
        self._folder.mkdir(parents=True)
        self._state_dir = folder / "state" if self._random.random() < 0.6 \
            else None

    async def run(self):
        for number in itertools.count(1):
            self._log.add("restarted", agent=self._agent_id,
                          kept=self._kept(),
                          has_state_dir=self._state_dir is not None,
                          is_first=number == 1)
            await self._live(
                f"{self._world.label}-{self._agent_id}-{number}")
            await asyncio.sleep(self._random.uniform(0.01, 0.3))

    def _kept(self):
        """The wire ids of the results in the state directory."""
        if self._state_dir is None:
            return []
        return [json.loads(x.read_text())["message_id"]
                for x in self._state_dir.glob("result-*.json")]

    async def _live(self, name):
        """One process, until it is killed."""
        process = self._launch(name)
        try:
            await self._have_mishaps(process)
        finally:
            at, status = self._log.now(), process.poll()
            process.kill()
            process.wait()
            self._world.network.plug_in(self._agent_id)
            note_drop(self._world, self._agent_id)
            self._log.add("ended", at=at, agent=self._agent_id, process=name,
                          status=status)

    def _launch(self, name):
        flags = ["--id", self._agent_id, "--exec", shlex.quote(str(_COMMAND)),
                 "--url", self._world.network.url(self._agent_id),
                 "--label", f"process={name}", "--max-tasks", str(_SLOTS)]
        if self._state_dir:
            flags += ["--state-dir", str(self._state_dir)]
        with open(self._folder / "bridge.log", "ab") as log:
            return subprocess.Popen(
                [BINARY, "bridge", *flags], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=environment(
                    VIBEFORGE_AUTH_TOKEN=TOKEN, CRASH_TEST_PROCESS=name,
                    CRASH_TEST_LOG=str(self._folder / "executions")))

    async def _have_mishaps(self, process):
        """Returns when the process is to be killed, or has ended by itself."""
        while await self._runs(process, self._random.expovariate(1 / _CALM)):
            draw = self._random.random()
            if draw < 0.25:
                return
            if draw < 0.55:
                return await self._unplug()
            await self._stop(process)
            if self._random.random() < 0.2:
                return
        while process.poll() is None:
            await asyncio.sleep(_TICK)

    async def _runs(self, process, seconds):
        """Whether it still runs under load after this time."""
        end = self._log.now() + seconds
        while (process.poll() is None and self._world.is_loading
               and self._log.now() < end):
            await asyncio.sleep(_TICK)
        return process.poll() is None and self._world.is_loading

    async def _unplug(self):
        """What it finishes now cannot be sent before it is killed."""
        self._world.network.unplug(self._agent_id)
        await asyncio.sleep(self._random.uniform(0.1, 0.7))

    async def _stop(self, process):
        self._log.add("stopped", agent=self._agent_id)
        process.send_signal(signal.SIGSTOP)
        try:
            await keep_silent(self._world, self._agent_id,
                              self._random.uniform(0.2, LONGEST_STOP))
        finally:
            process.send_signal(signal.SIGCONT)
            self._log.add("continued", agent=self._agent_id)
