"""`bridgekeeper bridge` with coding agents: fakes that print what the real ones
print, and refuse what those refuse."""

import os
import pathlib
import tempfile

from bridge_process import BridgeProcess
from cases import DaemonCase
from client import (ControlSocket, agent_status, dispatch, finished_record, get,
                    post)
from processes import running
from waiting import Stopwatch, eventually

FAKES = pathlib.Path(__file__).resolve().parent.parent / "support" / "agents"

# What users write; the bridge adds the rest.
COMMANDS = {"claude": "claude --print", "codex": "codex exec",
            "gemini": "gemini", "opencode": "opencode run"}


class AgentsCase(DaemonCase):

    def setUp(self):
        super().setUp()
        self.home = self.enterContext(tempfile.TemporaryDirectory())

    async def start(self, command, *flags, suffix=""):
        bridge = await self.given(await BridgeProcess.start(
            self.daemon, self.agent_name(suffix), command, *flags,
            PATH=f"{FAKES}:{os.environ['PATH']}", FAKE_AGENT_HOME=self.home))

        async def connected():
            return await agent_status(self.daemon, bridge.agent_id) \
                == "connected"
        await eventually(connected, "the bridge registers")
        return bridge

    async def outcome(self, content, suffix="", **fields):
        answer = await dispatch(self.daemon, self.agent_name(suffix), content,
                                query="?wait=25", **fields)
        self.assertEqual(answer.status, 200, answer.body)
        return await finished_record(self.daemon, answer.json["message_id"])


class UnderstoodTest(AgentsCase):

    async def test_each_agent_answers_with_its_usage_and_its_session(self):
        for agent, command in COMMANDS.items():
            with self.subTest(agent):
                bridge = await self.start(command, suffix=f"-{agent}")
                done = await self.outcome("hello", f"-{agent}")
                self.assertEqual((done["state"], done["content"]),
                                 ("completed", "echo: hello"), done)
                self.assertTrue(done["agent_session_id"])
                self.assertEqual(done["metadata"]["agent"], agent)
                self.assertGreater(done["usage"]["output_tokens"], 0)
                self.assertIn(f"read as that of {agent}; flags added:",
                              await bridge.says("read as that of"))
                await bridge.stop()

    async def test_an_agent_remembers_what_a_follow_up_follows(self):
        for agent, command in COMMANDS.items():
            with self.subTest(agent):
                bridge = await self.start(command, suffix=f"-{agent}")
                name = self.agent_name(f"-{agent}")
                first = await self.outcome("the number is 7", f"-{agent}")
                other = await self.outcome("something else", f"-{agent}")
                self.assertNotEqual(first["agent_session_id"],
                                    other["agent_session_id"])
                answer = await post(
                    self.daemon, f"/control/agents/{name}/followup?wait=25",
                    {"content": "recall", "followup_to": first["message_id"]})
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(answer.json["content"],
                                 "earlier: the number is 7")
                await bridge.stop()

    async def test_a_follow_up_may_name_the_dispatch_by_a_short_id(self):
        await self.start(COMMANDS["claude"])
        first = await self.outcome("the number is 7")
        done = await self.daemon.command(
            "dispatch", self.agent_name(), "--followup",
            first["message_id"][-8:], "recall", "--wait")
        self.assertEqual((done.status, done.stdout.strip()),
                         (0, "earlier: the number is 7"), done.stderr)

    async def test_the_cost_of_a_session_counts_once(self):
        await self.start(COMMANDS["claude"])
        before = await self.spent()
        first = await self.outcome("one")
        await post(self.daemon,
                   f"/control/agents/{self.agent_name()}/followup?wait=25",
                   {"content": "two", "followup_to": first["message_id"]})
        # Each prompt costs 0.25; the second result reports the sum.
        self.assertAlmostEqual(await self.spent() - before, 0.5)

    async def spent(self):
        return (await get(self.daemon, "/control/context")
                ).json["session_cost_usd"]

    async def test_failures_have_a_class(self):
        await self.start(COMMANDS["claude"])
        for prompt, failure in (("rate-limit", "rate_limited"),
                                ("auth", "auth"), ("max-turns", "max_turns"),
                                ("crash", "crashed")):
            with self.subTest(prompt):
                done = await self.outcome(prompt)
                self.assertEqual((done["state"], done.get("failure")),
                                 ("failed", failure), done)
                self.assertTrue(done["error"])

    async def test_a_session_that_is_gone_is_said_to_be_gone(self):
        await self.start(COMMANDS["claude"])
        first = await self.outcome("one")
        for file in pathlib.Path(self.home, "claude").iterdir():
            file.unlink()
        answer = await post(
            self.daemon, f"/control/agents/{self.agent_name()}/followup?wait=25",
            {"content": "two", "followup_to": first["message_id"]})
        done = await finished_record(self.daemon, answer.json["message_id"])
        self.assertEqual((done["state"], done.get("failure")),
                         ("failed", "no_session"), done)

    async def test_what_hurts_is_shown_as_text(self):
        bridge = await self.start(COMMANDS["claude"])
        for prompt in ("deep", "flood"):
            with self.subTest(prompt):
                done = await self.outcome(prompt)
                self.assertEqual((done["state"], done["content"]),
                                 ("completed", f"echo: {prompt}"))
        self.assertIsNone(bridge.process.returncode)


class EndsTest(AgentsCase):

    async def test_timed_out_tasks_leave_nothing_behind(self):
        await self.start("cat > /dev/null; setsid sleep 71999001 & "
                         "timeout 600 sleep 71999001", "--max-tasks", "2")
        sent = [(await dispatch(self.daemon, self.agent_name(), "x",
                                timeout_s=1)).json["message_id"]
                for _ in range(2)]
        for message_id in sent:
            done = await finished_record(self.daemon, message_id)
            self.assertEqual(done["state"], "timed_out")
        watch = Stopwatch()
        await eventually(lambda: not running("sleep\x0071999001"),
                         "nothing is left", 3)
        self.assertLess(watch.seconds, 3)

    async def test_an_idle_agent_is_ended(self):
        await self.start(COMMANDS["claude"], "--idle-timeout", "1")
        done = await self.outcome("hang")
        self.assertEqual((done["state"], done.get("failure")),
                         ("failed", "idle"), done)
        self.assertIn("nothing was printed for 1 s", done["error"])

    async def test_an_agent_that_does_not_exit_after_its_result_is_ended(self):
        # Nothing more is expected of it, so it is not idle either.
        await self.start(COMMANDS["claude"], "--idle-timeout", "1")
        watch = Stopwatch()
        done = await self.outcome("hang-after-result")
        self.assertEqual((done["state"], done["content"]),
                         ("completed", "echo: hang-after-result"), done)
        self.assertIn("did not exit within 10 s", str(done))
        self.assertLess(watch.seconds, 15)

    async def test_a_task_that_waits_too_long_never_starts(self):
        ran = pathlib.Path(self.home, "ran")
        # The bridge takes more than it starts.
        await self.start(f"echo $BRIDGEKEEPER_MESSAGE_ID >> {ran}; cat; sleep 2")
        first = await dispatch(self.daemon, self.agent_name(), "one")
        second = await dispatch(self.daemon, self.agent_name(), "two",
                                queue_timeout_s=0.5)
        done = await finished_record(self.daemon, second.json["message_id"])
        self.assertEqual(done["state"], "timed_out")
        await finished_record(self.daemon, first.json["message_id"])
        self.assertEqual(ran.read_text().split(), [first.json["message_id"]])


class SlotsTest(AgentsCase):

    async def test_each_slot_has_its_number_and_its_directory(self):
        for slot in ("1", "2"):
            pathlib.Path(self.home, slot).mkdir()
        gate = pathlib.Path(self.home, "go")
        await self.start(
            "cat > /dev/null; echo $BRIDGEKEEPER_SLOT $(basename $PWD); "
            f"until [ -e {gate} ]; do sleep 0.02; done",
            "--max-tasks", "2", "--workdir", f"{self.home}/{{slot}}")
        view = (await get(self.daemon, f"/control/agents/{self.agent_name()}")
                ).json["agent"]
        self.assertEqual((view["slots"], view["workdir"]),
                         (2, f"{self.home}/{{slot}}"))
        sent = [(await dispatch(self.daemon, self.agent_name(), "x")
                 ).json["message_id"] for _ in range(2)]

        async def both_run():
            states = [(await get(self.daemon, f"/control/dispatches/{x}")
                       ).json["state"] for x in sent]
            return states == ["running", "running"]
        await eventually(both_run, "both run")
        gate.touch()
        answers = [(await finished_record(self.daemon, x))["content"].strip()
                   for x in sent]
        self.assertEqual(sorted(answers), ["1 1", "2 2"])


class ProgressTest(AgentsCase):

    async def progress_of(self, content):
        async with await ControlSocket.open(self.daemon) as control:
            await control.dispatch("d", self.agent_name(), content)
            told = []
            while not told or told[-1]["type"] != "response":
                told.append(await control.next("d"))
        return [x for x in told if x["type"] == "progress"]

    async def test_a_prompt_without_a_line_end_is_shown(self):
        await self.start("cat > /dev/null; printf 'Continue? '; sleep 2")
        told = await self.progress_of("x")
        self.assertEqual([x["progress_text"].strip() for x in told],
                         ["Continue?"])

    async def test_standard_error_is_progress_if_wanted(self):
        await self.start("cat > /dev/null; echo warning >&2; sleep 0.2",
                         "--stderr", "progress")
        told = await self.progress_of("x")
        self.assertEqual([(x["progress_text"], x["metadata"]) for x in told],
                         [("warning", {"stream": "stderr"})])

    async def test_standard_error_is_in_the_log_if_wanted(self):
        bridge = await self.start("cat > /dev/null; echo warning >&2",
                                  "--log-level", "debug")
        self.assertEqual(await self.progress_of("x"), [])
        await bridge.says("warning")
