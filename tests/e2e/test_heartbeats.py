"""Who says nothing for too long has to leave, and nobody else."""

from bridge import Bridge
from cases import DaemonCase
from client import ControlSocket, agent_status, dispatch, finished_record
from events import EventStream
from raw import PONG, RawConnection, frame
from waiting import Stopwatch, pace

TIMED_OUT = (4003, "Heartbeat timeout")


class StrictHeartbeatTest(DaemonCase):
    flags = ("--heartbeat-timeout", "1", "--heartbeat-tick", "0.2",
             "--heartbeat-adaptive", "false")

    async def test_a_silent_agent_is_closed_with_4003(self):
        bridge = await self.bridge()
        watch = Stopwatch()
        self.assertEqual(await bridge.closed(), TIMED_OUT)
        self.assertGreater(watch.seconds, 0.9)
        self.assertEqual(await agent_status(self.daemon, bridge.agent_id),
                         "disconnected")

    async def test_the_events_say_that_the_heartbeat_was_lost(self):
        bridge = await self.bridge()
        async with await EventStream.open(self.daemon,
                                          bridge.agent_id) as stream:
            seen = await stream.until("agent_disconnected")
        lost = seen[-2]
        self.assertEqual(lost["event_type"], "agent_heartbeat_lost")
        self.assertEqual(lost["message"],
                         f"Agent {bridge.agent_id} heartbeat lost")
        self.assertEqual(set(lost["metadata"]),
                         {"agent_id", "last_seen", "timeout"})
        self.assertEqual(lost["metadata"]["timeout"], 1)
        self.assertEqual(seen[-1]["metadata"]["reason"], "heartbeat_timeout")

    async def test_its_pending_dispatches_end_with_that_reason(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        ended = await finished_record(self.daemon,
                                      answer.json["message_id"])
        self.assertEqual((ended["status"], ended["reason"]),
                         ("error", "heartbeat_timeout"))

    async def test_a_silent_agent_that_ignores_the_close_is_cut_off(self):
        async with await RawConnection.registered(
                self.daemon, self.agent_name()) as raw:
            self.assertEqual(await raw.receive_close(), TIMED_OUT)
            await raw.receive_all()

    async def test_beats_keep_an_agent(self):
        bridge = await self.bridge()
        for _ in range(6):
            await pace(0.4)
            await bridge.sync()

    async def test_any_frame_and_any_pong_counts_as_life(self):
        async with await RawConnection.registered(
                self.daemon, self.agent_name()) as raw:
            signs = [frame("not even JSON"), frame(b"", PONG),
                     # A large frame that comes in pieces.
                     frame("[", length=4), b" ", b" ", b"]"]
            for sign in signs:
                await pace(0.4)
                await raw.send(sign)
            self.assertEqual(
                await agent_status(self.daemon, self.agent_name()),
                "connected")


class AdaptiveHeartbeatTest(DaemonCase):
    flags = ("--heartbeat-timeout", "0.6", "--heartbeat-tick", "0.05")

    async def test_a_bridge_that_beats_slower_than_the_timeout_stays(self):
        bridge = await self.bridge()
        for _ in range(5):
            await pace(0.9)
            await bridge.sync()
        self.assertEqual(await agent_status(self.daemon, bridge.agent_id),
                         "connected")

    async def test_it_has_to_leave_when_its_rhythm_stops(self):
        bridge = await self.bridge()
        for _ in range(3):
            await pace(0.8)
            await bridge.sync()
        watch = Stopwatch()
        self.assertEqual(await bridge.closed(), TIMED_OUT)
        # 2.5 times its longest gap, and not just the timeout.
        self.assertGreater(watch.seconds, 1.8)

    async def test_a_working_agent_whose_control_client_waits_stays(self):
        bridge = await self.bridge()
        async with await ControlSocket.open(self.daemon) as control:
            await control.dispatch("long", bridge.agent_id)
            task = await bridge.receive_dispatch()
            for step in range(4):
                await pace(0.9)
                await bridge.progress(task["message_id"],
                                      progress_text=f"step {step}")
            await bridge.respond(task["message_id"], "made it")
            self.assertEqual((await control.result("long"))["content"],
                             "made it")


class PingTest(DaemonCase):
    flags = ("--heartbeat-timeout", "1", "--heartbeat-tick", "0.1",
             "--heartbeat-adaptive", "false", "--ping-interval", "0.3")

    async def test_a_silent_bridge_that_answers_pings_stays(self):
        bridge = await self.bridge()
        await pace(2.5)
        await bridge.sync()

    async def test_one_that_answers_no_pings_but_beats_stays(self):
        bridge = await Bridge.register(self.daemon, self.agent_name())
        await self.given(bridge)

        async def no_pong(data=b""):
            pass
        bridge.socket.pong = no_pong
        for _ in range(5):
            await pace(0.4)
            await bridge.sync()
