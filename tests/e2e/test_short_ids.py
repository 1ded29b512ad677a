"""Dispatches that are named by a part of their id."""

from cases import DaemonCase
from client import dispatch, get, post, record


class ShortIdTest(DaemonCase):

    async def sent(self, bridge):
        answer = await dispatch(self.daemon, bridge.agent_id)
        await bridge.receive_dispatch()
        return answer.json["message_id"]

    async def cancel(self, id):
        return await post(self.daemon, f"/control/dispatches/{id}/cancel", {})

    async def requests(self, bridge, id):
        """The answers to all requests that name an earlier dispatch."""
        followup = {"content": "x", "followup_to": id}
        to_agent = f"/control/agents/{bridge.agent_id}"
        return [
            await get(self.daemon, f"/control/dispatches/{id}"),
            await self.cancel(id),
            await post(self.daemon, f"{to_agent}/followup", followup),
            await post(self.daemon, f"{to_agent}/dispatch", followup),
            await post(self.daemon, "/control/dispatch",
                       {"agent_id": bridge.agent_id, **followup})]

    async def test_the_end_of_an_id_cancels_the_dispatch(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        answer = await self.cancel(message_id[-8:])
        self.assertEqual((answer.status, answer.json["message_id"],
                          answer.json["reason"]),
                         (200, message_id, "cancelled"))
        answer = await self.cancel(message_id[-8:])
        self.assertEqual((answer.status, answer.json["message_id"],
                          answer.json["code"]),
                         (409, message_id, "already_ended"))

    async def test_the_end_of_an_id_cancels_a_dispatch_without_an_agent(self):
        answer = await post(self.daemon, "/control/dispatch", {
            "content": "x", "require": ["a-skill"], "queue_timeout_s": 600})
        message_id = answer.json["message_id"]
        answer = await self.cancel(message_id[-8:])
        self.assertEqual((answer.status, answer.json["message_id"],
                          answer.json["reason"]),
                         (200, message_id, "cancelled"))

    async def test_a_follow_up_names_the_end_of_an_id(self):
        bridge = await self.bridge()
        first = await self.sent(bridge)
        await bridge.respond(first)
        answer = await post(self.daemon,
                            f"/control/agents/{bridge.agent_id}/followup",
                            {"content": "x", "followup_to": first[-8:]})
        self.assertEqual(answer.status, 200, answer.body)
        # The bridge is told the whole id.
        task = await bridge.receive_dispatch()
        self.assertEqual(task["context"],
                         {"is_followup": True, "followup_to": first})
        await bridge.respond(task["message_id"])
        control = await self.control()
        await control.ask("dispatch", "1", agent_id=bridge.agent_id,
                          content="x", followup_to=first[-8:])
        accepted = await control.next("1")
        self.assertEqual(accepted["type"], "accepted")
        for id in (answer.json["message_id"], accepted["message_id"]):
            known = await record(self.daemon, id)
            self.assertEqual(known["followup_to"], first)

    async def test_a_key_belongs_to_a_follow_up_as_it_was_sent(self):
        bridge = await self.bridge()
        first = await self.sent(bridge)
        await bridge.respond(first)
        path = f"/control/agents/{bridge.agent_id}/followup"
        followup = {"content": "x", "followup_to": first[-8:],
                    "idempotency_key": "k"}
        answers = [await post(self.daemon, path, followup) for _ in range(2)]
        self.assertEqual(answers[0].status, 200)
        self.assertEqual(answers[0].json, answers[1].json)
        answer = await post(self.daemon, path,
                            {**followup, "followup_to": first})
        self.assertEqual(answer.json["code"], "idempotency_conflict")

    async def test_an_ambiguous_id_names_no_dispatch(self):
        bridge = await self.bridge()
        id = (await self.sent(bridge))[:4]
        await dispatch(self.daemon, bridge.agent_id)
        for answer in await self.requests(bridge, id):
            self.assertEqual((answer.status, answer.json["detail"]), (
                404, "Several dispatches have ids that start or end with "
                     + id))

    async def test_other_texts_name_no_dispatch(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        # Too short, and in upper case: ids are compared as texts.
        for id in (message_id[-3:], message_id.upper(), "nothing"):
            for answer in await self.requests(bridge, id):
                self.assertEqual(
                    (answer.status, answer.json.get("code")),
                    (404, "unknown_dispatch"), id)


class MemoryTest(ShortIdTest):
    """Without a store, only whole ids name dispatches."""
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "none"}

    test_the_end_of_an_id_cancels_a_dispatch_without_an_agent = None
    test_a_follow_up_names_the_end_of_an_id = None
    test_a_key_belongs_to_a_follow_up_as_it_was_sent = None
    test_an_ambiguous_id_names_no_dispatch = None

    async def test_the_end_of_an_id_cancels_the_dispatch(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        for answer in await self.requests(bridge, message_id[-8:]):
            self.assertEqual((answer.status, answer.json["code"]),
                             (404, "unknown_dispatch"))
