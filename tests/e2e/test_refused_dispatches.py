"""Refused requests to dispatch: their log lines, and where they are counted."""

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, agent_status, dispatch, finished_record, get, \
    post
from daemon import Daemon
from raw import RawConnection
from scrape import scrape
from waiting import eventually

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADERS = {"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
REFUSED = "bridgekeeper_dispatches_refused_total"


class RefusedCase(AsyncCase):

    async def with_bridge(self, *flags, **variables):
        self.daemon = self.start_daemon(*flags, **variables)
        self.bridge = await self.given(
            await Bridge.register(self.daemon, "alpha"))

    async def lines(self, reason, count=1):
        """The lines about refused dispatches, once there are so many."""
        def found():
            lines = [x for x in self.daemon.log_lines()
                     if x.get("outcome") == "refused"
                     and x.get("reason") == reason]
            return lines if len(lines) >= count else None
        await eventually(found, f"{count} lines about {reason}")
        return found()

    async def session(self):
        """The session that the dispatches of control clients belong to."""
        return (await get(self.daemon, "/control/context")).json["control_session_id"]

    async def refusals(self, reason):
        return (await scrape(self.daemon)).value(REFUSED, reason=reason)


class LineTest(RefusedCase):

    async def test_a_line_about_a_rate_limit_has_the_fields_of_a_refusal(self):
        await self.with_bridge(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="1")
        await dispatch(self.daemon, "alpha")
        answer = await post(self.daemon, "/control/agents/alpha/dispatch",
                            {"content": "x"}, headers=HEADERS)
        self.assertEqual(answer.status, 429)
        line = (await self.lines("rate_limited"))[0]
        self.assertEqual((line["agent"], line["peer"], line["trace_id"]),
                         ("alpha", "127.0.0.1", TRACE_ID))
        self.assertEqual(line["session_id"], await self.session())
        self.assertIn(f"dispatch {line['message_id']} to agent alpha was "
                      "refused: limits.agent_per_minute allows 1 in 60 s",
                      line["message"])

    async def test_a_line_about_a_cost_limit_has_the_fields_and_sentences(self):
        await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="5")
        await dispatch(self.daemon, "alpha")
        id = (await self.bridge.receive_dispatch())["message_id"]
        await self.bridge.respond(id, usage={"cost_usd": 7.52})
        await finished_record(self.daemon, id)
        answer = await post(self.daemon, "/control/agents/alpha/dispatch",
                            {"content": "x"}, headers=HEADERS)
        self.assertEqual(answer.status, 402)
        line = (await self.lines("cost_limit"))[0]
        self.assertEqual((line["agent"], line["peer"], line["trace_id"]),
                         ("alpha", "127.0.0.1", TRACE_ID))
        self.assertEqual(line["session_id"], await self.session())
        self.assertRegex(line["message"],
                         r"Daily: \$7\.52 / \S+\. cost\.session_limit_usd is "
                         r"reached\.")

    async def test_a_dispatch_during_the_shutdown_has_a_line(self):
        daemon = self.daemon = Daemon().start()
        self.addCleanup(daemon.clean_up)
        self.addCleanup(daemon.kill)
        async with await Bridge.register(daemon, "alpha") as bridge, \
                await ControlSocket.open(daemon) as control, \
                await RawConnection.open(daemon) as kept:
            await kept.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            await kept.receive_answer()
            await control.dispatch("d", "alpha")
            await bridge.receive_dispatch()
            daemon.signal()

            async def is_draining():
                async with await RawConnection.open(daemon) as raw:
                    await raw.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
                    return (await raw.receive_answer())[0] == 503
            await eventually(is_draining, "the drain")
            body = '{"content":"x"}'
            await kept.send(
                "POST /control/agents/alpha/dispatch HTTP/1.1\r\nHost: x\r\n"
                f"X-Auth-Token: {daemon.token}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}")
            self.assertEqual((await kept.receive_answer())[0], 503)
            line = (await self.lines("draining"))[0]
            self.assertEqual((line["agent"], line["peer"]),
                             ("alpha", "127.0.0.1"))
            self.assertTrue(line["message"].startswith(
                "a dispatch to agent alpha was refused: "), line)
            await control.dispatch("late", "alpha")
            self.assertEqual((await control.result("late"))["code"],
                             "draining")
            await self.lines("draining", 2)
            daemon.signal()

    async def test_a_follow_up_to_an_absent_agent_has_a_line(self):
        await self.with_bridge()
        await dispatch(self.daemon, "alpha")
        await self.bridge.close()

        async def is_away():
            return await agent_status(self.daemon, "alpha") == "disconnected"
        await eventually(is_away, "the agent is away")
        answer = await post(self.daemon, "/control/agents/alpha/followup",
                            {"content": "x"})
        self.assertEqual(answer.status, 409)
        line = (await self.lines("agent_not_connected"))[0]
        self.assertEqual(line["agent"], "alpha")


class CountTest(RefusedCase):

    async def test_a_follow_up_without_a_task_counts_and_has_a_line(self):
        await self.with_bridge()
        answer = await post(self.daemon, "/control/agents/alpha/followup",
                            {"content": "x"})
        self.assertEqual((answer.status, answer.json["code"]),
                         (409, "no_task"))
        self.assertEqual(await self.refusals("no_task"), 1)
        line = (await self.lines("no_task"))[0]
        self.assertEqual(line["agent"], "alpha")

    async def test_invalid_requests_neither_count_nor_have_a_line(self):
        await self.with_bridge()
        control = await self.given(await ControlSocket.open(self.daemon))
        followup = {"content": "x", "followup_to": "none"}
        answer = await post(self.daemon, "/control/agents/alpha/dispatch",
                            followup)
        self.assertEqual(answer.json["code"], "unknown_dispatch")
        await control.dispatch("1", "alpha", followup_to="none")
        self.assertEqual((await control.next("1"))["code"],
                         "unknown_dispatch")
        # A line of a later request, so that those before it are written.
        await post(self.daemon, "/control/agents/alpha/followup",
                   {"content": "x"})
        await self.lines("no_task")
        found = await scrape(self.daemon)
        self.assertEqual(found.total(REFUSED), 1)
        self.assertEqual([x["reason"] for x in self.daemon.log_lines()
                          if x.get("outcome") == "refused"], ["no_task"])

    async def test_a_retry_at_a_connected_agent_is_queued_and_not_shelved(self):
        await self.with_bridge()
        await dispatch(self.daemon, "alpha", retry={
            "max_attempts": 2, "on": ["failed"], "backoff_s": 3600})
        id = (await self.bridge.receive_dispatch())["message_id"]
        await self.bridge.respond(id, content="", error="no")

        async def states():
            found = await scrape(self.daemon)
            return {x: found.value("bridgekeeper_dispatches", state=x)
                    for x in ("pending", "queued", "shelved", "recording")}

        async def waits():
            return await states() == {"pending": 0, "queued": 1, "shelved": 0,
                                      "recording": 0}
        await eventually(waits, "a queued retry")
