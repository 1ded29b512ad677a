"""Bridges that come back (contract section 1, protocol 1.1): what they have
outlives their links and the daemon."""

import asyncio
import tempfile

from cases import AsyncCase
from client import dispatch, finished_record, get, record
from daemon import Daemon
from resuming_bridge import ResumingBridge, entry
from waiting import eventually, pace


class ResumeTest(AsyncCase):

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def daemon(self, **variables):
        """One after the other on the same directory."""
        daemon = Daemon(directory=self.directory, **variables).start()
        self.addCleanup(daemon.kill)
        return daemon

    async def at_work(self, daemon, **options):
        """A bridge with a dispatch that it has started."""
        bridge = await self.given(
            await ResumingBridge.register(daemon, "a", slots=4))
        sent = (await dispatch(daemon, "a", **options)).json["message_id"]
        frame = await bridge.receive_dispatch()
        self.assertEqual(frame["message_id"], sent)
        await bridge.progress(sent)
        await bridge.sync()
        return bridge, sent

    async def check_result(self, daemon, bridge, sent):
        """The result that the bridge hands in arrives, once, with its cost."""
        for _ in range(2):
            await bridge.respond(sent, "done", usage={"cost_usd": 0.5})
            await bridge.acked(sent)
        known = await finished_record(daemon, sent)
        self.assertEqual((known["state"], known["content"]),
                         ("completed", "done"))
        costs = (await get(daemon, "/control/context")).json
        self.assertEqual(costs["session_cost_usd"], 0.5)

    async def test_a_result_arrives_although_the_link_was_cut(self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(daemon)
        bridge.cut()
        await eventually(lambda: self.is_awaited(daemon, sent),
                         "the dispatch awaits its bridge")
        back = await self.given(await bridge.again(
            daemon, entry(sent, "finished")))
        self.assertEqual(back.registered["adopted"], [sent])
        await self.check_result(daemon, back, sent)

    async def is_awaited(self, daemon, sent):
        agent = (await get(daemon, "/control/agents/a")).json["agent"]
        return (agent["status"] == "disconnected"
                and (await record(daemon, sent))["state"] == "running")

    async def test_a_result_arrives_although_the_daemon_was_killed(self):
        first = self.daemon()
        bridge, sent = await self.at_work(first)
        first.kill()
        daemon = self.daemon()
        known = await record(daemon, sent)
        # That a dispatch runs is not recorded for its own sake.
        self.assertIn(known["state"], ("sent", "running"))
        self.assertIsNotNone(known["awaited_until"])
        back = await self.given(await bridge.again(
            daemon, entry(sent, "running")))
        self.assertEqual(back.registered["adopted"], [sent])
        await self.check_result(daemon, back, sent)

    async def test_a_result_arrives_although_the_daemon_was_restarted(self):
        first = self.daemon()
        bridge, sent = await self.at_work(first)
        closing = asyncio.create_task(asyncio.to_thread(first.stop))
        frame = await bridge.receive()
        self.assertEqual(frame["type"], "goaway")
        self.assertEqual(await bridge.closed(),
                         (1001, "Bridgekeeper is shutting down"))
        await closing
        daemon = self.daemon()
        back = await self.given(await bridge.again(
            daemon, entry(sent, "running")))
        await self.check_result(daemon, back, sent)

    async def test_a_result_that_was_finished_in_time_arrives_although_the_daemon_was_down_for_longer(
            self):
        first = self.daemon()
        bridge, sent = await self.at_work(first, timeout_s=1)
        first.kill()
        await asyncio.sleep(1.2)
        daemon = self.daemon()
        back = await self.given(await bridge.again(
            daemon, entry(sent, "finished")))
        await self.check_result(daemon, back, sent)

    async def test_a_frame_that_did_not_arrive_is_sent_again_after_a_restart(
            self):
        first = self.daemon()
        bridge = await self.given(await ResumingBridge.register(first, "a"))
        sent = (await dispatch(first, "a")).json["message_id"]
        first.kill()
        daemon = self.daemon()
        back = await self.given(await bridge.again(daemon))
        frame = await back.receive_dispatch()
        self.assertEqual((frame["message_id"], frame["attempt"]), (sent, 1))
        await self.check_result(daemon, back, sent)

    async def test_a_bridge_that_does_not_come_back_in_time_has_lost_its_work(
            self):
        first = self.daemon()
        _, sent = await self.at_work(first)
        first.kill()
        daemon = self.daemon(BRIDGEKEEPER_BRIDGE_RESUME_GRACE="0.5")
        known = await finished_record(daemon, sent)
        self.assertEqual((known["state"], known["reason"]),
                         ("lost", "agent_lost"))
        self.assertIn("did not come back in time", known["error"])

    async def test_a_bridge_that_was_restarted_hands_in_what_it_had_finished(
            self):
        daemon = self.daemon()
        bridge, finished = await self.at_work(daemon)
        running = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.receive_dispatch()
        bridge.cut()
        back = await self.given(await ResumingBridge.register(
            daemon, "a", resume=[entry(finished, "finished")]))
        await self.check_result(daemon, back, finished)
        known = await finished_record(daemon, running)
        self.assertEqual((known["state"], known["reason"]),
                         ("lost", "agent_lost"))
        self.assertIn("its bridge was restarted", known["error"])

    async def test_a_bridge_that_slept_hands_in_what_it_had_finished(self):
        daemon = self.daemon(BRIDGEKEEPER_HEARTBEAT_TIMEOUT="0.5",
                             BRIDGEKEEPER_HEARTBEAT_TICK="0.1",
                             BRIDGEKEEPER_HEARTBEAT_ADAPTIVE="false")
        bridge, sent = await self.at_work(daemon, timeout_s=1)
        # It neither reads nor writes, and its deadline goes by.
        bridge.sleep()
        await eventually(lambda: self.is_awaited(daemon, sent),
                         "the dispatch awaits its bridge")
        await pace(1)
        bridge.wake()
        self.assertEqual(await bridge.closed(), (4003, "Heartbeat timeout"))
        back = await self.given(await bridge.again(
            daemon, entry(sent, "finished")))
        self.assertEqual(back.registered["adopted"], [sent])
        await self.check_result(daemon, back, sent)

    async def test_a_bridge_that_slept_without_losing_its_link_goes_on(self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(daemon)
        bridge.sleep()
        other = (await dispatch(daemon, "a")).json["message_id"]
        await pace(0.5)
        bridge.wake()
        frame = await bridge.receive_dispatch()
        self.assertEqual(frame["message_id"], other)
        await self.check_result(daemon, bridge, sent)

    async def test_a_second_registration_on_one_link_changes_nothing(self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(daemon)
        # What a network that repeats itself delivers.
        for _ in range(2):
            await bridge.send("register", auth_token=daemon.token,
                              protocol="1.1", instance_id=bridge.instance_id,
                              resume=[entry(sent, "running")])
        await bridge.sync()
        self.assertEqual((await record(daemon, sent))["state"], "running")
        await self.check_result(daemon, bridge, sent)

    async def test_of_two_registrations_of_one_process_one_has_its_work(self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(daemon)
        bridge.cut()
        answers = await asyncio.gather(
            *(bridge.again(daemon, entry(sent, "running")) for _ in range(2)),
            return_exceptions=True)
        links = [await self.given(x) for x in answers
                 if isinstance(x, ResumingBridge)]
        self.assertTrue(links, answers)
        owners = [x for x in links if x.registered["adopted"] == [sent]]
        self.assertTrue(owners, [x.registered for x in links])
        state = (await record(daemon, sent))["state"]
        self.assertEqual(state, "running")
        open_links = [x for x in links if x.is_open()]
        await self.check_result(daemon, open_links[-1], sent)
