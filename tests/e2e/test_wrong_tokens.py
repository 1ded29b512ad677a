"""Requests with wrong tokens are delayed, and delay no one else."""

import asyncio

import websockets

from bridge import Bridge
from cases import AsyncCase
from client import get, request
from daemon import TOKEN, run
from regression import fails_at
from scoped_case import INVALID
from waiting import Stopwatch


class SlowedTest(AsyncCase):

    async def guess(self, daemon, count, headers=None):
        for i in range(count):
            answer = await get(daemon, "/control/agents", token=f"wrong-{i}",
                               headers=headers)
            self.assertEqual(answer.status, 401)

    @fails_at("8bd27b6")
    async def test_right_and_wrong_tokens_are_answered_after_the_same_delay(
            self):
        daemon = self.start_daemon()
        await self.guess(daemon, 5)
        for token, status in ((TOKEN, 200), ("wrong", 401)):
            watch = Stopwatch()
            answer = await get(daemon, "/control/agents", token=token)
            self.assertEqual(answer.status, status)
            self.assertGreaterEqual(watch.seconds, 0.9)
        # More than get their turn in time: right or wrong, the same answer.
        answers = await asyncio.gather(*(
            get(daemon, "/control/agents",
                token=TOKEN if i % 2 else f"more-{i}") for i in range(20)))
        turned_away = [x for x in answers if x.status == 429]
        self.assertGreaterEqual(len(turned_away), 14)
        self.assertEqual({x.headers["retry-after"] for x in turned_away},
                         {"1"})

    @fails_at("8bd27b6")
    async def test_a_fleet_with_a_revoked_token_makes_nobody_wait(self):
        daemon = self.start_daemon()

        async def refused(i):
            bridge = await self.given(await Bridge.connect(daemon, f"a{i}"))
            await bridge.send("register", auth_token="revoked")
            return await bridge.closed()
        watch = Stopwatch()
        for _ in range(10):
            answer = await get(daemon, "/control/agents", token="revoked")
            self.assertEqual(answer.status, 401)
        self.assertLess(watch.seconds, 10)
        for closed in await asyncio.gather(*map(refused, range(80))):
            self.assertEqual(closed, INVALID)
        await self.given(await Bridge.register(daemon, "right"))

    @fails_at("8bd27b6")
    async def test_a_bridge_with_a_right_token_registers_from_a_throttled_address(
            self):
        daemon = self.start_daemon()
        await self.guess(daemon, 5)
        # As many guesses wait as may.
        guesses = [asyncio.create_task(
            get(daemon, "/control/agents", token=f"other-{i}"))
            for i in range(70)]
        done, _ = await asyncio.wait(guesses, timeout=15,
                                     return_when=asyncio.FIRST_COMPLETED)
        self.assertEqual({x.result().status for x in done}, {429})
        bridge = await self.given(await Bridge.connect(daemon, "right"))
        await bridge.send("register", auth_token=TOKEN)
        self.assertEqual((await bridge.receive())["type"], "registered")
        await asyncio.gather(*guesses)

    async def test_the_console_waits_like_the_rest(self):
        daemon = self.start_daemon()
        for i in range(6):
            outcome = await run("console", "--console", daemon.console,
                                "agents", BRIDGEKEEPER_TOKEN=f"wrong-{i}")
            self.assertEqual(outcome.status, 4)
        watch = Stopwatch()
        outcome = await run("console", "--console", daemon.console, "agents",
                            BRIDGEKEEPER_TOKEN=TOKEN)
        self.assertEqual(outcome.status, 0)
        self.assertGreaterEqual(watch.seconds, 0.9)

    async def test_a_dispatch_from_a_throttled_address_keeps_its_body(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "a"))
        await self.guess(daemon, 5)
        answer = await request(daemon, "POST", "/control/agents/a/dispatch",
                               {"content": "all of it"})
        self.assertEqual(answer.status, 200, answer.body)
        task = await bridge.receive_dispatch()
        self.assertEqual(task["content"], "all of it")


class ForeignPageTest(AsyncCase):
    """Web pages of other sites, open in a browser of this machine."""

    FOREIGN = {"Origin": "http://evil.example"}

    @fails_at("8bd27b6")
    async def test_a_web_page_of_another_site_throttles_no_program(self):
        daemon = self.start_daemon()
        for headers in (self.FOREIGN, {"Sec-Fetch-Site": "cross-site"}):
            guesses = [asyncio.create_task(
                get(daemon, f"/control/agents?token=wrong-{i}", token=False,
                    headers=headers)) for i in range(80)]
            # As many as may wait do so while the first is turned away.
            while not any(x.done() and x.result().status == 429
                          for x in guesses):
                await asyncio.wait([x for x in guesses if not x.done()],
                                   return_when=asyncio.FIRST_COMPLETED)
            answer = await get(daemon, "/control/agents")
            self.assertEqual(answer.status, 200)
            answers = await asyncio.gather(*guesses)
            self.assertLessEqual({x.status for x in answers}, {401, 429})

    @fails_at("8bd27b6")
    async def test_sockets_of_a_web_page_leave_places_for_bridges(self):
        daemon = self.start_daemon()
        refused = 0
        for _ in range(260):
            try:
                await self.given(await Bridge.connect(
                    daemon, origin="http://evil.example"))
            except websockets.InvalidStatusCode as why:
                self.assertEqual(why.status_code, 503)
                refused += 1
        self.assertEqual(refused, 260 - 16)
        await self.given(await Bridge.register(daemon, "right"))

    async def test_a_page_that_may_call_is_like_a_program(self):
        daemon = self.start_daemon()
        for origin in ("http://localhost:5173", daemon.http_url("")):
            for _ in range(20):
                await self.given(await Bridge.connect(daemon, origin=origin))
