"""JSON from anybody, through every reader: what a bridge registers, what a
client dispatches, and what a bridge reports, short enough for the one parser
and too long for it. The two must agree, or the meaning of a message would
depend on its length."""

import asyncio
import json

from bystander import MEBIBYTE, undisturbed
from cases import DaemonCase
from client import finished_record, get, post
from json_cases import KEPT, NO_UTF8, VALUES, counts, whole
from raw import CLOSE, RawConnection, frame
from regression import fails_at


def expected(case):
    """The value that is read."""
    return case.becomes[0] if case.becomes else json.loads(case.text)


def same(found, wanted):
    """Numbers may have been brought into another form, as doubles."""
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return isinstance(found, (int, float)) \
            and float(found) == float(wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) \
            and all(map(same, found, wanted))
    if isinstance(wanted, dict):
        return isinstance(found, dict) and list(found) == list(wanted) \
            and all(same(found[k], wanted[k]) for k in wanted)
    return found == wanted and type(found) is type(wanted)


def cases(*tables):
    for table in tables:
        for group, values in table.items():
            for case in values:
                yield group, case


class JsonCorpusTest(DaemonCase):
    variables = {"BRIDGEKEEPER_EVENTS_HISTORY_BYTES": "1MiB"}

    def check_read(self, group, case, accepted, found=None):
        with self.subTest(f"{group}: {case!r}"):
            self.assertEqual(accepted, case.verdict == KEPT)
            if accepted:
                self.assertTrue(same(found, expected(case)),
                                f"{found!r} is not {expected(case)!r}")

    # -- a bridge's registration ----------------------------------------------

    async def registered(self, text, agent_id):
        """The metadata of an agent that registers with this text as their
        value; None if it is refused."""
        raw = await RawConnection.upgraded(self.daemon)
        async with raw:
            await raw.send(frame(
                b'{"type":"register","agent_id":"' + agent_id.encode()
                + b'","auth_token":"' + self.daemon.token.encode()
                + b'","metadata":{"x":' + text + b"}}"))
            opcode, payload = await raw.receive_frame()
            if opcode == CLOSE:
                code = int.from_bytes(payload[:2], "big")
                self.assertIn(code, (4004, 1007))
                return None
        answer = await get(self.daemon, f"/control/agents/{agent_id}")
        return answer.json["agent"]["metadata"]

    async def test_registrations(self):
        ran = 0
        for group, case in cases(VALUES, NO_UTF8):
            if len(case.text) > 400_000:
                continue
            found = await self.registered(case.text, f"corpus-{ran}")
            self.check_read(group, case, found is not None,
                            found and found["x"])
            ran += 1
        print(f"\nregistrations: {ran} cases: {counts(VALUES, NO_UTF8)}")

    # -- a client's body ------------------------------------------------------

    async def test_bodies_of_dispatches(self):
        bridge = await self.bridge()
        path = f"/control/agents/{bridge.agent_id}/dispatch"
        ran = 0
        for group, case in cases(VALUES, NO_UTF8):
            body = b'{"content":"c","context":{"x":' + case.text + b"}}"
            answer = await post(self.daemon, path, body)
            self.assertIn(answer.status, (200, 422))
            found = None
            if answer.status == 200:
                task = await bridge.receive_dispatch()
                found = task["context"]["x"]
                await bridge.respond(task["message_id"])
            self.check_read(group, case, answer.status == 200, found)
            ran += 1
        print(f"\nbodies of dispatches: {ran} cases")

    # -- a bridge's results ---------------------------------------------------

    async def reported(self, raw, agent_id, text, blanks):
        """The usage of a response with this text as a value in it, behind so
        many blanks; None if the response is refused."""
        answer = await post(self.daemon, f"/control/agents/{agent_id}/dispatch",
                            {"content": "c"})
        message_id = answer.json["message_id"]
        while json.loads((await raw.receive_frame())[1])["type"] != "dispatch":
            pass
        head = json.dumps({"type": "response", "agent_id": agent_id,
                           "message_id": message_id, "content": "kept"})
        await raw.send(frame(head[:-1].encode() + b',"usage":{"x":'
                             + b" " * blanks + text + b"}}"))
        # A refused response ends the dispatch as well.
        known = await finished_record(self.daemon, message_id)
        return known.get("usage") if known["status"] == "completed" else None

    async def report(self, chosen, blanks=0):
        agent_id = self.agent_name()
        raw = await self.given(await RawConnection.registered(self.daemon,
                                                              agent_id))
        ran = 0
        for group, case in chosen:
            found = await self.reported(raw, agent_id, case.text, blanks)
            self.check_read(group, case, found is not None,
                            found and found["x"])
            ran += 1
        return ran

    @fails_at("8bd27b6")
    async def test_usage(self):
        ran = await self.report(cases(VALUES))
        print(f"\nusage, by the fast parser: {ran} cases")

    @fails_at("8bd27b6")
    async def test_usage_in_messages_too_long_for_the_fast_parser(self):
        # Each is a mebibyte, so these are samples of every group; the unit tests
        # ask both parsers about more.
        samples = [case for group, values in VALUES.items()
                   for case in [(group, x) for x in values][::7]]
        samples += [("no numbers", x) for x in VALUES["no numbers"]
                    if x.text in (b"01e9991", b"1e999123e4")]
        ran = await self.report(samples, MEBIBYTE)
        print(f"\nusage, by the slow parser: {ran} cases")

    # -- whole messages -------------------------------------------------------

    async def test_whole_messages(self):
        ran = 0
        for number, case in enumerate(whole(
                json.dumps({"type": "register", "agent_id": "whole",
                            "auth_token": self.daemon.token}).encode(),
                b'{"type":"heartbeat"}')):
            async with await RawConnection.upgraded(self.daemon) as raw:
                await raw.send(frame(case.text))
                opcode, _ = await raw.receive_frame()
            self.check_whole("register", case, opcode != CLOSE)
            ran += 1
        bridge = await self.bridge()
        bridge.work()
        for case in whole(b'{"content":"c"}', b'{"content":"d"}'):
            answer = await post(
                self.daemon, f"/control/agents/{bridge.agent_id}/dispatch",
                case.text)
            self.assertIn(answer.status, (200, 422))
            self.check_whole("dispatch", case, answer.status == 200)
            ran += 1
        print(f"\nwhole messages: {ran} cases")

    def check_whole(self, what, case, accepted):
        with self.subTest(f"{what}: {case!r}"):
            self.assertEqual(accepted, case.verdict == KEPT)

    # -- nobody else notices --------------------------------------------------

    async def test_the_worst_of_it_all_at_once_disturbs_nobody(self):
        worst = [case for _, case in cases(VALUES) if len(case.text) > 300]
        async with undisturbed(self.daemon):
            await asyncio.gather(*[
                self.registered(case.text, f"worst-{number}")
                for number, case in enumerate(worst)
                if len(case.text) <= 400_000])
