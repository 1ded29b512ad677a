"""Tokens with labels, scopes and ends: made, listed and revoked with the
command, and what each of them may do."""

import asyncio

import websockets

from bridge import Bridge
from client import ControlSocket, get, request
from daemon import TOKEN, run
from scoped_case import INVALID, ScopedCase
from waiting import eventually


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
