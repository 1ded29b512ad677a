"""What changes while work goes on drops no link that should stand."""

import asyncio
import os
import pathlib
import signal
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, get
from daemon import run
from drill import AGENTS, Load
from events import EventStream
from waiting import eventually

INVALID = (4005, "Authentication failed: invalid token")


class LoadCase(AsyncCase):
    """Agents at work, a control socket and a stream, under tokens of choice."""

    def begin(self, **variables):
        self.daemon = self.start_daemon("--io-threads", "2",
                                        BRIDGEKEEPER_AUTH_FAILURE_DELAY="0",
                                        **variables)

    async def links(self, token=None):
        """Bridges that work, all let in with this token."""
        token = token or self.daemon.token
        names = [f"agent-{n}" for n in range(AGENTS)]
        self.bridges = [await self.registered(x, token) for x in names]
        self.control = await self.given(
            await ControlSocket.open(self.daemon))
        self.stream = await self.given(
            await EventStream.open(self.daemon, names[0]))
        self.told = []
        self.reading = asyncio.create_task(self.read())
        self.addAsyncCleanup(self.stop_reading)
        self.load = Load(self.control, names)
        self.running = asyncio.create_task(self.load.run())
        await self.load.more(50)

    async def read(self):
        while True:
            self.told.append(await self.stream.next())

    async def stop_reading(self):
        self.reading.cancel()
        await asyncio.wait([self.reading])

    def told_of_responses(self):
        return sum(x["event_type"] == "agent_response" for x in self.told)

    async def registered(self, name, token):
        bridge = await self.given(await Bridge.connect(self.daemon, name))
        await bridge.send("register", auth_token=token)
        self.assertEqual((await bridge.receive())["type"], "registered")
        return bridge.work(progress=1)

    async def assert_nothing_was_dropped(self):
        """Every task was answered, once and rightly, and all links stand."""
        await self.load.more(100)
        self.load.end()
        await self.running
        self.assertEqual(self.load.wrong, [])
        self.assertEqual(len(self.load.answers), self.load.sent)
        self.assertEqual(set(self.load.answers.values()), {1})
        self.assertTrue(all(x.is_open() for x in self.bridges))
        self.assertTrue(self.control.is_open())
        self.assertEqual(len(set(self.load.message_ids)), self.load.sent)
        # The stream has gone on all the time, and missed nothing.
        mine = len(range(0, self.load.sent, AGENTS))
        await eventually(lambda: self.told_of_responses() == mine
                         or self.reading.done(), "all on the stream")
        self.assertFalse(self.reading.done())
        stamps = [x["timestamp"] for x in self.told]
        self.assertEqual(stamps, sorted(set(stamps)))
        status = (await get(self.daemon, "/ws/agent-bridge/status")).json
        self.assertEqual(status["connected_count"], AGENTS)

    async def answers(self, token, status):
        async def does():
            answer = await get(self.daemon, "/control/agents", token=token)
            return answer.status == status
        await eventually(does, f"{status} for a token")


class SighupTest(LoadCase):

    async def test_many_sighups_drop_no_link(self):
        self.begin()
        await self.links()
        for number in range(20):
            self.daemon.signal(signal.SIGHUP)
            await self.daemon.logs("tokens reloaded", number + 1)
            await self.load.more(10)
        await self.assert_nothing_was_dropped()
        self.assertTrue(self.daemon.is_running())


class PlainTokenTest(LoadCase):

    def save(self, text):
        beside = self.path.with_suffix(".new")
        beside.write_text(text)
        os.replace(beside, self.path)

    async def test_rotation_drops_no_link(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name, "tokens")
        self.save("old\n")
        self.begin(VIBEFORGE_AUTH_TOKEN_FILE=str(self.path))
        await self.links("old")
        for tokens in ("old\nnew\n", "new\n"):
            self.save(tokens)
            await self.answers("new", 200)
            await self.load.more(50)
        await self.answers("old", 401)
        await self.assert_nothing_was_dropped()


class ScopedTokenTest(LoadCase):

    async def new(self, label):
        made = await run("token", "new", "--label", label, "--scope", "bridge",
                         "--data-dir", str(self.daemon.directory))
        self.assertEqual(made.status, 0, made.stderr)
        secret = made.stdout.strip()
        await self.answers(secret, 403)
        return secret

    async def revoke(self, label, secret):
        done = await run("token", "revoke", label, "--data-dir",
                         str(self.daemon.directory))
        self.assertEqual(done.status, 0, done.stderr)
        await self.answers(secret, 401)

    async def test_revoking_one_drops_the_links_of_no_other(self):
        self.begin()
        kept, gone = await self.new("kept"), await self.new("gone")
        await self.links(kept)
        leaving = [await self.registered(f"leaving-{n}", gone)
                   for n in range(4)]
        await self.revoke("gone", gone)
        for bridge in leaving:
            self.assertEqual(await bridge.closed(), INVALID)
        await self.assert_nothing_was_dropped()

    async def test_tokens_that_come_and_go_drop_no_link(self):
        self.begin()
        kept = await self.new("kept")
        await self.links(kept)
        for number in range(3):
            passing = await self.new(f"passing-{number}")
            await self.load.more(20)
            await self.revoke(f"passing-{number}", passing)
        await self.assert_nothing_was_dropped()
