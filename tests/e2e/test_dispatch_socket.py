"""A program on /ws/control: many dispatches and subscriptions at once."""

import json

import websockets

from bridge import Bridge
from cases import DaemonCase
from client import ControlSocket, finished_record, record


class ControlSocketTest(DaemonCase):

    async def test_accepted_progress_and_response_carry_the_same_id(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.dispatch("my id ü", bridge.agent_id, "go",
                               context={"k": [1]})
        task = await bridge.receive_dispatch()
        self.assertEqual((task["content"], task["context"]),
                         ("go", {"k": [1]}))
        about = {"id": "my id ü", "message_id": task["message_id"],
                 "agent_id": bridge.agent_id}
        self.assertEqual(await control.next("my id ü"),
                         {"type": "accepted", **about})
        await bridge.progress(task["message_id"], "thinking",
                              progress_text="hm", metadata={"step": 1})
        self.assertEqual(await control.next("my id ü"),
                         {"type": "progress", "status": "thinking",
                          "progress_text": "hm", "metadata": {"step": 1},
                          **about})
        await bridge.respond(task["message_id"], "done",
                             usage={"cost_usd": 0.5})
        answer = await control.next("my id ü")
        self.assertGreaterEqual(answer.pop("duration_s"), 0)
        self.assertEqual(answer, {"type": "response", "content": "done",
                                  "usage": {"cost_usd": 0.5}, "error": None,
                                  **about})
        await control.sync()
        self.assertEqual(control.unread("my id ü"), 0)

    async def test_quiet_asks_for_the_outcome_alone(self):
        bridge = (await self.bridge()).work(progress=3)
        control = await self.control()
        await control.dispatch("q", bridge.agent_id, quiet=True)
        self.assertEqual((await control.next("q"))["type"], "response")
        await control.sync()
        self.assertEqual(control.unread("q"), 0)

    async def test_a_response_may_be_an_error_of_the_task(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.dispatch("d", bridge.agent_id)
        task = await bridge.receive_dispatch()
        await bridge.respond(task["message_id"], "half", error="boom")
        answer = await control.result("d")
        self.assertEqual((answer["type"], answer["content"],
                          answer["error"]), ("response", "half", "boom"))

    async def test_refusals_name_their_reason(self):
        await self.bridge()
        gone = self.agent_name("-gone")
        async with await Bridge.register(self.daemon, gone):
            pass
        control = await self.control()
        name = self.agent_name()
        cases = [
            ({"agent_id": "nobody"}, "unknown_agent"),
            ({"agent_id": gone}, "agent_not_connected"),
            ({"agent_id": "a b"}, "invalid_agent_id"),
            ({"agent_id": name, "content": "  "}, "empty_content"),
            ({"agent_id": name, "content": "x" * 10_001},
             "content_too_long"),
            ({}, "invalid_message"),
            ({"agent_id": name, "content": 7}, "invalid_message"),
            ({"agent_id": name, "context": []}, "invalid_message"),
            ({"agent_id": name, "timeout_s": 0}, "invalid_message"),
            ({"agent_id": name, "timeout_s": "1"}, "invalid_message"),
            ({"agent_id": name, "quiet": 1}, "invalid_message")]
        for number, (fields, code) in enumerate(cases):
            with self.subTest(**fields):
                id = f"refused-{number}"
                await control.ask("dispatch", id, **{"content": "x",
                                                     **fields})
                answer = await control.next(id)
                self.assertEqual((answer["type"], answer["code"]),
                                 ("error", code))
                self.assertTrue(answer["detail"])
                self.assertIsInstance(answer["retryable"], bool)
                self.assertEqual(answer["retry_helps"], answer["retryable"])
                self.assertEqual(set(answer),
                                 {"type", "id", "message_id", "code",
                                  "detail", "retryable", "retry_after_s",
                                  "retry_helps"})

    async def test_what_is_no_request_is_answered_with_an_error(self):
        control = await self.control()
        for text, code in (("{", "invalid_json"), ("[]", "invalid_message"),
                           ("{}", "invalid_message"),
                           ('{"type":"dance"}', "invalid_message"),
                           ('{"type":"agents","id":7}', "invalid_message")):
            with self.subTest(text):
                await control.send_text(text)
                answer = await control.next("")
                self.assertEqual((answer["type"], answer["code"]),
                                 ("error", code))
        self.assertTrue(control.is_open())

    async def test_many_are_in_flight_and_none_is_mixed_up(self):
        bridges = [(await self.bridge(self.agent_name(f"-{n}"))).work(2)
                   for n in range(5)]
        control = await self.control()
        ids = [f"{n}" for n in range(500)]
        for number, id in enumerate(ids):
            await control.dispatch(id, bridges[number % 5].agent_id,
                                   f"text {id}")
        for id in ids:
            kinds = []
            while not kinds or kinds[-1] != "response":
                answer = await control.next(id)
                kinds.append(answer["type"])
            self.assertEqual(kinds, ["accepted", "progress", "progress",
                                     "response"])
            self.assertEqual(answer["content"], f"text {id}")
        await control.sync()
        self.assertFalse(any(control.unread(id) for id in ids))

    async def test_one_agent_s_dispatches_arrive_in_order(self):
        bridge = await self.bridge()
        control = await self.control()
        for number in range(200):
            await control.dispatch(f"{number}", bridge.agent_id, f"{number}")
        for number in range(200):
            task = await bridge.receive_dispatch()
            self.assertEqual(task["content"], f"{number}")

    async def test_more_in_flight_than_allowed_wait_their_turn(self):
        # The default bound is 4096; an agent takes 1000.
        bridges = [await self.bridge(self.agent_name(f"-{n}"))
                   for n in range(5)]
        control = await self.control()
        for number in range(4500):
            await control.dispatch(f"{number}",
                                   bridges[number % 5].agent_id, quiet=True)
        for bridge in bridges:
            bridge.work()
        for number in range(4500):
            self.assertEqual((await control.next(f"{number}"))["type"],
                             "response")

    async def test_a_client_that_goes_away_does_not_end_its_tasks(self):
        bridge = await self.bridge()
        async with await ControlSocket.open(self.daemon) as control:
            await control.dispatch("d", bridge.agent_id)
            task = await bridge.receive_dispatch()
        await bridge.respond(task["message_id"], "for the record")
        known = await finished_record(self.daemon, task["message_id"])
        self.assertEqual(known["content"], "for the record")


class SubscriptionTest(DaemonCase):

    async def test_a_subscription_to_one_agent_hears_of_no_other(self):
        one = (await self.bridge(self.agent_name("-one"))).work(1)
        other = (await self.bridge(self.agent_name("-other"))).work(1)
        control = await self.control()
        await control.ask("subscribe", "s", agent_id=one.agent_id)
        self.assertEqual(await control.next("s"),
                         {"type": "subscribed", "id": "s"})
        for agent in (other, one):
            await control.dispatch(agent.agent_id, agent.agent_id)
            await control.result(agent.agent_id)
        kinds = []
        for _ in range(3):
            answer = await control.next("s")
            self.assertEqual(set(answer),
                             {"type", "id", "sequence", "event"})
            self.assertEqual(answer["type"], "event")
            self.assertEqual(answer["event"]["metadata"]["agent_id"],
                             one.agent_id)
            kinds.append(answer["event"]["event_type"])
        self.assertEqual(kinds, ["task_dispatched", "agent_progress",
                                 "agent_response"])

    async def test_a_subscription_to_all_hears_everything_in_order(self):
        control = await self.control()
        await control.ask("subscribe", "s")
        await control.next("s")
        agents = [(await self.bridge(self.agent_name(f"-{n}"))).work()
                  for n in range(3)]
        for agent in agents:
            await control.dispatch(agent.agent_id, agent.agent_id)
        for agent in agents:
            await control.result(agent.agent_id)
        heard = [await control.next("s") for _ in range(9)]
        numbers = [x["sequence"] for x in heard]
        self.assertEqual(numbers,
                         list(range(numbers[0], numbers[0] + 9)))
        stamps = [x["event"]["timestamp"] for x in heard]
        self.assertEqual(stamps, sorted(set(stamps)))

    async def test_two_subscriptions_on_one_socket_each_hear(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.ask("subscribe", "mine", agent_id=bridge.agent_id)
        await control.ask("subscribe", "all", agent_id=None)
        for id in ("mine", "all"):
            self.assertEqual((await control.next(id))["type"], "subscribed")
        await control.dispatch("d", bridge.agent_id)

        async def told(id):
            # The agent's connection may be told as well.
            while True:
                event = (await control.next(id))["event"]
                if event["event_type"] == "task_dispatched":
                    return event
        self.assertEqual(await told("mine"), await told("all"))


class ForgottenDispatchTest(DaemonCase):
    """Dispatches that only the store remembers."""
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "commit",
                 "BRIDGEKEEPER_EVENTS_FINISHED_DISPATCHES": "1"}

    async def forgotten(self, bridge, control, **fields):
        """The id of a dispatch that has ended before the others."""
        ids = []
        for i in range(4):
            await control.dispatch(str(i), bridge.agent_id, "go", **fields)
            ids.append((await control.next(str(i)))["message_id"])
            self.assertEqual((await control.result(str(i)))["type"],
                             "response")
            fields = {}
        return ids[0]

    async def test_its_record_is_that_of_http(self):
        bridge = (await self.bridge()).work()
        control = await self.control()
        message_id = await self.forgotten(bridge, control)
        known = await record(self.daemon, message_id)
        self.assertEqual(known["state"], "completed")
        for id in (message_id, message_id[-12:]):
            await control.ask("record", "r", message_id=id)
            self.assertEqual(await control.next("r"),
                             {"type": "record", "id": "r", "record": known})

    async def test_a_repetition_is_answered_with_its_record(self):
        bridge = (await self.bridge()).work()
        control = await self.control()
        key = {"idempotency_key": "once"}
        message_id = await self.forgotten(bridge, control, **key)
        await control.dispatch("again", bridge.agent_id, "go", **key)
        self.assertEqual(
            await control.next("again"),
            {"type": "record", "id": "again",
             "record": await record(self.daemon, message_id)})

    async def test_it_cannot_be_cancelled_because_it_has_ended(self):
        bridge = (await self.bridge()).work()
        control = await self.control()
        message_id = await self.forgotten(bridge, control)
        await control.ask("cancel", "c", message_id=message_id)
        answer = await control.next("c")
        self.assertEqual((answer["type"], answer["code"]),
                         ("error", "already_ended"))


class ControlSocketDoorTest(DaemonCase):

    async def refused(self, **options):
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            await websockets.connect(self.daemon.ws_url("/ws/control"),
                                     **options)
        return caught.exception.status_code

    async def test_without_the_token_there_is_no_upgrade(self):
        self.assertEqual(await self.refused(), 401)
        self.assertEqual(await self.refused(extra_headers={
            "Authorization": "Bearer wrong"}), 401)

    async def test_the_token_may_stand_in_the_query(self):
        async with websockets.connect(
                self.daemon.ws_url("/ws/control?token=" + self.daemon.token)
        ) as socket:
            await socket.send('{"type":"agents","id":"1"}')
            self.assertEqual(json.loads(await socket.recv())["id"], "1")

    async def test_a_binary_frame_ends_it_with_1003(self):
        async with await ControlSocket.open(self.daemon) as control:
            await control.send_text(b"\x00")
            self.assertEqual((await control.closed())[0], 1003)
