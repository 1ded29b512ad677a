"""What the tests of scoped tokens have in common."""

import os

from bridge import Bridge
from cases import AsyncCase
from client import get
from daemon import run
from waiting import eventually

INVALID = (4005, "Authentication failed: invalid token")


class ScopedCase(AsyncCase):
    """A daemon with a plain token, and scoped ones made beside it."""

    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon(BRIDGEKEEPER_AUTH_FAILURE_DELAY="0")

    @property
    def path(self):
        return self.daemon.directory / "tokens"

    async def token(self, *arguments, status=0):
        outcome = await run("token", *arguments, "--data-dir",
                            str(self.daemon.directory))
        self.assertEqual(outcome.status, status, outcome.stderr)
        return outcome

    async def new(self, label, *flags):
        """Makes a token and waits until the daemon knows it."""
        made = await self.token("new", "--label", label, *flags)
        secret = made.stdout.strip()
        await self.eventually_answers(secret, {200, 403})
        return secret

    async def eventually_answers(self, token, statuses):
        async def does():
            answer = await get(self.daemon, "/control/agents", token=token)
            return answer.status in statuses
        await eventually(does, f"an answer of {statuses}")

    async def register(self, agent, token):
        bridge = await self.given(await Bridge.connect(self.daemon, agent))
        await bridge.send("register", auth_token=token)
        return bridge

    async def registered(self, agent, token):
        bridge = await self.register(agent, token)
        self.assertEqual((await bridge.receive())["type"], "registered")
        return bridge

    def save(self, text):
        """As a careful editor does."""
        beside = self.path.with_suffix(".edited")
        beside.write_text(text)
        os.replace(beside, self.path)

    def lines(self):
        return [x for x in self.path.read_text().splitlines()
                if x and not x.startswith("#")]
