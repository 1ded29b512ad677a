"""Hostile messages in well-formed frames."""

import json
import random

from bridge import Bridge
from bystander import MEBIBYTE, undisturbed
from cases import DaemonCase
from client import dispatch, finished_record, get
from raw import TEXT, CONTINUATION, RawConnection, frame
from raw import register_text

DEEP = "[" * 100_000


class HostileFrameTest(DaemonCase):
    variables = {"BRIDGEKEEPER_EVENTS_HISTORY_BYTES": "4MiB"}

    async def connected(self):
        return await self.given(await Bridge.connect(self.daemon,
                                                     self.agent_name()))

    # -- too large ------------------------------------------------------------

    async def test_a_frame_over_the_limit_is_closed_with_1009(self):
        async with undisturbed(self.daemon):
            for bridge in (await self.connected(), await self.bridge()):
                try:
                    await bridge.send_text("x" * (17 * MEBIBYTE))
                except Exception:
                    pass  # The close may come before all of it is sent.
                self.assertEqual((await bridge.closed())[0], 1009)

    async def test_fragments_over_the_limit_are_closed_with_1009(self):
        piece = "x" * MEBIBYTE
        async with undisturbed(self.daemon):
            raw = await RawConnection.registered(self.daemon,
                                                 self.agent_name())
            await self.given(raw)
            await raw.send(frame(piece, TEXT, fin=False))
            for _ in range(17):
                if not await raw.send_as_far_as_taken(
                        frame(piece, CONTINUATION, fin=False)):
                    break
            self.assertEqual((await raw.receive_close())[0], 1009)

    async def test_a_header_alone_that_claims_too_much_is_closed(self):
        async with undisturbed(self.daemon):
            for claim in (17 * MEBIBYTE, 2 ** 40, 2 ** 62):
                raw = await RawConnection.upgraded(self.daemon)
                await self.given(raw)
                await raw.send(frame(b"", length=claim))
                self.assertEqual((await raw.receive_close())[0], 1009)

    async def test_a_response_just_under_the_limit_arrives(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        content = "x" * (16 * MEBIBYTE - 1000)
        await bridge.respond(answer.json["message_id"], content)
        await bridge.receive_dispatch()
        known = await finished_record(self.daemon, answer.json["message_id"])
        self.assertEqual(len(known["content"]), len(content))

    async def test_strangers_cannot_make_the_daemon_hoard_frames(self):
        # Who has not registered has shown no token. Each of these sends most
        # of a frame that is within the limit, and never the rest.
        async with undisturbed(self.daemon):
            for _ in range(32):
                raw = await RawConnection.upgraded(self.daemon)
                await self.given(raw)
                await raw.send_as_far_as_taken(
                    frame("x" * 8 * MEBIBYTE, length=15 * MEBIBYTE))

    # -- too deep -------------------------------------------------------------

    async def test_deep_nesting_is_refused_before_registration(self):
        async with undisturbed(self.daemon):
            for text in (DEEP, '{"type":' + DEEP, '{"type":"register","m":'
                         + '{"a":' * 100_000, DEEP + "]" * 100_000):
                bridge = await self.connected()
                await bridge.send_text(text)
                self.assertEqual((await bridge.closed())[0], 4004)

    async def test_deep_nesting_ends_a_dispatch_and_not_the_link(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        task = await bridge.receive_dispatch()
        async with undisturbed(self.daemon):
            for text in (DEEP, '{"type":"heartbeat","x":' + DEEP):
                await bridge.send_text(text)
            await bridge.send_text(
                json.dumps({"type": "response", "content": "c",
                            "agent_id": bridge.agent_id,
                            "message_id": task["message_id"]})[:-1]
                + ',"usage":{"a":' + DEEP + "]" * 100_000 + "}}")
            await bridge.sync()
        known = await finished_record(self.daemon, answer.json["message_id"])
        self.assertEqual(known["status"], "error")
        self.assertEqual(known["reason"], "unreadable_response")

    async def test_deep_nesting_in_a_request_s_body_is_422(self):
        body = '{"content":"x","context":{"a":' + DEEP
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        self.assertEqual(answer.status, 200)
        async with await RawConnection.open(self.daemon) as raw:
            await raw.send(
                f"POST /control/agents/{bridge.agent_id}/dispatch HTTP/1.1"
                f"\r\nHost: x\r\nX-Auth-Token: {self.daemon.token}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}")
            self.assertEqual((await raw.receive_answer())[0], 422)

    # -- other shapes ---------------------------------------------------------

    async def test_a_binary_frame_after_registration_ends_it_with_1003(self):
        bridge = await self.bridge()
        await bridge.socket.send(b'{"type":"heartbeat"}')
        self.assertEqual((await bridge.closed())[0], 1003)

    async def test_huge_flat_json_is_survived(self):
        many = '{"type":"heartbeat",' + ",".join(
            f'"k{n}":{n}' for n in range(500_000))
        bridge = await self.bridge()
        # A document of 10 MB costs 90 MiB while it is read. They go back to the
        # system at once, so each such document takes them again.
        async with undisturbed(self.daemon, 128 * MEBIBYTE):
            await bridge.send_text(many + "}")
            await bridge.send_text("[" + "0," * 4_000_000 + "0]")
            await bridge.send_text('{"type":"heartbeat","agent_id":"'
                                   + "\\u0041" * 1_000_000 + '"}')
            await bridge.send_text("1" * 10_000_000)
            await bridge.sync()

    async def test_messages_with_random_damage_hurt_nobody(self):
        generator = random.Random(9)
        bridge = await self.bridge()
        await dispatch(self.daemon, bridge.agent_id)
        task = await bridge.receive_dispatch()
        whole = json.dumps({
            "type": "progress", "agent_id": bridge.agent_id, "status": "s",
            "message_id": task["message_id"], "progress_text": "é\n\0",
            "metadata": {"a": [1, -2.5e3, True, None, "x"]}})
        async with undisturbed(self.daemon):
            for _ in range(5000):
                text = list(whole)
                for _ in range(generator.randrange(1, 5)):
                    place = generator.randrange(len(text))
                    text[place] = generator.choice('{}[]",:\\u0eE-.NI\0 é')
                await bridge.send_text("".join(text))
            await bridge.sync()
        await bridge.respond(task["message_id"], "undamaged")
        known = await finished_record(self.daemon, task["message_id"])
        self.assertEqual(known["content"], "undamaged")

    async def test_metadata_with_everything_in_it_comes_back_as_it_was(self):
        metadata = {"": {"": [None, True, -0.5, 1e300, 10 ** 18, "\0"]},
                    "a" * 300: "\u2028\U0001f600\x7f", "__proto__": {}}
        bridge = await self.bridge(metadata=metadata)
        answer = await get(self.daemon,
                           f"/control/agents/{bridge.agent_id}")
        self.assertEqual(answer.json["agent"]["metadata"], metadata)

    async def test_more_than_a_registration_may_hold_is_refused(self):
        for fields in ({"metadata": {"x": "y" * 300_000}},
                       {"capabilities": ["c"] * 10_000},
                       {"capabilities": ["c" * 10_000]},
                       {"workdir": "/" * 10_000}):
            bridge = await self.connected()
            await bridge.send("register", auth_token=self.daemon.token,
                              **fields)
            self.assertEqual((await bridge.closed())[0], 4004)

    async def test_many_registrations_do_not_fill_the_memory(self):
        async with undisturbed(self.daemon):
            for number in range(300):
                raw = await RawConnection.upgraded(self.daemon)
                await raw.send(frame(register_text(
                    self.daemon, f"mayfly-{number}")))
                await raw.receive_frame()
                raw.close()


class PythonJsonTest(DaemonCase):
    """What Python's json module writes by default and JSON does not know."""

    async def responded(self, text):
        """The record after a response whose usage is this text."""
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        head = json.dumps({"type": "response", "message_id": message_id,
                           "agent_id": bridge.agent_id, "content": "kept"})
        await bridge.receive_dispatch()
        await bridge.send_text(head[:-1] + "," + text + "}")
        return await finished_record(self.daemon, message_id)

    async def test_nan_in_usage_does_not_lose_the_response(self):
        usage = json.dumps({"usage": {"cost_usd": float("nan"),
                                      "a": [float("inf"), -float("inf")],
                                      "text": "NaN, Infinity", "t": 5}})
        known = await self.responded(usage[1:-1])
        self.assertEqual((known["status"], known["content"]),
                         ("completed", "kept"))
        self.assertEqual(known["usage"], {
            "cost_usd": None, "a": [None, None], "text": "NaN, Infinity",
            "t": 5})

    async def test_lone_surrogates_do_not_lose_the_response(self):
        known = await self.responded(
            r'"usage":{"a":"x\ud800y","b":"\udc00","c":"\ud83d\ude00"}')
        self.assertEqual(known["status"], "completed")
        self.assertEqual(known["usage"]["c"], "\U0001f600")
        self.assertEqual(known["usage"]["a"], "x\ufffdy")

    async def test_lone_surrogates_in_the_content_are_replaced(self):
        known = await self.responded(r'"content":"half \ud83d emoji"')
        self.assertEqual(known["content"], "half \ufffd emoji")

    async def test_numbers_beyond_a_double_do_not_lose_the_response(self):
        known = await self.responded(
            '"usage":{"big":1e999,"long":' + "9" * 400 + "}")
        self.assertEqual(known["status"], "completed")
