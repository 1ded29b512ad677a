"""Tokens with labels, scopes and ends: made, listed and revoked with the
command, and followed by a running daemon while links are up."""

import asyncio
import os
import signal

import websockets

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, get, request
from daemon import TOKEN, run
from regression import fails_at
from waiting import Stopwatch, eventually, within

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


class CommandTest(ScopedCase):

    async def test_a_token_is_made_used_listed_and_revoked(self):
        made = await self.token("new", "--label", "panel", "--scope",
                                "control", "--expires", "90d")
        self.assertRegex(made.stdout, r"\Abk_[0-9a-f]{64}\n\Z")
        secret = made.stdout.strip()
        self.assertNotIn(secret, made.stderr)
        self.assertNotIn(secret, self.path.read_text())
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        await self.eventually_answers(secret, {200})

        listed = await self.token("list")
        self.assertRegex(listed.stdout, r"panel +control +\d{4}-\d\d-\d\dT")

        await self.token("revoke", "panel")
        await self.eventually_answers(secret, {401})
        self.assertNotIn("panel", (await self.token("list")).stdout)
        again = await self.token("revoke", "panel", status=1)
        self.assertIn("no token panel", again.stderr)

    async def test_many_at_once_lose_nothing(self):
        await asyncio.gather(*(
            self.token("new", "--label", f"t{i}", "--scope", "read")
            for i in range(8)))
        self.assertEqual(len(self.lines()), 8)

    async def test_the_file_of_the_configuration_is_the_one_that_counts(self):
        path = str(self.daemon.directory / "elsewhere")
        made = await run("token", "new", "--label", "a", "--scope", "read",
                         BRIDGEKEEPER_AUTH_SCOPED_TOKEN_FILE=path)
        self.assertEqual(made.status, 0, made.stderr)
        daemon = self.start_daemon(BRIDGEKEEPER_AUTH_SCOPED_TOKEN_FILE=path)
        answer = await get(daemon, "/control/agents",
                           token=made.stdout.strip())
        self.assertEqual(answer.status, 200)


class ScopeTest(ScopedCase):

    async def test_each_scope_opens_its_doors_and_no_others(self):
        tokens = {scope: await self.new(scope, "--scope", scope)
                  for scope in ("bridge", "read", "control", "admin")}
        await self.registered("a", tokens["bridge"])
        calls = [("GET", "/control/agents", "read"),
                 ("GET", "/ws/agent-bridge/status", "read"),
                 ("GET", "/control/agents/a/task", "read"),
                 ("GET", "/control/dispatches/x", "read"),
                 ("POST", "/control/agents/a/dispatch", "control")]
        allowed = {"bridge": (), "read": ("read",),
                   "control": ("read", "control"),
                   "admin": ("read", "control")}
        for method, path, needed in calls:
            for scope, token in tokens.items():
                with self.subTest(f"{scope} {method} {path}"):
                    answer = await request(self.daemon, method, path,
                                           token=token)
                    if needed in allowed[scope]:
                        self.assertIn(answer.status, (200, 404, 422))
                    else:
                        self.assertEqual(
                            (answer.status, answer.error),
                            (403, {"detail":
                                   f"The token lacks the scope {needed}"}))
        for scope in ("read", "control", "admin"):
            bridge = await self.register("b", tokens[scope])
            self.assertEqual(await bridge.closed(), INVALID)
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            await self.open_control(tokens["read"])
        self.assertEqual(refused.exception.status_code, 403)
        outcome = await self.daemon.command("agents",
                                            BRIDGEKEEPER_TOKEN=tokens["read"])
        self.assertEqual(outcome.status, 4)
        self.assertIn("(The token lacks the scope control). Set "
                      "BRIDGEKEEPER_TOKEN to a token with that scope",
                      outcome.stderr)
        async with await self.open_control(tokens["control"]) as control:
            await control.sync()

    async def test_the_console_wants_the_scope_admin(self):
        panel = await self.new("panel", "--scope", "control")
        boss = await self.new("boss", "--scope", "admin")
        for token, status in ((panel, 4), (boss, 0)):
            outcome = await run("console", "--console", self.daemon.console,
                                "agents", BRIDGEKEEPER_TOKEN=token)
            self.assertEqual(outcome.status, status, outcome.stderr)
            self.assertNotIn(token, outcome.stderr)

    async def test_a_bridge_token_is_for_agents_of_its_pattern(self):
        token = await self.new("farm", "--scope", "bridge", "--agent",
                               "build-*")
        bridge = await self.registered("build-1", token)
        await bridge.sync()
        stranger = await self.register("test-1", token)
        self.assertEqual(await stranger.closed(), INVALID)

    async def test_the_log_says_what_a_bridge_s_token_lacks(self):
        path = str(self.daemon.directory / "elsewhere")
        tokens = {}
        for label, *scope in (("farm", "bridge", "--agent", "build-*"),
                              ("reader", "read")):
            made = await run("token", "new", "--label", label, "--scope",
                             *scope, BRIDGEKEEPER_AUTH_SCOPED_TOKEN_FILE=path)
            tokens[label] = made.stdout.strip()
        daemon = self.start_daemon(BRIDGEKEEPER_AUTH_SCOPED_TOKEN_FILE=path)
        for label, why in (("farm", "is for agents named build-*"),
                           ("reader", "lacks the scope bridge")):
            bridge = await self.given(await Bridge.connect(daemon, "test-1"))
            await bridge.send("register", auth_token=tokens[label])
            self.assertEqual(await bridge.closed(), INVALID)
            line = f"the token {why} (token {label})"
            await eventually(lambda line=line: line in daemon.log(), line)

    async def open_control(self, token):
        return ControlSocket(await websockets.connect(
            self.daemon.ws_url("/ws/control"), close_timeout=2,
            extra_headers={"Authorization": f"Bearer {token}"}))


class ReloadTest(ScopedCase):

    async def test_a_revoked_token_takes_its_links_along_and_no_others(self):
        farm = await self.new("farm", "--scope", "bridge")
        other = await self.new("other", "--scope", "bridge")
        panel = await self.new("panel", "--scope", "control")
        keeper = await self.new("keeper", "--scope", "control")
        leaving = [await self.registered(f"a{i}", farm) for i in range(5)]
        staying = [await self.registered(f"b{i}", other) for i in range(5)]
        staying.append(await self.given(
            await Bridge.register(self.daemon, "plain")))
        sockets = {}
        for name, token in (("panel", panel), ("keeper", keeper)):
            sockets[name] = await self.given(ControlSocket(
                await websockets.connect(
                    self.daemon.ws_url("/ws/control"), close_timeout=2,
                    extra_headers={"Authorization": f"Bearer {token}"})))
        revoked_stream = await self.stream("b0", panel)
        stream = await self.stream("b0", keeper)

        self.save("".join(line + "\n" for line in self.lines()
                          if " farm " not in line and " panel " not in line))

        for bridge in leaving:
            self.assertEqual(await bridge.closed(), INVALID)
        self.assertEqual(await sockets["panel"].closed(), INVALID)
        text = await within(revoked_stream, "the end of the stream")
        self.assertTrue(text.rstrip().endswith(
            'event: end\ndata: {"code":"invalid_token",'
            '"detail":"Invalid authentication token"}'), text)
        for bridge in staying:
            await bridge.sync()
        await sockets["keeper"].sync()
        self.assertFalse(stream.done())
        again = await self.register("a0", farm)
        self.assertEqual(await again.closed(), INVALID)
        stream.cancel()

    async def test_rotation_drops_no_link(self):
        old = await self.new("old", "--scope", "bridge")
        bridges = [await self.registered(f"a{i}", old) for i in range(20)]
        new = await self.new("new", "--scope", "bridge")
        for i, bridge in enumerate(bridges):
            await bridge.sync()
            await self.registered(f"a{i}", new)
            self.assertEqual((await bridge.closed())[0], 4002)
        await self.token("revoke", "old")
        await self.eventually_answers(old, {401})
        answer = await get(self.daemon, "/ws/agent-bridge/status")
        self.assertEqual(answer.json["connected_count"], 20)

    async def test_an_expired_token_is_as_good_as_revoked(self):
        token = await self.new("brief", "--scope", "bridge,read", "--expires",
                               "3s")
        bridge = await self.registered("a", token)
        self.assertEqual(await bridge.closed(), INVALID)
        answer = await get(self.daemon, "/control/agents", token=token)
        self.assertEqual((answer.status, answer.error), (
            401, {"detail": "Invalid authentication token"}))

    async def test_a_wrong_file_leaves_tokens_as_they_were(self):
        farm = await self.new("farm", "--scope", "bridge,read")
        bridge = await self.registered("a", farm)
        good = self.path.read_text()
        self.save("nonsense bk_0123 read\n")
        await eventually(lambda: "tokens:1: " in self.daemon.log(),
                         "the log names file and line")
        self.assertNotIn("bk_0123", self.daemon.log())
        await bridge.sync()
        await self.eventually_answers(farm, {200})
        self.save(good)
        more = await self.new("more", "--scope", "read")
        await self.eventually_answers(more, {200})
        await bridge.sync()

    async def test_a_file_that_goes_leaves_tokens_as_they_were(self):
        farm = await self.new("farm", "--scope", "bridge,read")
        bridge = await self.registered("a", farm)
        self.path.unlink()
        await eventually(lambda: "tokens: cannot be read" in self.daemon.log(),
                         "the log names the file")
        await bridge.sync()
        await self.eventually_answers(farm, {200})
        # Said once, not twice a second.
        more = await self.new("more", "--scope", "read")
        await self.eventually_answers(more, {200})
        self.assertEqual(self.daemon.log().count("tokens: cannot be read"), 1)

    async def test_a_mistyped_file_and_a_reload_close_nothing(self):
        config = self.daemon.directory / "config.toml"
        tokens = self.daemon.directory / "tokens"
        config.write_text(f"[auth]\nscoped_token_file = '{tokens}'\n")
        tokens.write_text("")
        daemon = self.start_daemon("--config", str(config))
        made = await self.token("new", "--label", "farm", "--scope",
                                "bridge,read")
        farm = made.stdout.strip()

        async def is_known():
            answer = await get(daemon, "/control/agents", token=farm)
            return answer.status == 200
        await eventually(is_known, "the token counts")
        bridge = await self.given(await Bridge.connect(daemon, "a"))
        await bridge.send("register", auth_token=farm)
        self.assertEqual((await bridge.receive())["type"], "registered")
        config.write_text(f"[auth]\nscoped_token_file = '{tokens}.typo'\n")
        daemon.signal(signal.SIGHUP)
        await eventually(lambda: "the previous scoped tokens stay in use"
                         in daemon.log(), "the log says so")
        self.assertIn("tokens.typo: cannot be read", daemon.log())
        await bridge.sync()
        self.assertTrue(await is_known())

    async def test_no_daemon_starts_without_the_file_it_is_told(self):
        outcome = await run(
            "serve", "--listen", "127.0.0.1:0", "--console", "off",
            "--data-dir", str(self.daemon.directory / "another"),
            BRIDGEKEEPER_AUTH_SCOPED_TOKEN_FILE="/nowhere/tokens")
        self.assertEqual(outcome.status, 1)
        self.assertIn("/nowhere/tokens: cannot be read", outcome.stderr)

    async def test_no_daemon_starts_with_a_wrong_file(self):
        directory = self.daemon.directory / "another"
        directory.mkdir()
        (directory / "tokens").write_text("# fine\nnonsense\n")
        outcome = await run("serve", "--listen", "127.0.0.1:0", "--console",
                            "off", "--data-dir", str(directory))
        self.assertEqual(outcome.status, 1)
        self.assertIn("tokens:2: ", outcome.stderr)

    async def stream(self, agent, token):
        """An event stream; the task ends with it and returns its text."""
        reader, writer = await asyncio.open_connection(self.daemon.host,
                                                       self.daemon.port)
        self.addCleanup(writer.close)
        writer.write(f"GET /control/agents/{agent}/events?token={token} "
                     "HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = await within(reader.readuntil(b"\r\n\r\n"), "a head")
        self.assertIn(b" 200 ", head)

        async def text():
            raw = await reader.read()
            # The framing of chunks is of no interest here.
            parts = raw.decode().split("\r\n")
            return "".join(x for x in parts if "\n" in x)
        return asyncio.create_task(text())


class SecrecyTest(ScopedCase):

    async def test_no_token_is_repeated_anywhere(self):
        farm = await self.new("farm", "--scope", "bridge,read")
        await run("console", "--console", self.daemon.console, "log trace",
                  BRIDGEKEEPER_TOKEN=TOKEN)
        wrong = "bk_a-wrong-secret"
        said = ""
        for token in (farm, wrong):
            for path in ("/control/agents", "/nowhere", "/control/agents/a_b",
                         "/control/agents/none", "/control/dispatches/x",
                         "/ws/control", "/ws/agent-bridge",
                         "/control/agents/a/dispatch"):
                for method in ("GET", "POST", "DELETE"):
                    answer = await request(
                        self.daemon, method, f"{path}?token={token}",
                        body={"auth_token": token}, token=False)
                    said += answer.body.decode() + str(answer.headers)
                    answer = await request(self.daemon, method, path,
                                           token=token)
                    said += answer.body.decode() + str(answer.headers)
            for frame in ('{"type":"register","agent_id":5,"auth_token":"%s"}',
                          '{"type":"register","auth_token":"%s"',
                          '{"type":"%s"}',
                          '{"type":"register","agent_id":"a_b",'
                          '"auth_token":"%s"}'):
                bridge = await self.given(
                    await Bridge.connect(self.daemon, "a"))
                await bridge.send_text(frame % token)
                said += str(await bridge.closed())
        bridge = await self.registered("a", farm)
        await bridge.sync()
        said += (await get(self.daemon, "/control/agents")).body.decode()
        for command in ("agents", "agent a", "actors", "stats"):
            outcome = await run("console", "--console", self.daemon.console,
                                command, BRIDGEKEEPER_TOKEN=TOKEN)
            said += outcome.stdout + outcome.stderr
        with open(f"/proc/{self.daemon.process.pid}/cmdline") as file:
            said += file.read()
        said += self.daemon.log()
        for token in (farm, wrong, TOKEN):
            self.assertNotIn(token, said)


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


class QueryTokenTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_tokens_in_the_query_can_be_forbidden(self):
        daemon = self.start_daemon(BRIDGEKEEPER_AUTH_QUERY_TOKENS="off")
        answer = await get(daemon, f"/control/agents?token={TOKEN}",
                           token=False)
        self.assertEqual(answer.status, 401)
        self.assertIn("auth.query_tokens", answer.json["detail"])
        self.assertEqual((await get(daemon, "/control/agents")).status, 200)
