"""What the test classes have in common."""

import asyncio
import concurrent.futures
import unittest
import zlib

from bridge import Bridge
from client import ControlSocket
from daemon import Daemon

# Requests that wait for an answer hold a thread each.
_THREADS = 128


class AsyncCase(unittest.IsolatedAsyncioTestCase):
    """Has room for many requests under way at once."""

    def setUp(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(_THREADS)
        self.addCleanup(self.pool.shutdown)

    async def asyncSetUp(self):
        loop = asyncio.get_running_loop()
        # unittest turns it on; it makes a busy client several times slower.
        loop.set_debug(False)
        loop.set_default_executor(self.pool)

    async def given(self, context):
        """Enters an asynchronous context until the end of the test."""
        return await self.enterAsyncContext(context)

    def start_daemon(self, *flags, **options):
        """A daemon for this test alone; it has to stop well."""
        daemon = Daemon(*flags, **options).start()
        self.addCleanup(daemon.stop)
        return daemon


class DaemonCase(AsyncCase):
    """One daemon for all tests of a class; they differ in their agents."""

    flags = ()
    variables = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(*cls.flags, **cls.variables).start()
        cls.addClassCleanup(cls.daemon.stop)

    def agent_name(self, suffix=""):
        """An agent id that no other test of the class uses."""
        words = self._testMethodName.removeprefix("test_").replace("_", "-")
        return f"{words[:40]}-{zlib.crc32(words.encode()):08x}{suffix}"

    async def bridge(self, agent_id=None, **fields):
        """A registered bridge that lasts as long as the test."""
        return await self.given(await Bridge.register(
            self.daemon, agent_id or self.agent_name(), **fields))

    async def control(self):
        """A control socket that lasts as long as the test."""
        return await self.given(await ControlSocket.open(self.daemon))
