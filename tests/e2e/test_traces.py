"""A trace, from the request that begins a dispatch to its task."""

import json

from bridge import Bridge
from bridge_process import BridgeProcess
from cases import AsyncCase, DaemonCase
from client import agent_status, get, post
from waiting import eventually

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
HEADERS = {"traceparent": PARENT, "tracestate": "vendor=1"}
CONTEXT = {"traceparent": PARENT, "tracestate": "vendor=1"}

# Prints what the task knows of its trace.
SHOW = 'cat > /dev/null; echo "$TRACEPARENT|$TRACESTATE"'


async def lines_of(daemon, message_id):
    def found():
        lines = [x for x in daemon.log_lines()
                 if x.get("message_id") == message_id]
        return lines if any("outcome" in x for x in lines) else None
    return await eventually(found, f"the last line about {message_id}")


async def dispatched_event(daemon, agent, message_id):
    events = (await get(daemon,
                        f"/control/dispatches/{message_id}/events")).body
    return json.loads(next(line for line in events.decode().splitlines()
                           if line.startswith("data:")
                           and "task_dispatched" in line)[5:])


class TraceTest(DaemonCase):

    async def test_a_trace_reaches_context_event_log_and_record(self):
        bridge = await self.bridge()
        sent = await post(
            self.daemon, f"/control/agents/{bridge.agent_id}/dispatch",
            {"content": "do it", "context": {"issue": 17}}, headers=HEADERS)
        id = sent.json["message_id"]
        task = await bridge.receive_dispatch()
        self.assertEqual(task["context"], {**CONTEXT, "issue": 17})
        await bridge.respond(id)
        lines = await lines_of(self.daemon, id)
        self.assertEqual([x["trace_id"] for x in lines], [TRACE_ID] * 2)
        event = await dispatched_event(self.daemon, bridge.agent_id, id)
        self.assertEqual(event["metadata"]["traceparent"], PARENT)

    async def test_a_task_gets_its_trace_in_its_environment(self):
        await self.given(await BridgeProcess.start(
            self.daemon, self.agent_name(), SHOW,
            TRACEPARENT=PARENT.replace("4bf", "fff")))

        async def answer(**options):
            done = await post(
                self.daemon,
                f"/control/agents/{self.agent_name()}/dispatch?wait=15",
                {"content": "x"}, **options)
            return done.json["content"].strip()

        async def connected():
            found = await get(self.daemon,
                              f"/control/agents/{self.agent_name()}")
            return found.status == 200
        await eventually(connected, "the bridge registers")
        self.assertEqual(await answer(headers=HEADERS), f"{PARENT}|vendor=1")
        # A task without a trace does not belong to that of its bridge.
        self.assertEqual(await answer(), "|")

    async def test_a_routed_dispatch_and_a_follow_up_carry_traces(self):
        bridge = await self.bridge()
        await post(self.daemon, "/control/dispatch",
                   {"content": "x", "agent_id": bridge.agent_id},
                   headers=HEADERS)
        task = await bridge.receive_dispatch()
        self.assertEqual(task["context"], CONTEXT)
        await bridge.respond(task["message_id"])
        await post(self.daemon, f"/control/agents/{bridge.agent_id}/followup",
                   {"content": "x"}, headers=HEADERS)
        followup = await bridge.receive_dispatch()
        self.assertEqual(followup["context"],
                         {**CONTEXT, "is_followup": True,
                          "followup_to": task["message_id"]})

    async def test_the_control_socket_takes_a_trace_as_fields(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.dispatch("1", bridge.agent_id, **CONTEXT)
        self.assertEqual((await bridge.receive_dispatch())["context"], CONTEXT)

    async def test_an_invalid_trace_is_ignored(self):
        bridge = await self.bridge()
        control = await self.control()
        for wrong in ("nonsense", PARENT.upper(), f"00-{'0' * 32}-{'1' * 16}-01",
                      PARENT + "-more"):
            with self.subTest(wrong):
                sent = await post(
                    self.daemon, f"/control/agents/{bridge.agent_id}/dispatch",
                    {"content": "x"},
                    headers={"traceparent": wrong, "tracestate": "a=1"})
                self.assertEqual(sent.status, 200)
                task = await bridge.receive_dispatch()
                self.assertEqual(task["context"], {})
                await bridge.respond(task["message_id"])
                lines = await lines_of(self.daemon, task["message_id"])
                self.assertFalse(any("trace_id" in x for x in lines))
                await control.dispatch("1", bridge.agent_id, traceparent=wrong)
                self.assertEqual((await bridge.receive_dispatch())["context"],
                                 {})

    async def test_a_repeated_request_may_belong_to_another_span(self):
        bridge = await self.bridge()
        bridge.work()

        async def sent(parent):
            return await post(
                self.daemon, f"/control/agents/{bridge.agent_id}/dispatch",
                {"content": "x"},
                headers={"traceparent": parent, "Idempotency-Key": "k"})
        first = await sent(PARENT)
        second = await sent(PARENT.replace("00f067", "11f067"))
        self.assertEqual(second.status, 200)
        self.assertEqual(first.json["message_id"], second.json["message_id"])

    async def test_the_command_passes_on_its_own_trace(self):
        bridge = await self.bridge()
        cases = ((("--traceparent", PARENT), {}, {"traceparent": PARENT}),
                 ((), {"TRACEPARENT": PARENT, "TRACESTATE": "vendor=1"},
                  CONTEXT),
                 ((), {"TRACEPARENT": "nonsense"}, {}))
        for flags, variables, context in cases:
            with self.subTest(flags=flags, variables=variables):
                done = await self.daemon.command(
                    "dispatch", bridge.agent_id, "x", *flags, **variables)
                self.assertEqual(done.status, 0, done.stderr)
                task = await bridge.receive_dispatch()
                self.assertEqual(task["context"], context)


class TraceAfterRestartTest(AsyncCase):

    async def test_a_dispatch_keeps_its_trace_over_a_restart(self):
        daemon = self.start_daemon()
        bridge = await Bridge.register(daemon, "demo")
        await bridge.close()

        async def away():
            return await agent_status(daemon, "demo") == "disconnected"
        await eventually(away, "the agent is away")
        sent = await post(daemon, "/control/agents/demo/dispatch",
                          {"content": "x", "queue_timeout_s": 600},
                          headers=HEADERS)
        self.assertEqual(sent.status, 200, sent.body)
        id = sent.json["message_id"]
        daemon.signal()
        daemon.wait_for_end()
        daemon.start()
        bridge = await self.given(await Bridge.register(daemon, "demo"))
        task = await bridge.receive_dispatch()
        self.assertEqual(task["context"], CONTEXT)
        await bridge.respond(id)
        ended, = [x for x in await lines_of(daemon, id) if "outcome" in x]
        self.assertEqual(ended["trace_id"], TRACE_ID)
        event = await dispatched_event(daemon, "demo", id)
        self.assertEqual(event["metadata"]["traceparent"], PARENT)
