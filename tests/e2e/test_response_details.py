"""What bridges of protocol 1.1 say about their agents' answers: on record, in
events, on the command line, and handed back with follow-ups."""

import asyncio
import tempfile

from cases import AsyncCase
from client import (
    ControlSocket, dispatch, finished_record, get, post, record)
from daemon import Daemon
from events import EventStream
from resuming_bridge import ResumingBridge

_SAID = {"agent_session_id": "s-1", "failure": "rate_limited",
         "retry_at": "2030-01-15T08:00:00.000000+00:00",
         "error_detail": "Error: 429\n", "metadata": {"turns": 3}}


class ResponseDetailsTest(AsyncCase):

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def daemon(self):
        """One after the other on the same directory."""
        daemon = Daemon(directory=self.directory).start()
        self.addCleanup(daemon.kill)
        return daemon

    async def bridge(self, daemon):
        return await self.given(
            await ResumingBridge.register(daemon, "a", slots=4))

    async def failed(self, daemon, bridge):
        """A dispatch that has failed, with everything that can be said."""
        sent = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(sent, "half", error="boom", **_SAID)
        await bridge.acked(sent)
        return sent

    async def command(self, daemon, *arguments):
        outcome = await daemon.command(*arguments)
        return outcome.status, outcome.stdout, outcome.stderr

    def check(self, x):
        self.assertEqual({name: x.get(name) for name in _SAID}, _SAID)

    async def check_everywhere(self, daemon, sent):
        known = await finished_record(daemon, sent)
        self.assertEqual((known["error"], known["content"]), ("boom", "half"))
        self.check(known)
        row = (await get(daemon, "/control/dispatches")).json["dispatches"][-1]
        self.assertEqual((row["message_id"], row["failure"]),
                         (sent, "rate_limited"))
        async with await EventStream.open(daemon, "a") as stream:
            seen = await stream.until("agent_error", sent)
        self.check(seen[-1]["metadata"])

    async def test_they_are_shown_and_outlive_the_daemon(self):
        first = self.daemon()
        sent = await self.failed(first, await self.bridge(first))
        await self.check_everywhere(first, sent)
        first.kill()
        daemon = self.daemon()
        await self.check_everywhere(daemon, sent)
        bridge = await self.bridge(daemon)
        answer = await post(daemon, "/control/agents/a/followup",
                            {"content": "go on"})
        self.assertEqual(answer.status, 200)
        frame = await bridge.receive_dispatch()
        self.assertEqual((frame["agent_session_id"], frame["followup_to"]),
                         ("s-1", sent))
        self.assertEqual(frame["context"],
                         {"is_followup": True, "followup_to": sent})

    async def test_a_follow_up_that_waits_keeps_its_session(self):
        first = self.daemon()
        bridge = await self.bridge(first)
        earlier = await self.failed(first, bridge)
        await bridge.close()
        waits = (await dispatch(first, "a", followup_to=earlier,
                                queue_timeout_s=600)).json["message_id"]
        self.assertEqual((await record(first, waits))["state"], "queued")
        first.kill()
        daemon = self.daemon()
        frame = await (await self.bridge(daemon)).receive_dispatch()
        self.assertEqual((frame["message_id"], frame["agent_session_id"]),
                         (waits, "s-1"))

    async def test_a_late_result_has_them_too(self):
        daemon = self.daemon()
        bridge = await self.bridge(daemon)
        sent = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.receive_dispatch()
        await post(daemon, f"/control/dispatches/{sent}/cancel", {})
        await bridge.respond(sent, "half", error="cancelled", **_SAID)
        await bridge.acked(sent)
        late, = (await record(daemon, sent))["late"]
        self.check(late)

    async def test_a_stock_bridge_s_are_ignored(self):
        daemon = self.daemon()
        bridge = await self.given(
            await ResumingBridge.connect(daemon, "a"))
        await bridge.send("register", auth_token=daemon.token)
        await bridge.receive()
        sent = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(sent, "half", error="boom", **_SAID)
        known = await finished_record(daemon, sent)
        self.assertEqual(set(known) & set(_SAID), set())

    async def test_a_client_and_the_command_line_are_told(self):
        daemon = self.daemon()
        bridge = await self.bridge(daemon)
        control = await self.given(await ControlSocket.open(daemon))
        await control.dispatch("1", "a")
        sent = (await bridge.receive_dispatch())["message_id"]
        await bridge.respond(sent, "half", error="boom", **_SAID)
        await bridge.acked(sent)
        self.check(await control.result("1"))
        words = ("reports that the task failed: boom\n"
                 "The agent's provider takes no more requests for now "
                 "(rate_limited).\n"
                 "Try again after 2030-01-15T08:00:00Z.\n"
                 "The end of the agent's standard error:\nError: 429\n")
        shown = await self.command(daemon, "result", sent)
        self.assertEqual(shown, (5, "half\n", f"Agent a {words}"))
        run = asyncio.create_task(
            self.command(daemon, "dispatch", "a", "x", "--wait"))
        again = (await bridge.receive_dispatch())["message_id"]
        await bridge.respond(again, "half", error="boom", **_SAID)
        code, out, told = await run
        self.assertEqual((code, out), (5, "half\n"))
        self.assertTrue(told.endswith(words), told)
        _, listed, _ = await self.command(daemon, "dispatches")
        self.assertEqual(listed.count("rate_limited: boom\n"), 2)

    async def test_a_class_decides_whether_an_attempt_is_repeated(self):
        daemon = self.daemon()
        bridge = await self.bridge(daemon)
        sent = (await dispatch(daemon, "a", retry={
            "max_attempts": 2, "on": ["idle"]})).json["message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(sent, "", error="silent", failure="idle")
        await bridge.acked(sent)
        again = await bridge.receive_dispatch()
        self.assertEqual(again["message_id"], f"{sent}.2")
        await bridge.respond(again["message_id"], "", error="x",
                             failure="crashed")
        known = await finished_record(daemon, sent)
        self.assertEqual((known["attempt"], known["failure"]), (2, "crashed"))
        refused = await dispatch(daemon, "a", retry={
            "max_attempts": 2, "on": ["bored"]})
        self.assertEqual(refused.status, 422)
