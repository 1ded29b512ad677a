"""The same id registers again: the newer connection stands."""

import json
import pathlib
import shutil
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import ControlSocket, agent_status, dispatch, finished_record
from client import record
from events import EventStream
from raw import RawConnection
from regression import fails_at
from waiting import eventually

REPLACED = (4002, "Replaced by new connection")
IN_USE = (4002, "Another bridge uses this agent id")


class ReplacementTest(DaemonCase):

    async def replaced_pair(self):
        """The older bridge, closed, and the newer one."""
        older = await Bridge.register(self.daemon, self.agent_name())
        newer = await self.bridge()
        self.assertEqual(await older.closed(), REPLACED)
        return older, newer

    async def test_the_older_connection_is_closed_with_4002(self):
        await self.replaced_pair()

    async def test_the_newer_connection_gets_the_dispatches(self):
        _, newer = await self.replaced_pair()
        answer = await dispatch(self.daemon, newer.agent_id, "for the newer")
        self.assertEqual(answer.status, 200)
        task = await newer.receive_dispatch()
        self.assertEqual(task["content"], "for the newer")
        await newer.respond(task["message_id"])
        ended = await finished_record(self.daemon, task["message_id"])
        self.assertEqual(ended["status"], "completed")

    async def test_the_older_one_s_clean_up_leaves_the_newer_in_place(self):
        _, newer = await self.replaced_pair()
        # The older socket is gone for good; its end has been seen by now.
        for _ in range(20):
            await newer.sync()
            self.assertEqual(
                await agent_status(self.daemon, newer.agent_id), "connected")

    async def test_a_replaced_bridge_that_ignores_it_is_harmless(self):
        older = await Bridge.register(self.daemon, self.agent_name())
        older.socket.transport.pause_reading()
        newer = await self.bridge()
        await newer.sync()
        older.socket.transport.abort()
        answer = await dispatch(self.daemon, newer.agent_id)
        self.assertEqual(answer.status, 200)
        await newer.receive_dispatch()
        self.assertEqual(await agent_status(self.daemon, newer.agent_id),
                         "connected")

    async def test_a_race_of_many_leaves_exactly_one_that_works(self):
        bridges = [await Bridge.connect(self.daemon, self.agent_name())
                   for _ in range(20)]
        for bridge in bridges:
            await bridge.send("register", auth_token=self.daemon.token)

        def open_ones():
            return [x for x in bridges if x.is_open()]
        await eventually(lambda: len(open_ones()) == 1, "one bridge is left")
        last, = open_ones()
        await self.given(last)
        self.assertEqual((await last.receive())["type"], "registered")
        await dispatch(self.daemon, last.agent_id, "who is it")
        self.assertEqual((await last.receive())["content"], "who is it")
        ends = [await x.closed() for x in bridges if x is not last]
        # The third that stands is alive and stays (contract 6, number 15).
        self.assertEqual((ends.count(REPLACED), ends.count(IN_USE)), (2, 17))

    async def test_a_pending_dispatch_ends_with_the_reason_replaced(self):
        older = await Bridge.register(self.daemon, self.agent_name())
        async with await ControlSocket.open(self.daemon) as control:
            await control.dispatch("d", older.agent_id)
            message_id = (await control.next("d"))["message_id"]
            await older.receive_dispatch()
            newer = await self.bridge()
            ended = await control.result("d")
        self.assertEqual((ended["type"], ended["code"]),
                         ("error", "replaced"))
        self.assertEqual(ended["message_id"], message_id)
        known = await record(self.daemon, message_id)
        self.assertEqual((known["status"], known["reason"]),
                         ("error", "replaced"))
        # The newer connection cannot answer what the older one was asked.
        await newer.respond(message_id, "too late")
        await newer.sync()
        known = await record(self.daemon, message_id)
        self.assertEqual(known["reason"], "replaced")
        self.assertIsNone(known["content"])

    async def test_the_agent_s_stream_follows_it_across_connections(self):
        older = await Bridge.register(self.daemon, self.agent_name())
        async with await EventStream.open(self.daemon,
                                          older.agent_id) as stream:
            await stream.until("agent_connected")
            newer = await self.bridge()
            seen = await stream.until("agent_connected")
            answer = await dispatch(self.daemon, newer.agent_id)
            seen += await stream.until("task_dispatched")
        self.assertEqual(seen[-1]["metadata"]["message_id"],
                         answer.json["message_id"])
        reasons = [x["metadata"]["reason"] for x in seen
                   if x["event_type"] == "agent_disconnected"]
        self.assertEqual(reasons, ["replaced"])


class RivalTest(AsyncCase):
    """Contract section 6, number 15: two hosts with one id."""

    async def third_bridge(self, daemon):
        """The one that stands after two replacements."""
        for _ in range(2):
            await Bridge.register(daemon, "a")
        return await self.given(await Bridge.register(daemon, "a"))

    @fails_at("8bd27b6")
    async def test_two_hosts_with_one_id_do_not_evict_each_other_for_ever(
            self):
        daemon = self.start_daemon("--audit-log",
                                   str(self.scratch() / "audit.log"))
        standing = await self.third_bridge(daemon)
        message_id = (await dispatch(daemon, "a")).json["message_id"]
        await standing.receive_dispatch()
        for _ in range(5):
            rival = await Bridge.connect(daemon, "a")
            await rival.send("register", auth_token=daemon.token)
            self.assertEqual(await rival.closed(), IN_USE)
        # What it works on goes on.
        await standing.respond(message_id, "done")
        ended = await finished_record(daemon, message_id)
        self.assertEqual(ended["content"], "done")
        async with await EventStream.open(daemon, "a") as stream:
            seen = await stream.until("agent_response")
        conflicts = [x for x in seen if x["event_type"] == "agent_conflict"]
        expected = {"standing_ip": "127.0.0.1", "newcomer_ip": "127.0.0.1",
                    "kept": "standing"}
        self.assertEqual([x["metadata"] for x in conflicts],
                         [{"agent_id": "a", **expected}])
        conflict = "two bridges use the agent id a"
        await daemon.logs(conflict)
        lines = [x for x in daemon.log_lines() if conflict in x["message"]]
        self.assertEqual([x["level"] for x in lines], ["warning"])
        self.assertEqual(lines[0]["message"].count("127.0.0.1"), 2)

        def audited():
            text = (self.scratch() / "audit.log").read_text()
            return [x["metadata"] for x in map(json.loads, text.splitlines())
                    if x["event"] == "agent_conflict"]
        self.assertEqual(await eventually(audited, "the audited conflict"),
                         [expected])

    async def test_a_bridge_that_hangs_is_replaced_by_the_newcomer(self):
        daemon = self.start_daemon()
        for _ in range(2):
            await Bridge.register(daemon, "a")
        # It answers no ping.
        hung = await self.given(await RawConnection.registered(daemon, "a"))
        newcomer = await self.given(await Bridge.register(daemon, "a"))
        self.assertEqual(await hung.receive_close(), REPLACED)
        await dispatch(daemon, "a", "who is it")
        self.assertEqual((await newcomer.receive_dispatch())["content"],
                         "who is it")

    def scratch(self):
        if not hasattr(self, "_scratch"):
            self._scratch = pathlib.Path(tempfile.mkdtemp())
            self.addCleanup(shutil.rmtree, self._scratch)
        return self._scratch
