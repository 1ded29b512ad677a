"""Responses that are not valid messages: those whose dispatch can be told end
it at once, all others change nothing, and the link stays."""

import json

from cases import DaemonCase
from client import dispatch, finished_record, record
from regression import fails_at

_DEEP = 100_000

# What follows `type`, `agent_id` and `message_id` of a pending dispatch.
_ENDS = [
    *('"content":' + x for x in (
        "null", "1", "-0.5", "true", "[]", "{}", '["x"]', '{"text":"x"}',
        "[[[[]]]]")),
    *('"error":' + x for x in ("1", "false", "[]", "{}", '{"code":1}')),
    *('"usage":' + x for x in (
        "null", "1", '"free"', "[]", "true",
        '{"x":"' + "x" * 300_000 + '"}')),
    *('"x":' + x for x in (
        "[" * 64 + "]" * 64, "[" * _DEEP + "]" * _DEEP,
        '{"a":' * _DEEP + "1" + "}" * _DEEP)),
    '"content":"a\x01b"', '"content":tru', '"content":"half', '"content":',
    '"content":"x",', '"content":"x"}}', '"content":01', '"content":1e',
    '"content":"x"} trailing', '"content":"\\ud8"', "'content':'x'",
]

# Whole frames; MESSAGE stands for a pending dispatch's id, AGENT for its own
# bridge.
_CHANGES_NOTHING = [
    '{"type":"progress","agent_id":"AGENT","message_id":"MESSAGE",'
    '"status":null}',
    '{"type":"response","agent_id":"AGENT","message_id":["MESSAGE"],'
    '"content":null}',
    '{"type":"response","agent_id":"AGENT","message_id":"","content":null}',
    '{"type":"response","agent_id":"AGENT","content":null}',
    '{"type":"response","agent_id":"AGENT","message_id":"other",'
    '"content":null}',
    '{"type":"response","agent_id":"somebody","message_id":"MESSAGE",'
    '"content":null}',
    '{"type":["response"],"agent_id":"AGENT","message_id":"MESSAGE"}',
    '{"x":{"type":"response","agent_id":"AGENT","message_id":"MESSAGE"}}',
    '[{"type":"response","agent_id":"AGENT","message_id":"MESSAGE"}]',
    '{"agent_id":"AGENT","message_id":"MESSAGE","content":tru,'
    '"type":"response"}',
    '{"type":"response","message_id":"MESSAGE","message_id":null}',
    '"MESSAGE"', "{", "",
]


class UnreadableResponsesTest(DaemonCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.link = await self.bridge()

    async def begin(self):
        answer = await dispatch(self.daemon, self.link.agent_id)
        await self.link.receive_dispatch()
        return answer.json["message_id"]

    @fails_at("8bd27b6")
    async def test_each_ends_the_dispatch_that_it_names(self):
        for members in _ENDS:
            with self.subTest(members[:60]):
                message_id = await self.begin()
                head = json.dumps({"type": "response",
                                   "agent_id": self.link.agent_id,
                                   "message_id": message_id})
                await self.link.send_text(f"{head[:-1]},{members}}}")
                ended = await finished_record(self.daemon, message_id)
                self.assertEqual(ended["reason"], "unreadable_response")
        await self.link.sync()
        print(f"{len(_ENDS)} unreadable responses ended their dispatches")

    async def test_what_names_no_pending_dispatch_ends_none(self):
        message_id = await self.begin()
        for frame in _CHANGES_NOTHING:
            with self.subTest(frame[:60]):
                await self.link.send_text(
                    frame.replace("MESSAGE", message_id).replace(
                        "AGENT", self.link.agent_id))
                await self.link.sync()
                known = await record(self.daemon, message_id)
                self.assertEqual(known["status"], "dispatched")
        await self.link.respond(message_id, "at last")
        ended = await finished_record(self.daemon, message_id)
        self.assertEqual(ended["content"], "at last")
        print(f"{len(_CHANGES_NOTHING)} frames changed nothing")
