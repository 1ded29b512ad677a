"""A task goes to an agent and its answer comes back, over HTTP."""

import asyncio

from cases import DaemonCase
from client import dispatch, finished_record, get, post, record
from regression import fails_at
from waiting import Stopwatch, eventually

_UUID7 = (r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
          r"[0-9a-f]{12}$")
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$"


class DispatchTest(DaemonCase):

    async def test_a_dispatch_is_answered_with_its_message_id(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        self.assertEqual(answer.status, 200)
        body = answer.json
        self.assertRegex(body.pop("message_id"), _UUID7)
        self.assertEqual(body, {"agent_id": bridge.agent_id,
                                "status": "dispatched",
                                "message": "Task dispatched"})

    async def test_the_bridge_gets_exactly_the_promised_fields(self):
        bridge = await self.bridge()
        context = {"deep": [{"x": None}], "ü": 1.5}
        answer = await dispatch(self.daemon, bridge.agent_id,
                                " \n fix it, Jürgen \0", context=context)
        task = await bridge.receive_dispatch()
        self.assertIsInstance(task.pop("session_id"), str)
        self.assertEqual(task, {
            "type": "dispatch", "agent_id": bridge.agent_id,
            "message_id": answer.json["message_id"],
            "content": "fix it, Jürgen", "context": context})

    async def test_task_and_record_tell_how_far_it_is(self):
        bridge = await self.bridge()
        path = f"/control/agents/{bridge.agent_id}/task"
        self.assertEqual((await get(self.daemon, path)).json,
                         {"agent_id": bridge.agent_id, "status": "idle",
                          "message_id": None, "error": None})
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]

        async def both():
            task = (await get(self.daemon, path)).json
            known = await record(self.daemon, message_id)
            self.assertEqual(task, {"agent_id": bridge.agent_id,
                                    "status": known["status"],
                                    "message_id": message_id,
                                    "error": known["error"]})
            return known["status"]

        async def comes_to(status):
            await eventually(lambda: self.shows(path, status), status)
            self.assertEqual(await both(), status)
        self.assertEqual(await both(), "dispatched")
        await bridge.receive_dispatch()
        await bridge.progress(message_id)
        await comes_to("running")
        await bridge.respond(message_id)
        await comes_to("completed")

    async def shows(self, path, status):
        return (await get(self.daemon, path)).json["status"] == status

    async def test_the_record_holds_the_response(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        await bridge.respond(message_id, "grüße", usage={"total_tokens": 7})
        known = await finished_record(self.daemon, message_id)
        timings = known.pop("timings")
        self.assertRegex(timings["dispatched_at"], _TIME)
        self.assertRegex(timings["finished_at"], _TIME)
        self.assertGreaterEqual(timings["duration_s"], 0)
        self.assertEqual({x: known.pop(x) for x in (
            "message_id", "agent_id", "status", "content", "usage", "error")}, {
            "message_id": message_id, "agent_id": bridge.agent_id,
            "status": "completed", "content": "grüße",
            "usage": {"total_tokens": 7}, "error": None})
        history = known.pop("history")
        self.assertEqual([x["what"] for x in history],
                         ["created", "sent", "completed"])
        for step in history:
            self.assertRegex(step["at"], _TIME)
        self.assertEqual(known.pop("task"), {"content": "do it",
                                             "context": {}})
        for name in ("created_at", "sent_at", "ended_at"):
            self.assertRegex(known.pop(name), _TIME)
        self.assertIsInstance(known.pop("session_id"), str)
        self.assertEqual(known, {
            "state": "completed", "attempt": 1, "max_attempts": 1,
            "followup_to": None, "options": {}, "awaited_until": None,
            "next_attempt_at": None, "late_results": 0,
            "late": []})

    @fails_at("8bd27b6")
    async def test_a_follow_up_waits_for_its_answer_as_a_dispatch_does(self):
        bridge = await self.bridge()
        path = f"/control/agents/{bridge.agent_id}/followup"
        await dispatch(self.daemon, bridge.agent_id)
        task = await bridge.receive_dispatch()
        await bridge.respond(task["message_id"])
        waiting = asyncio.create_task(
            post(self.daemon, path + "?wait=15", {"content": "more"}))
        task = await bridge.receive_dispatch()
        self.assertTrue(task["context"]["is_followup"])
        await bridge.respond(task["message_id"], "the rest")
        answer = await waiting
        self.assertEqual((answer.status, answer.json["content"]),
                         (200, "the rest"))
        answer = await post(self.daemon, path + "?wait=0.05",
                            {"content": "more"})
        self.assertEqual(answer.status, 202)
        self.assertEqual(answer.headers["location"], "/control/dispatches/"
                         + answer.json["message_id"])
        answer = await post(self.daemon, path + "?wait=soon",
                            {"content": "more"})
        self.assertEqual(answer.status, 422)

    async def test_an_error_of_the_bridge_is_an_error_of_the_task(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        await bridge.respond(message_id, "half of it", error="boom",
                             usage={"cost_usd": 1})
        known = await finished_record(self.daemon, message_id)
        self.assertEqual((known["status"], known["error"], known["reason"]),
                         ("error", "boom", "task_failed"))
        self.assertEqual((known["content"], known["usage"]),
                         ("half of it", {"cost_usd": 1}))
        task = await get(self.daemon,
                         f"/control/agents/{bridge.agent_id}/task")
        self.assertEqual((task.json["status"], task.json["error"]),
                         ("error", "boom"))

    async def test_task_shows_the_newest_that_is_not_finished(self):
        bridge = await self.bridge()
        ids = [(await dispatch(self.daemon, bridge.agent_id)).json[
            "message_id"] for _ in range(3)]
        path = f"/control/agents/{bridge.agent_id}/task"
        # Finished in this order, the newest unfinished one is shown each time,
        # and at last the newest of all.
        for ending, shown in ((ids[2], ids[1]), (ids[0], ids[1]),
                              (ids[1], ids[2])):
            await bridge.respond(ending)
            await finished_record(self.daemon, ending)
            task = (await get(self.daemon, path)).json
            self.assertEqual(task["message_id"], shown)

    async def test_the_longest_content_goes_through(self):
        bridge = (await self.bridge()).work()
        content = "😀" * 10_000
        answer = await dispatch(self.daemon, bridge.agent_id, content,
                                query="?wait=10")
        self.assertEqual(answer.json["content"], content)


class WaitingDispatchTest(DaemonCase):

    async def test_wait_answers_with_the_finished_record(self):
        bridge = (await self.bridge()).work(progress=2)
        answer = await dispatch(self.daemon, bridge.agent_id, "echo me",
                                query="?wait=10")
        self.assertEqual(answer.status, 200)
        self.assertEqual((answer.json["status"], answer.json["content"]),
                         ("completed", "echo me"))
        known = await record(self.daemon, answer.json["message_id"])
        self.assertEqual(known["content"], "echo me")
        self.assertLess(set(answer.json), set(known))

    async def test_wait_answers_with_the_task_s_error(self):
        bridge = await self.bridge()
        waiting = asyncio.create_task(
            dispatch(self.daemon, bridge.agent_id, query="?wait=10"))
        task = await bridge.receive_dispatch()
        await bridge.respond(task["message_id"], error="boom")
        answer = await waiting
        self.assertEqual(answer.status, 200)
        self.assertEqual((answer.json["status"], answer.json["error"]),
                         ("error", "boom"))

    async def test_wait_that_is_too_short_is_answered_with_202(self):
        bridge = await self.bridge()
        watch = Stopwatch()
        answer = await dispatch(self.daemon, bridge.agent_id,
                                query="?wait=0.3")
        self.assertGreater(watch.seconds, 0.25)
        self.assertEqual(answer.status, 202)
        message_id = answer.json["message_id"]
        self.assertEqual(answer.headers["location"],
                         f"/control/dispatches/{message_id}")
        self.assertEqual(answer.json["status"], "dispatched")
        self.assertIsNone(answer.json["content"])
        # It goes on without its client.
        await bridge.respond(message_id, "later")
        known = await finished_record(self.daemon, message_id)
        self.assertEqual(known["content"], "later")

    async def test_wait_0_is_answered_with_a_dispatch_on_record(self):
        bridge = await self.bridge()

        async def one():
            answer = await dispatch(self.daemon, bridge.agent_id,
                                    query="?wait=0")
            self.assertEqual(answer.status, 202)
            known = await get(self.daemon, answer.headers["location"])
            self.assertEqual(known.status, 200, known.body)
            return answer.json["message_id"]
        for _ in range(10):
            ids = await asyncio.gather(*(one() for _ in range(20)))
            tasks = [await bridge.receive_dispatch() for _ in ids]
            self.assertEqual({x["message_id"] for x in tasks}, set(ids))

    async def test_wait_0_never_hides_that_the_dispatch_is_refused(self):
        # Many at once, so that the answers are not all in time.
        for _ in range(10):
            answers = await asyncio.gather(*(
                dispatch(self.daemon, self.agent_name("-unknown"),
                         query="?wait=0") for _ in range(40)))
            for answer in answers:
                self.assertEqual(answer.status, 404, answer.body)

    async def test_a_wait_that_is_no_number_is_refused(self):
        bridge = await self.bridge()
        for wait in ("", "x", "-1", "nan", "inf", "1e99", "1s", "0x10", "1 "):
            with self.subTest(wait):
                answer = await dispatch(self.daemon, bridge.agent_id,
                                        query=f"?wait={wait}".replace(
                                            " ", "%20"))
                self.assertEqual(answer.status, 422)
                self.assertIn("wait", str(answer.json["detail"]))
        await bridge.sync()

    async def test_a_client_that_goes_away_does_not_end_the_task(self):
        bridge = await self.bridge()
        waiting = asyncio.create_task(
            dispatch(self.daemon, bridge.agent_id, query="?wait=10",
                     content="orphan"))
        task = await bridge.receive_dispatch()
        waiting.cancel()
        await bridge.respond(task["message_id"], "for the record")
        known = await finished_record(self.daemon, task["message_id"])
        self.assertEqual(known["content"], "for the record")

    async def test_many_wait_at_once_and_each_gets_its_own_answer(self):
        bridge = (await self.bridge()).work()
        answers = await asyncio.gather(*(
            dispatch(self.daemon, bridge.agent_id, f"task {n}",
                     query="?wait=10") for n in range(50)))
        self.assertEqual([x.json["content"] for x in answers],
                         [f"task {n}" for n in range(50)])

    async def test_the_task_ends_once_the_response_has_come(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        await bridge.respond(answer.json["message_id"])

        async def task_is_completed():
            task = await get(self.daemon,
                             f"/control/agents/{bridge.agent_id}/task")
            return task.json["status"] == "completed"
        await eventually(task_is_completed, "the task has ended")
