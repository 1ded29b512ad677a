"""Dispatches wait for a free slot, for an agent, or for their next attempt."""

import asyncio
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import (ControlSocket, dispatch, finished_record, get, post,
                    record, request)
from daemon import SLOTS, Daemon
from events import EventStream
from waiting import eventually


class WaitingCase(AsyncCase):
    """Bridges are sent one dispatch at a time, as by default."""

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def started(self, **variables):
        variables = {SLOTS: None, "BRIDGEKEEPER_SHUTDOWN_DRAIN_TIMEOUT": "0.2",
                     **variables}
        daemon = Daemon(directory=self.directory, **variables).start()
        self.addCleanup(daemon.kill)
        return daemon

    async def worker(self, daemon, name="a", **fields):
        return await self.given(await Bridge.register(daemon, name, **fields))

    async def accepted(self, daemon, agent="a", **fields):
        answer = await dispatch(daemon, agent, **fields)
        self.assertEqual((answer.status, answer.json["status"]),
                         (200, "dispatched"))
        return answer.json["message_id"]

    async def state(self, daemon, message_id):
        return (await record(daemon, message_id))["state"]

    async def positions(self, daemon, ids):
        return [(await record(daemon, id))["queue_position"] for id in ids]

    async def done(self, daemon, bridge, message_id):
        """The bridge is sent this dispatch next, and responds."""
        sent = await bridge.receive_dispatch()
        self.assertEqual(sent["message_id"], message_id)
        await bridge.respond(message_id)
        await finished_record(daemon, message_id)


class QueueTest(WaitingCase):

    async def test_a_bridge_is_sent_one_dispatch_after_the_other(self):
        daemon = self.started()
        bridge = await self.worker(daemon)
        async with await EventStream.open(daemon, "a") as stream:
            first, second, third = [await self.accepted(daemon)
                                    for _ in range(3)]
            self.assertEqual(await self.state(daemon, first), "sent")
            self.assertEqual(
                [(x["state"], x.get("queue_position")) for x in
                 [await record(daemon, id) for id in (first, second, third)]],
                [("sent", None), ("queued", 1), ("queued", 2)])
            # What clients of the replaced server see has not changed.
            task = (await get(daemon, "/control/agents/a/task")).json
            self.assertEqual(task["status"], "dispatched")
            queued = (await get(daemon,
                                "/control/dispatches?state=queued")).json
            self.assertEqual([x["message_id"] for x in queued["dispatches"]],
                             [third, second])
            for id in (first, second, third):
                await self.done(daemon, bridge, id)
            await stream.until("agent_response", third)

    async def test_priority_and_tokens_decide_who_is_next(self):
        daemon = self.started()
        bridge = await self.worker(daemon)
        first = await self.accepted(daemon)
        low = await self.accepted(daemon, priority="low")
        normal = await self.accepted(daemon)
        high = await self.accepted(daemon, priority="high")
        for id in (first, high, normal, low):
            await self.done(daemon, bridge, id)

    async def test_a_dispatch_that_waits_can_be_cancelled(self):
        daemon = self.started()
        bridge = await self.worker(daemon)
        first, second, third = [await self.accepted(daemon) for _ in range(3)]
        answer = await post(daemon, f"/control/dispatches/{second}/cancel", {})
        self.assertEqual((answer.status, answer.json["reason"]),
                         (200, "cancelled"))
        for id in (first, third):
            await self.done(daemon, bridge, id)

    async def test_a_slot_is_held_until_the_late_response(self):
        daemon = self.started()
        bridge = await self.worker(daemon)
        first = await self.accepted(daemon, timeout_s=0.2)
        second = await self.accepted(daemon)
        await finished_record(daemon, first)
        await bridge.receive_dispatch()
        await bridge.sync()
        self.assertEqual(await self.state(daemon, second), "queued")
        await bridge.respond(first, "late")
        await self.done(daemon, bridge, second)
        self.assertEqual((await record(daemon, first))["late"][0]["content"],
                         "late")

    async def test_a_slot_is_held_no_longer_than_configured(self):
        daemon = self.started(BRIDGEKEEPER_BRIDGE_STOCK_SLOT_HOLD="0.3")
        bridge = await self.worker(daemon)
        first = await self.accepted(daemon, timeout_s=0.2)
        second = await self.accepted(daemon)
        await bridge.receive_dispatch()
        await self.done(daemon, bridge, second)
        self.assertEqual(await self.state(daemon, first), "timed_out")

    async def test_waiting_has_a_limit_of_its_own(self):
        daemon = self.started()
        await self.worker(daemon)
        first = await self.accepted(daemon)
        second = await self.accepted(daemon, queue_timeout_s=0.2)
        known = await finished_record(daemon, second)
        self.assertEqual((known["state"], known["reason"]),
                         ("timed_out", "timeout"))
        self.assertIn("queue timeout", known["error"])
        self.assertEqual(await self.state(daemon, first), "sent")

    async def test_more_than_an_agent_may_have_are_refused(self):
        daemon = self.started(
            BRIDGEKEEPER_BRIDGE_MAX_PENDING_PER_AGENT="2")
        await self.worker(daemon)
        for _ in range(2):
            await self.accepted(daemon)
        self.assertEqual((await dispatch(daemon, "a")).status, 503)

    async def test_a_follow_up_waits_its_turn(self):
        daemon = self.started()
        bridge = await self.worker(daemon)
        first = await self.accepted(daemon)
        answer = await post(daemon, "/control/agents/a/followup",
                            {"content": "more"})
        self.assertEqual(answer.status, 200)
        await bridge.receive_dispatch()
        await bridge.respond(first)
        sent = await bridge.receive_dispatch()
        self.assertEqual(sent["context"],
                         {"is_followup": True, "followup_to": first})


class AbsenceTest(WaitingCase):

    async def gone(self, daemon, name="a", **fields):
        async with await Bridge.register(daemon, name, **fields):
            pass

        async def is_away():
            agents = (await get(daemon, "/ws/agent-bridge/status")).json
            return agents["connected_count"] == 0
        await eventually(is_away, "the agent is away")

    async def test_only_who_says_so_waits_for_an_absent_agent(self):
        for durability in ("full", "none"):
            with self.subTest(durability):
                daemon = self.started(
                    BRIDGEKEEPER_STORE_DURABILITY=durability)
                await self.gone(daemon)
                self.assertEqual((await dispatch(daemon, "a")).status, 409)
                answer = await dispatch(daemon, "b", queue_timeout_s=60)
                self.assertEqual(answer.status, 404)
                waiting = await self.accepted(daemon, queue_timeout_s=60)
                bridge = await self.worker(daemon)
                await self.done(daemon, bridge, waiting)
                await bridge.close()
                daemon.stop()

    async def test_a_position_is_the_turn_also_after_a_restart(self):
        daemon = self.started()
        await self.gone(daemon)
        normal, low, high = [
            await self.accepted(daemon, priority=priority, queue_timeout_s=60)
            for priority in ("normal", "low", "high")]
        turns = (high, normal, low)
        self.assertEqual(await self.positions(daemon, turns), [1, 2, 3])
        daemon.kill()
        daemon = self.started()
        self.assertEqual(await self.positions(daemon, turns), [1, 2, 3])
        bridge = await self.worker(daemon)
        for id in turns:
            await self.done(daemon, bridge, id)

    async def test_a_killed_dispatcher_forgets_nothing(self):
        daemon = self.started()
        await self.gone(daemon)
        waiting = await self.accepted(daemon, queue_timeout_s=60)
        short = await self.accepted(daemon, queue_timeout_s=1)
        await daemon.ask_console("kill-actor dispatcher")
        known = await finished_record(daemon, short)
        self.assertEqual(known["state"], "timed_out")
        bridge = await self.worker(daemon)
        await self.done(daemon, bridge, waiting)

    async def test_what_waits_goes_on_waiting_after_a_restart(self):
        for end in ("kill", "stop"):
            with self.subTest(end):
                daemon = self.started()
                bridge = await self.worker(daemon)
                first = await self.accepted(daemon)
                second = await self.accepted(daemon, priority="high")
                retried = await self.accepted(
                    daemon, retry={"max_attempts": 2})
                getattr(daemon, end)()
                daemon = self.started()
                known = await record(daemon, second)
                self.assertEqual((known["state"], known["options"]),
                                 ("queued", {"priority": "high"}))
                self.assertEqual(await self.state(daemon, first), "lost")
                bridge = await self.worker(daemon)
                for id in (second, retried):
                    await self.done(daemon, bridge, id)
                await bridge.close()
                daemon.stop()

    async def test_what_a_bridge_had_is_retried_after_a_restart(self):
        daemon = self.started()
        bridge = await self.worker(daemon)
        id = await self.accepted(daemon, retry={"max_attempts": 2})
        await bridge.receive_dispatch()
        daemon.kill()
        daemon = self.started()
        self.assertEqual(await self.state(daemon, id), "queued")
        bridge = await self.worker(daemon)
        sent = await bridge.receive_dispatch()
        self.assertEqual(sent["message_id"], f"{id}.2")
        await bridge.respond(f"{id}.2", "second attempt")
        known = await finished_record(daemon, id)
        self.assertEqual((known["content"], known["attempt"]),
                         ("second attempt", 2))
        self.assertIn("retried", [x["what"] for x in known["history"]])


class RetryTest(WaitingCase):

    async def test_a_failed_attempt_is_repeated_and_told(self):
        daemon = self.started()
        bridge = await self.worker(daemon)
        async with await ControlSocket.open(daemon) as control:
            await control.dispatch("1", "a", retry={
                "max_attempts": 3, "on": ["failed"], "backoff_s": 0.1})
            sent = await bridge.receive_dispatch()
            id = sent["message_id"]
            await bridge.respond(id, "", error="first")
            await bridge.receive_dispatch()
            await bridge.respond(f"{id}.2", "", error="second")
            await bridge.receive_dispatch()
            await bridge.respond(f"{id}.3", "third")
            outcome = await control.result("1")
        self.assertEqual(outcome["content"], "third")
        known = await record(daemon, id)
        self.assertEqual(known["attempt"], 3)

    async def test_a_lost_attempt_is_repeated_by_the_next_link(self):
        daemon = self.started()
        bridge = await self.worker(daemon)
        id = await self.accepted(daemon, retry={"max_attempts": 2})
        await bridge.receive_dispatch()
        await bridge.close()
        bridge = await self.worker(daemon)
        self.assertEqual((await bridge.receive_dispatch())["message_id"],
                         f"{id}.2")
        await bridge.respond(f"{id}.2", "done")
        known = await finished_record(daemon, id)
        self.assertEqual(known["status"], "completed")


class RoutingTest(WaitingCase):

    async def routed(self, daemon, *require, **fields):
        return await post(daemon, "/control/dispatch", {
            "content": "do it", "require": list(require), **fields})

    async def test_the_least_busy_able_agent_is_chosen(self):
        daemon = self.started()
        for name, capabilities in (("a", ["c++"]), ("b", ["c++", "sql"]),
                                   ("c", ["sql"])):
            await self.worker(daemon, name, capabilities=capabilities)
        chosen = [(await self.routed(daemon, "c++")).json["agent_id"]
                  for _ in range(4)]
        self.assertEqual(sorted(chosen), ["a", "a", "b", "b"])
        self.assertEqual((await self.routed(daemon, "go")).status, 409)

    async def test_a_dispatch_waits_for_an_able_agent_across_a_restart(self):
        daemon = self.started()
        answer = await self.routed(daemon, "c++", queue_timeout_s=60)
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer.json["agent_id"])
        id = answer.json["message_id"]
        self.assertEqual((await record(daemon, id))["state"], "queued")
        daemon.kill()
        daemon = self.started()
        unable = await self.worker(daemon, "a", capabilities=["sql"])
        bridge = await self.worker(daemon, "b", capabilities=["c++"])
        await self.done(daemon, bridge, id)
        known = await record(daemon, id)
        self.assertEqual(known["agent_id"], "b")
        await unable.sync()

    async def test_priority_decides_who_gets_an_able_agent(self):
        daemon = self.started()
        normal, low, high = [
            (await self.routed(daemon, "c++", priority=priority,
                               queue_timeout_s=60)).json["message_id"]
            for priority in ("normal", "low", "high")]
        turns = (high, normal, low)
        self.assertEqual(await self.positions(daemon, turns), [1, 2, 3])
        daemon.kill()
        daemon = self.started()
        self.assertEqual(await self.positions(daemon, turns), [1, 2, 3])
        bridge = await self.worker(daemon, capabilities=["c++"])
        for id in turns:
            await self.done(daemon, bridge, id)

    async def test_one_that_waits_for_an_able_agent_can_be_cancelled(self):
        for durability in ("full", "none"):
            with self.subTest(durability):
                daemon = self.started(
                    BRIDGEKEEPER_STORE_DURABILITY=durability)
                id = (await self.routed(daemon, "c++", queue_timeout_s=60)
                      ).json["message_id"]
                answer = await request(
                    daemon, "POST", f"/control/dispatches/{id}/cancel")
                self.assertEqual(answer.json["reason"], "cancelled")
                bridge = await self.worker(daemon, "b", capabilities=["c++"])
                await bridge.sync()
                await bridge.close()
                daemon.stop()
