"""What explanations say about the present, about the values that have decided,
and about what to do: nothing that no longer applies."""

import hashlib
import pathlib
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import dispatch, finished_record, get, post, request
from daemon import Daemon
from explanations import Explaining
from resuming_bridge import ResumingBridge
from waiting import eventually

GRACE_FLAGS = {"BRIDGEKEEPER_BRIDGE_RESUME_GRACE": "1"}


class PastRefusalsTest(Explaining, AsyncCase):

    async def test_a_cost_limit_that_was_reset_is_advised_on_no_more(self):
        daemon = self.start_daemon(VIBEFORGE_SESSION_COST_LIMIT_USD="1")
        bridge = await self.given(await Bridge.register(daemon, "dear"))
        id = (await dispatch(daemon, "dear")).json["message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(id, usage={"cost_usd": 2.0})
        await finished_record(daemon, id)
        self.assertEqual((await dispatch(daemon, "dear")).status, 402)
        whole = await self.explanation(daemon, "agents", "dear")
        self.assertIn("is reached", whole["next"][0])
        self.assertIn("The last refusal", whole["summary"])
        await post(daemon, "/control/context/reset", {})
        whole = await self.explanation(daemon, "agents", "dear")
        self.assertEqual(whole["next"], [])
        self.assertEqual(whole["summary"], "Agent dear is connected.")
        # It is history.
        step, _ = await self.step(daemon, "cost_limit", "agents", "dear")
        self.assertIn("is reached", step["advice"])
        text = (await daemon.command("explain", "dear")).stdout
        self.assertIn("Advice: cost.session_limit_usd is reached", text)
        self.assertNotIn("What to do next", text)

    async def test_a_connected_agent_is_not_told_to_connect(self):
        daemon = self.start_daemon()
        await (await Bridge.register(daemon, "demo")).close()

        async def is_refused():
            return (await dispatch(daemon, "demo")).status == 409
        await eventually(is_refused, "a dispatch to an absent agent")
        whole = await self.explanation(daemon, "agents", "demo")
        starts = [x for x in whole["next"] if "Start the agent's" in x]
        self.assertEqual(len(starts), 1, whole)
        await self.given(await Bridge.register(daemon, "demo"))
        answer = await request(daemon, "DELETE", "/control/agents/demo")
        self.assertEqual(answer.status, 409)
        whole = await self.explanation(daemon, "agents", "demo")
        self.assertEqual(whole["next"], [])
        self.assertNotIn("refus", whole["summary"])

    async def test_a_drained_agent_is_uncordoned_by_one_advice(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "tired"))
        await post(daemon, "/control/agents/tired/drain", {})
        await bridge.closed()

        async def is_away():
            whole = await self.explanation(daemon, "agents", "tired")
            return "is not connected" in whole["summary"]
        await eventually(is_away, "the agent is away")
        whole = await self.explanation(daemon, "agents", "tired")
        self.assertEqual(len([x for x in whole["next"] if "uncordon" in x]), 1)


class LostBridgesTest(Explaining, DaemonCase):
    variables = GRACE_FLAGS

    async def lost(self, id):
        await finished_record(self.daemon, id)
        return await self.step(self.daemon, "agent_lost", "dispatches", id)

    async def at_work(self):
        bridge = await self.given(
            await ResumingBridge.register(self.daemon, self.agent_name()))
        id = (await dispatch(self.daemon, bridge.agent_id)).json["message_id"]
        await bridge.receive_dispatch()
        return bridge, id

    async def test_another_process_of_the_bridge(self):
        bridge, id = await self.at_work()
        await self.given(await ResumingBridge.register(self.daemon,
                                                       bridge.agent_id))
        step, whole = await self.lost(id)
        self.assertIsNone(step["setting"])
        self.assertIn("Another process", step["rule"])
        self.assertIn("was restarted (its log)", whole["next"][0])

    async def test_a_bridge_that_stays_away(self):
        bridge, id = await self.at_work()
        bridge.cut()
        step, whole = await self.lost(id)
        self.assertEqual((step["setting"], step["value"]),
                         ("bridge.resume_grace", "1s"))
        self.assertIn("raise bridge.resume_grace", whole["next"][0])

    async def test_an_idle_bridge_that_was_stopped(self):
        bridge = await ResumingBridge.register(self.daemon, self.agent_name())
        await bridge.close()

        async def is_away():
            whole = await self.explanation(self.daemon, "agents",
                                           bridge.agent_id)
            return "is not connected" in whole["summary"]
        await eventually(is_away, "the agent is away")
        step, whole = await self.step(self.daemon, "agent_lost", "agents",
                                      bridge.agent_id)
        self.assertIsNone(step["setting"])
        self.assertIn("is stopped", step["rule"])
        self.assertFalse(any("dispatch again" in x for x in whole["next"]))


class SlotsTest(Explaining, DaemonCase):

    async def test_a_busy_bridge_has_announced_its_slots(self):
        bridge = await self.given(await ResumingBridge.register(
            self.daemon, self.agent_name(), slots=1))
        agent = bridge.agent_id
        await dispatch(self.daemon, agent)
        id = (await dispatch(self.daemon, agent)).json["message_id"]
        for kind, what in (("agents", agent), ("dispatches", id)):
            whole = await self.explanation(self.daemon, kind, what)
            settings = {x["setting"]: x["value"] for x in whole["steps"]}
            self.assertEqual(settings["slots"], "1", whole)
            self.assertNotIn("bridge.stock_slots", settings)
            self.assertTrue(any("--max-tasks" in x for x in whole["next"]))


class FailedDispatchesTest(Explaining, DaemonCase):

    async def failed(self, failure, **fields):
        bridge = await self.given(
            await ResumingBridge.register(self.daemon, self.agent_name()))
        answer = await dispatch(self.daemon, bridge.agent_id, **fields)
        self.assertEqual(answer.status, 200, answer.body)
        id = answer.json["message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(id, content="", error="it broke",
                             failure=failure)
        return id

    async def test_the_class_decides_what_to_do(self):
        for failure, advice in (("idle", "--idle-timeout"),
                                ("timed_out", "--task-timeout"),
                                ("crashed", "standard error")):
            with self.subTest(failure):
                id = await self.failed(failure)
                await finished_record(self.daemon, id)
                step, whole = await self.step(self.daemon, "task_failed",
                                              "dispatches", id)
                self.assertIn(f"of the class {failure}: it broke",
                              step["text"])
                self.assertIn(advice, whole["next"][0])

    async def test_a_rate_limit_is_waited_for(self):
        id = await self.failed("rate_limited", retry={
            "max_attempts": 2, "on": ["rate_limited"]})

        async def waits():
            whole = await self.explanation(self.daemon, "dispatches", id)
            return "is not made before" in whole["summary"]
        await eventually(waits, "the dispatch waits for its next attempt")
        whole = await self.explanation(self.daemon, "dispatches", id)
        self.assertIn("30 s", whole["summary"])
        for step in whole["steps"]:
            self.assertNotEqual(step["setting"], "retry.backoff_s")
        step, _ = await self.step(self.daemon, "task_failed", "dispatches", id)
        self.assertIn("of the class rate_limited", step["text"])
        self.assertIn("rate limit requires a pause of 30 s", step["text"])
        self.assertIsNone(step["advice"])

    async def test_an_attempt_that_would_be_made_too_late(self):
        id = await self.failed("rate_limited", total_timeout_s=5, retry={
            "max_attempts": 2, "on": ["rate_limited"]})
        await finished_record(self.daemon, id)
        whole = await self.explanation(self.daemon, "dispatches", id)
        found = [x for x in whole["steps"] if "is not made: " in x["text"]]
        self.assertEqual(len(found), 1, whole)
        self.assertIn("wait for 30 s (the agent's rate limit)",
                      found[0]["text"])
        self.assertEqual((found[0]["setting"], found[0]["value"]),
                         ("total_timeout_s", "5s"))

    async def test_only_the_timeout_that_expired_is_named(self):
        bridge = await self.bridge()
        id = (await dispatch(self.daemon, bridge.agent_id,
                             timeout_s=1)).json["message_id"]
        await finished_record(self.daemon, id)
        whole = await self.explanation(self.daemon, "dispatches", id)
        self.assertEqual(whole["next"],
                         ["Give the dispatch more time with `--timeout`."])
        self.assertEqual(
            whole["summary"],
            f"Dispatch {id} has ended (timed_out): the agent did not respond "
            "within the timeout of 1 s.")


class CasesOfReasons(Explaining):

    async def cases(self, reason):
        whole = await self.explanation(self.daemon, "reasons", reason)
        return [x["text"] for x in whole["steps"] if x["at"]]


class VainQuestionsTest(CasesOfReasons, DaemonCase):

    async def test_questions_are_not_their_own_answers(self):
        for reason in ("invalid_agent_id", "unknown_agent"):
            outcome = await self.daemon.command("explain", reason)
            self.assertEqual(outcome.status, 0, outcome)
            self.assertIn("No case has occurred", outcome.stdout)
        self.assertEqual(
            (await self.daemon.command("explain", "nobody-here")).status, 1)
        answer = await get(self.daemon, "/control/reasons/nothing/explain")
        self.assertEqual(answer.status, 404)
        for reason in ("invalid_agent_id", "unknown_agent", "unknown_dispatch",
                       "unknown_route"):
            cases = await self.cases(reason)
            self.assertFalse([x for x in cases if "/explain" in x], cases)
        text = await self.daemon.ask_console("explain unknown_agent")
        self.assertIn("No case has occurred", text)


class RefusedRequestsTest(CasesOfReasons, DaemonCase):

    async def test_refused_requests_are_named(self):
        await get(self.daemon, "/control/no-such-thing?token=secret")
        cases = await self.cases("unknown_route")
        self.assertIn("GET /control/no-such-thing from", cases[-1])
        await get(self.daemon, "/control/agents?limit=0")
        cases = await self.cases("invalid_message")
        self.assertIn("limit: Input should be greater", cases[-1])
        answer = await post(self.daemon, "/control/sessions",
                            {"x": "y" * 2_000_000})
        self.assertEqual(answer.status, 413)
        cases = await self.cases("too_large")
        self.assertIn("POST /control/sessions from", cases[-1])

    async def test_long_times_are_written_in_days(self):
        await get(self.daemon, "/control/agents/none")
        await self.check(self.daemon, "unknown_agent",
                         setting="agents.forget_after", value="30d")


class ScopedTokenFileTest(Explaining, AsyncCase):

    async def test_the_file_in_use_is_named(self):
        daemon = self.start_daemon(BRIDGEKEEPER_AUTH_FAILURE_DELAY="0")
        digest = hashlib.sha256(b"bk_reader").hexdigest()
        file = pathlib.Path(daemon.directory) / "tokens"
        file.write_text(f"sha256:{digest} reader read\n")

        async def is_refused():
            answer = await post(daemon, "/control/agents/a/cordon", {},
                                token="bk_reader")
            return answer.status == 403
        await eventually(is_refused, "the daemon knows the token")
        await self.check(daemon, "missing_scope",
                         setting="auth.scoped_token_file", value=str(file))


class AfterRestartTest(Explaining, AsyncCase):

    async def test_settings_of_an_earlier_daemon_are_not_guessed(self):
        folder = tempfile.TemporaryDirectory(prefix="bridgekeeper-advice-")
        self.addCleanup(folder.cleanup)
        daemon = Daemon("--heartbeat-timeout", "1", directory=folder.name,
                        BRIDGEKEEPER_HEARTBEAT_TICK="0.2",
                        BRIDGEKEEPER_HEARTBEAT_ADAPTIVE="off").start()
        self.addCleanup(daemon.kill)
        bridge = await Bridge.register(daemon, "quiet")
        self.assertEqual((await bridge.closed())[0], 4003)

        async def is_told():
            found = await self.explanation(daemon, "agents", "quiet")
            return "heartbeat_timeout" in [x["reason"] for x in found["steps"]]
        await eventually(is_told, "the eviction is explained")
        daemon.signal()
        daemon.wait_for_end()
        daemon = Daemon(directory=folder.name).start()
        self.addCleanup(daemon.kill)
        step, _ = await self.step(daemon, "heartbeat_timeout", "agents",
                                  "quiet")
        self.assertEqual((step["setting"], step["value"]), (None, None))
        self.assertIn("were allowed", step["text"])
