"""What a daemon knew is known to the next one on the same directory."""

import asyncio
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import dispatch, finished_record, get, post, record
from daemon import Daemon
from events import EventStream
from waiting import eventually


class RestartTest(AsyncCase):

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.first = self.daemon()

    def daemon(self, **variables):
        """One after the other on the same directory."""
        daemon = Daemon(directory=self.directory,
                        BRIDGEKEEPER_SHUTDOWN_DRAIN_TIMEOUT="0.1",
                        **variables).start()
        self.addCleanup(daemon.kill)
        return daemon

    async def worked(self):
        """One finished and one unfinished dispatch of an agent."""
        bridge = await self.given(await Bridge.register(
            self.first, "a", capabilities=["c"], workdir="/w"))
        ids = []
        for _ in range(2):
            ids.append((await dispatch(self.first, "a")).json["message_id"])
            await bridge.receive_dispatch()
        await bridge.respond(ids[0], "the answer", usage={"cost_usd": 0.25})
        await finished_record(self.first, ids[0])
        return ids

    async def test_a_kill_loses_no_outcome_and_no_dispatch(self):
        done, left = await self.worked()
        self.first.kill()
        daemon = self.daemon()
        known = await record(daemon, done)
        self.assertEqual((known["status"], known["content"], known["usage"]),
                         ("completed", "the answer", {"cost_usd": 0.25}))
        known = await record(daemon, left)
        self.assertEqual((known["state"], known["reason"]),
                         ("lost", "agent_lost"))
        self.assertIn("was restarted", known["error"])
        listed = (await get(daemon, "/control/dispatches")).json
        self.assertEqual([x["message_id"] for x in listed["dispatches"]],
                         [left, done])
        self.assertIsNone(listed["next"])

    async def test_agents_sessions_and_costs_are_found_again(self):
        await self.worked()
        before = (await get(self.first, "/control/context")).json
        opened = (await post(self.first, "/control/sessions", {})).json[
            "session_id"]
        self.first.stop()
        daemon = self.daemon()
        after = (await get(daemon, "/control/context")).json
        self.assertEqual(after["control_session_id"],
                         before["control_session_id"])
        self.assertEqual(after["session_cost_usd"], 0.25)
        self.assertEqual(after["daily_cost_usd"], 0.25)
        agent = (await get(daemon, "/control/agents/a")).json["agent"]
        self.assertEqual((agent["status"], agent["capabilities"],
                          agent["workdir"]), ("disconnected", ["c"], "/w"))
        task = (await get(daemon, "/control/agents/a/task")).json
        self.assertEqual(task["status"], "error")
        answer = await get(daemon, f"/control/sessions/{opened}/events/filter")
        self.assertEqual(answer.status, 200)

    async def test_a_stream_continues_after_the_last_event_it_has_seen(self):
        await self.worked()
        async with await EventStream.open(self.first, "a") as stream:
            while True:
                block = await stream.next_block()
                if "agent_response" in block["data"]:
                    break
        self.first.kill()
        daemon = self.daemon()
        async with await EventStream.open(
                daemon, "a", headers={"Last-Event-ID": block["id"]}) as stream:
            rest = await stream.until("agent_error")
        self.assertEqual([x["event_type"] for x in rest],
                         ["agent_disconnected", "agent_error"][-len(rest):])

    async def test_incarnations_go_on(self):
        await self.worked()
        self.first.kill()
        daemon = self.daemon()
        await self.given(await Bridge.register(daemon, "a"))
        async with await EventStream.open(daemon, "a") as stream:
            numbers = []
            while len(numbers) < 2:
                event = await stream.next()
                if event["event_type"] == "agent_connected":
                    numbers.append(event["metadata"]["incarnation"])
        self.assertLess(numbers[0], numbers[1])

    async def test_in_memory_a_restart_forgets_everything(self):
        self.first.stop()
        self.first = self.daemon(BRIDGEKEEPER_STORE_DURABILITY="none")
        done, _ = await self.worked()
        self.first.stop()
        daemon = self.daemon(BRIDGEKEEPER_STORE_DURABILITY="none")
        answer = await get(daemon, f"/control/dispatches/{done}")
        self.assertEqual(answer.status, 404)
        answer = await get(daemon, "/control/dispatches")
        self.assertEqual(answer.status, 503)
        self.assertIn("no store", answer.json["detail"])


class CancelTest(AsyncCase):

    async def test_a_cancelled_dispatch_ends_at_once_and_keeps_what_is_late(
            self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "a"))
        waiting = asyncio.create_task(dispatch(daemon, "a", query="?wait=15"))
        message_id = (await bridge.receive_dispatch())["message_id"]
        path = f"/control/dispatches/{message_id}/cancel"
        answer = await post(daemon, path, {})
        self.assertEqual((answer.status, answer.json["reason"]),
                         (200, "cancelled"))
        self.assertEqual((await waiting).json["reason"], "cancelled")
        answer = await post(daemon, path, {})
        self.assertEqual((answer.status, answer.json["detail"]),
                         (409, "The dispatch has already ended"))
        # The record tells how, and the error has what all errors have.
        self.assertEqual((answer.json["status"], answer.json["code"],
                          answer.json["retryable"]),
                         ("error", "already_ended", False))
        await bridge.respond(message_id, "too late", usage={"cost_usd": 1})

        async def is_kept():
            return (await record(daemon, message_id))["late_results"] == 1
        await eventually(is_kept, "the late result")
        known = await record(daemon, message_id)
        self.assertEqual((known["state"], known["content"],
                          known["late"][0]["content"]),
                         ("cancelled", None, "too late"))

        async def counts():
            context = (await get(daemon, "/control/context")).json
            return context["session_cost_usd"] == 1
        await eventually(counts, "the cost")
        answer = await post(daemon, "/control/dispatches/unknown/cancel", {})
        self.assertEqual(answer.status, 404)


class RepeatTest(AsyncCase):

    async def test_a_repeated_request_starts_nothing_twice(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "a"))

        async def ask(content, key="k"):
            return await post(daemon, "/control/agents/a/dispatch",
                              {"content": content},
                              headers={"Idempotency-Key": key})
        first = await ask("one")
        again = await ask("one")
        self.assertEqual(again.json, first.json)
        other = await ask("two")
        self.assertEqual((other.status, other.json["detail"]),
                         (422, "This Idempotency-Key was used for another "
                               "request"))
        many = await asyncio.gather(*(ask("many", "m") for _ in range(20)))
        self.assertEqual(len({x.json["message_id"] for x in many}), 1)
        tasks = [await bridge.receive_dispatch() for _ in range(2)]
        self.assertEqual({x["content"] for x in tasks}, {"one", "many"})
        await bridge.close()
        # A bridge that is away does not matter to what was accepted.
        self.assertEqual((await ask("one")).json, first.json)
