"""SIGHUP: what changes while the daemon runs, and what does not."""

import asyncio
import json
import os
import signal
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import dispatch, get, post
from waiting import eventually

READ_AGAIN = "configuration reloaded"


class ReloadTest(AsyncCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "bridgekeeper.toml")

    def start_with(self, text, **options):
        self.write(text)
        return self.start_daemon("--config", self.path, **options)

    def write(self, text):
        with open(self.path, "w") as file:
            file.write(text)

    async def reload(self, daemon, text, says=READ_AGAIN):
        """What is logged from the signal on."""
        self.write(text)
        before = len(daemon.log())
        daemon.signal(signal.SIGHUP)
        # Tokens are read after the configuration has been applied.
        await eventually(lambda: "tokens reloaded" in daemon.log()[before:],
                         "the reload is over")
        log = daemon.log()[before:]
        self.assertIn(says, log)
        return log

    async def test_limits_change_for_links_that_are_open(self):
        daemon = self.start_with("[dispatch]\nmax_content_chars = 10\n")
        async with await Bridge.register(daemon, "a") as bridge:
            answer = await dispatch(daemon, "a", "more than ten characters")
            self.assertEqual(answer.status, 400)
            log = await self.reload(
                daemon, "[dispatch]\nmax_content_chars = 100\n"
                        "[limits]\nagent_per_minute = 1\n")
            self.assertIn("dispatch.max_content_chars (100)", log)
            self.assertIn("limits.agent_per_minute (1)", log)
            answer = await dispatch(daemon, "a", "more than ten characters")
            self.assertEqual(answer.status, 200)
            await bridge.receive_dispatch()
            answer = await dispatch(daemon, "a", "one too many")
            self.assertEqual(answer.status, 429)

    async def test_the_origins_of_pages_change(self):
        daemon = self.start_with("")

        async def allowed(page):
            answer = await get(daemon, "/health", headers={"Origin": page})
            return answer.headers.get("access-control-allow-origin") == page
        self.assertTrue(await allowed("http://localhost:5173"))
        await self.reload(daemon, "[http]\ncors_origins = ['https://p.test']")
        self.assertFalse(await allowed("http://localhost:5173"))
        self.assertTrue(await allowed("https://p.test"))

    async def test_tokens_of_the_file_change(self):
        daemon = self.start_with("[auth]\ntokens = ['one']\n", token=None)

        async def status(token):
            answer = await get(daemon, "/control/agents", token=token)
            return answer.status
        self.assertEqual(await status("one"), 200)
        log = await self.reload(daemon, "[auth]\ntokens = ['two', 'three']\n")
        self.assertIn("auth.tokens (2 tokens)", log)
        self.assertNotIn("three", log)

        async def changed():
            return await status("one") == 401
        await eventually(changed, "the old token does not count")
        self.assertEqual(await status("two"), 200)

    async def test_a_shorter_heartbeat_timeout_counts_for_who_is_in(self):
        calm = "[heartbeat]\ntimeout = 600\n"
        daemon = self.start_with(
            calm, BRIDGEKEEPER_HEARTBEAT_TICK="0.05",
            BRIDGEKEEPER_HEARTBEAT_ADAPTIVE="off",
            BRIDGEKEEPER_BRIDGE_PING_INTERVAL="600")
        async with await Bridge.register(daemon, "silent") as bridge:
            await self.reload(daemon, "[heartbeat]\ntimeout = 0.3\n")
            code, _ = await bridge.closed()
            self.assertEqual(code, 4003)

    async def test_a_bad_file_changes_nothing_and_is_named_with_its_line(self):
        good = "[dispatch]\nmax_content_chars = 10\n"
        daemon = self.start_with(good)
        bridge = await self.given(await Bridge.register(daemon, "a"))
        log = await self.reload(
            daemon, "[dispatch]\nmax_content_chars = 100\n\n"
                    "[heartbeat]\ntimeout = 'soon'\ntimout = 3\n",
            says="the previous configuration stays in use")
        self.assertIn(f"{self.path}:5: heartbeat.timeout", log)
        self.assertIn(f"{self.path}:6: heartbeat.timout", log)
        await bridge.sync()
        answer = await dispatch(daemon, "a", "more than ten characters")
        self.assertEqual(answer.status, 400)
        # A file that is no TOML at all, and one that is gone.
        log = await self.reload(daemon, "[dispatch\n",
                                says="the previous configuration stays in use")
        self.assertIn(f"{self.path}:1", log)
        os.unlink(self.path)
        before = len(daemon.log())
        daemon.signal(signal.SIGHUP)
        await eventually(
            lambda: "stays in use" in daemon.log()[before:],
            "the log says so")
        await bridge.sync()
        # And then a good one counts.
        await self.reload(daemon, "[dispatch]\nmax_content_chars = 100\n")
        answer = await dispatch(daemon, "a", "more than ten characters")
        self.assertEqual(answer.status, 200)

    async def test_what_cannot_change_is_named_in_one_line_and_stays(self):
        daemon = self.start_with("")
        log = await self.reload(
            daemon, "[server]\nbacklog = 7\nio_threads = 3\n"
                    "max_connections = 500\n"
                    "[events]\nhistory_bytes = '1MiB'\n")
        lines = [json.loads(x) for x in log.splitlines()]
        named = [x for x in lines if "server.backlog" in json.dumps(x)]
        self.assertEqual(len(named), 1, log)
        text = json.dumps(named[0])
        for key in ("server.io_threads", "events.history_bytes", "restart"):
            self.assertIn(key, text)
        self.assertNotIn("max_connections", text)
        self.assertEqual((await get(daemon, "/health")).status, 200)

    async def test_flags_and_the_environment_stay_stronger(self):
        daemon = self.start_with(
            "", BRIDGEKEEPER_DISPATCH_MAX_CONTENT_CHARS="20")
        bridge = await self.given(await Bridge.register(daemon, "a"))
        await self.reload(daemon, "[dispatch]\nmax_content_chars = 5\n",
                          says="nothing changed")
        answer = await dispatch(daemon, "a", "ten characters")
        self.assertEqual(answer.status, 200)
        await bridge.receive_dispatch()

    async def test_reloads_under_load_drop_no_link(self):
        daemon = self.start_with("")
        bridges = [await self.given(await Bridge.register(daemon, f"a{i}"))
                   for i in range(20)]
        for bridge in bridges:
            bridge.work()
        done = 0

        async def keep_asking(agent):
            nonlocal done
            for _ in range(30):
                answer = await post(
                    daemon, f"/control/agents/{agent}/dispatch?wait=15",
                    {"content": "x"})
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(answer.json["status"], "completed")
                done += 1
        load = asyncio.gather(*(keep_asking(x.agent_id) for x in bridges))
        reloads = 0
        while not load.done():
            reloads += 1
            await self.reload(
                daemon, f"[heartbeat]\ntimeout = {30 + reloads}\n"
                        f"[cost]\ndaily_limit_usd = {reloads}\n"
                        f"[bridge]\nmax_pending_per_agent = {500 + reloads}\n")
        await load
        self.assertGreater(reloads, 1)
        self.assertEqual(done, 600)
        agents = (await get(daemon, "/control/agents")).json
        self.assertEqual(len(agents["agents"] if isinstance(agents, dict)
                             else agents), 20)
        for bridge in bridges:
            self.assertTrue(bridge.socket.open)
