"""Bridges that are not let in: each is closed, with a code that says why."""

import json

import websockets

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import get
from daemon import TOKEN
from raw import BINARY, RawConnection, frame
from waiting import Stopwatch, eventually


class RefusalTest(DaemonCase):

    async def refusal(self, text):
        """How the daemon closes on this first frame."""
        async with await Bridge.connect(self.daemon) as bridge:
            await bridge.send_text(text)
            code, reason = await bridge.closed()
        self.assertLessEqual(len(reason.encode()), 123)
        return code, reason

    def registration(self, **changes):
        fields = {"type": "register", "agent_id": self.agent_name(),
                  "auth_token": TOKEN, **changes}
        return json.dumps({k: v for k, v in fields.items() if v is not ...})

    async def test_another_first_message_is_closed_with_4001(self):
        for kind in ("heartbeat", "response", "progress", "dispatch",
                     "nonsense"):
            with self.subTest(kind):
                text = json.dumps({"type": kind, "agent_id": "a",
                                   "message_id": "m", "status": "s",
                                   "content": "c"})
                self.assertEqual(await self.refusal(text),
                                 (4001, "First message must be register"))

    async def test_bad_json_is_closed_with_4004(self):
        for text in ("", "{", "register", '{"type":"register",}', "\x00",
                     '{"type":"register"}x', "'", '"' + 'x' * 1000):
            with self.subTest(text):
                code, reason = await self.refusal(text)
                self.assertEqual(code, 4004)
                self.assertRegex(reason, "^Invalid JSON: .")

    async def test_json_that_is_no_message_is_closed_with_4004(self):
        for text in ("[]", "null", "7", '"register"', "{}", '{"type":null}',
                     '{"type":["register"]}'):
            with self.subTest(text):
                code, reason = await self.refusal(text)
                self.assertEqual(code, 4004)
                self.assertRegex(reason, "^Invalid message format: .")

    async def test_a_missing_or_wrong_field_is_named(self):
        wrong = [("agent_id", ...), ("agent_id", ""), ("agent_id", 7),
                 ("agent_id", None), ("auth_token", ...), ("auth_token", ""),
                 ("auth_token", ["x"]), ("capabilities", "x"),
                 ("capabilities", [1]), ("capabilities", None),
                 ("workdir", 7), ("metadata", []), ("metadata", None)]
        for field, value in wrong:
            with self.subTest(field=field, value=value):
                code, reason = await self.refusal(
                    self.registration(**{field: value}))
                self.assertEqual(code, 4004)
                self.assertRegex(reason,
                                 f"^Invalid message format: .*{field}")

    async def test_an_agent_id_that_could_not_be_addressed_is_refused(self):
        for name in ("a b", "a/b", "..", "ä", "a_b", "a" * 65, "a\n", "\0",
                     " a"):
            with self.subTest(name):
                code, reason = await self.refusal(
                    self.registration(agent_id=name))
                self.assertEqual(code, 4004)
                self.assertRegex(reason, "^Invalid message format: agent_id")

    async def test_a_wrong_token_is_closed_with_4005(self):
        for token in ("wrong", TOKEN + "x", TOKEN[:-1], TOKEN.upper(),
                      "\0", "ü", "x" * 4096):
            with self.subTest(token[:40]):
                self.assertEqual(
                    await self.refusal(self.registration(auth_token=token)),
                    (4005, "Authentication failed: invalid token"))

    async def test_a_binary_first_frame_is_closed_with_4004(self):
        async with await Bridge.connect(self.daemon) as bridge:
            await bridge.socket.send(self.registration().encode())
            self.assertEqual((await bridge.closed())[0], 4004)

    async def test_a_reason_is_cut_between_characters(self):
        text = json.dumps({"type": "€" * 200}, ensure_ascii=False)
        code, reason = await self.refusal(text)
        self.assertIn(code, (4001, 4004))
        reason.encode("utf-8")

    async def test_text_that_is_not_utf_8_is_closed(self):
        async with await RawConnection.upgraded(self.daemon) as raw:
            await raw.send(frame(b'{"type":"\xff\xfe"}'))
            code, _ = await raw.receive_close()
            self.assertIn(code, (1007, 4004))

    async def test_a_refused_bridge_is_no_agent(self):
        await self.refusal(self.registration(auth_token="wrong"))
        answer = await get(self.daemon,
                           f"/control/agents/{self.agent_name()}")
        self.assertEqual(answer.status, 404)

    async def test_a_refused_bridge_that_ignores_the_close_is_cut_off(self):
        async with await RawConnection.upgraded(self.daemon) as raw:
            await raw.send(frame("{"))
            self.assertEqual((await raw.receive_close())[0], 4004)
            await raw.send_as_far_as_taken(frame(b"still here", BINARY))
            await raw.receive_all()


class NoTokenTest(AsyncCase):

    async def test_without_a_configured_token_nobody_registers(self):
        daemon = self.start_daemon(token=None,
                                   BRIDGEKEEPER_AUTH_MAKE_TOKEN="false")
        async with await Bridge.connect(daemon, "a") as bridge:
            await bridge.send("register", auth_token="any")
            self.assertEqual(
                await bridge.closed(),
                (4005, "Authentication failed: authentication not "
                       "configured"))

    async def test_without_a_configured_token_one_is_made(self):
        daemon = self.start_daemon(token=None)
        daemon.token = (daemon.directory / "token").read_text().strip()
        mode = (daemon.directory / "token").stat().st_mode
        self.assertEqual(mode & 0o777, 0o600)
        async with await Bridge.register(daemon, "a"):
            pass


class UnregisteredTest(AsyncCase):

    async def test_a_bridge_that_never_registers_is_closed_with_4001(self):
        daemon = self.start_daemon("--register-timeout", "0.5")
        watch = Stopwatch()
        async with await Bridge.connect(daemon) as silent, \
                await RawConnection.upgraded(daemon) as slow:
            # A frame that never ends is no registration either.
            await slow.send(frame('{"type":"reg', length=1000))
            self.assertEqual(await silent.closed(),
                             (4001, "First message must be register"))
            self.assertEqual((await slow.receive_close())[0], 4001)
        self.assertGreater(watch.seconds, 0.4)

    async def test_only_so_many_of_one_address_may_be_unregistered(self):
        daemon = self.start_daemon(
            BRIDGEKEEPER_BRIDGE_MAX_UNREGISTERED_PER_IP="2")

        async def refused_upgrade():
            try:
                await (await Bridge.connect(daemon, "extra")).close()
            except websockets.InvalidStatusCode as refusal:
                return refusal
            return None
        first = await self.given(await Bridge.connect(daemon, "first"))
        await self.given(await Bridge.connect(daemon, "second"))
        refusal = await refused_upgrade()
        self.assertEqual(refusal.status_code, 503)
        self.assertGreater(int(refusal.headers["Retry-After"]), 0)
        # Who registers makes room; so does who leaves.
        await first.send("register", auth_token=daemon.token)
        self.assertEqual((await first.receive())["type"], "registered")
        third = await Bridge.connect(daemon, "third")
        self.assertIsNotNone(await refused_upgrade())
        await third.close()

        async def is_let_in():
            return await refused_upgrade() is None
        await eventually(is_let_in, "room for another bridge")
