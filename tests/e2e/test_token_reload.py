"""A running daemon follows changes of its scoped tokens, while links are up."""

import asyncio
import signal

import websockets

from bridge import Bridge
from client import ControlSocket, get
from daemon import run
from scoped_case import INVALID, ScopedCase
from waiting import eventually, within


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
        await self.daemon.logs("tokens:1: ")
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
        await self.daemon.logs("tokens: cannot be read")
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
        await daemon.logs("the previous scoped tokens stay in use")
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
