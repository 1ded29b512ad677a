"""The same id registers again: the newer connection stands."""

from bridge import Bridge
from cases import DaemonCase
from client import ControlSocket, agent_status, dispatch, finished_record
from client import record
from events import EventStream
from waiting import eventually

REPLACED = (4002, "Replaced by new connection")


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
        for bridge in bridges:
            if bridge is not last:
                self.assertEqual(await bridge.closed(), REPLACED)

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
