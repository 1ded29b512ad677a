"""`bridgekeeper bridge --exec`: our own bridge against our own daemon."""

import asyncio
import json
import os
import signal

from bridge_process import BridgeProcess
from cases import AsyncCase, DaemonCase
from client import ControlSocket, agent_status, dispatch, get
from daemon import Daemon, run
from dropped_upgrades import UpgradeDropper
from regression import fails_at
from waiting import eventually, within


class BridgeCommandTest(DaemonCase):

    async def start(self, command, *flags, **variables):
        bridge = await self.given(await BridgeProcess.start(
            self.daemon, self.agent_name(), command, *flags, **variables))
        await self.is_connected(bridge.agent_id)
        return bridge

    async def is_connected(self, agent_id):
        async def connected():
            return await agent_status(self.daemon, agent_id) == "connected"
        await eventually(connected, "the bridge registers")

    async def outcome(self, content="the task", **fields):
        answer = await dispatch(self.daemon, self.agent_name(), content,
                                query="?wait=15", **fields)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    @fails_at("8bd27b6")
    async def test_a_proxy_that_drops_upgrades_is_named_as_the_cause(self):
        async with UpgradeDropper(self.daemon) as proxy, \
                await BridgeProcess.start(self.daemon, self.agent_name(),
                                          "cat", "--url", proxy.url) as bridge:
            line = await bridge.says("a proxy in between dropped it")
        self.assertIn("trying again", line)

    async def test_a_task_s_output_is_its_answer(self):
        await self.start("cat; echo ünd mehr")
        done = await self.outcome("grüße\nzwei")
        self.assertEqual((done["status"], done["error"]),
                         ("completed", None))
        self.assertEqual(done["content"].rstrip(),
                         "grüße\nzwei\nünd mehr")

    async def test_each_line_of_output_is_progress(self):
        await self.start("printf 'one\\ntwo\\n'; cat >/dev/null")
        async with await ControlSocket.open(self.daemon) as control:
            await control.dispatch("d", self.agent_name())
            told = []
            while not told or told[-1]["type"] != "response":
                told.append(await control.next("d"))
        self.assertEqual([x["progress_text"] for x in told
                          if x["type"] == "progress"], ["one", "two"])

    async def test_a_failing_command_says_why(self):
        await self.start("echo half; echo no disk >&2; exit 3")
        done = await self.outcome()
        self.assertEqual((done["status"], done["reason"]),
                         ("error", "task_failed"))
        self.assertIn("exit status 3", done["error"])
        self.assertIn("no disk", done["error"])
        self.assertEqual(done["content"].strip(), "half")

    async def test_claude_s_json_becomes_result_usage_and_cost(self):
        report = {"type": "result", "subtype": "success", "is_error": False,
                  "result": "All done.", "session_id": "x",
                  "total_cost_usd": 0.0125,
                  "usage": {"input_tokens": 10, "output_tokens": 5}}
        await self.start(f"cat >/dev/null; echo '{json.dumps(report)}'")
        done = await self.outcome()
        self.assertEqual((done["status"], done["content"]),
                         ("completed", "All done."))
        self.assertEqual(done["usage"]["input_tokens"], 10)
        self.assertEqual(done["usage"]["total_cost_usd"], 0.0125)

    async def test_claude_s_error_is_the_task_s_error(self):
        report = {"type": "result", "subtype": "error_max_turns",
                  "is_error": True, "usage": {}, "total_cost_usd": 1}
        await self.start(f"cat >/dev/null; echo '{json.dumps(report)}'")
        done = await self.outcome()
        self.assertEqual(done["status"], "error")
        self.assertIn("error_max_turns", done["error"])

    @fails_at("8bd27b6")
    async def test_deep_json_in_a_report_does_not_end_the_bridge(self):
        deep = "python3 -c \"print('[' * 100000 + ']' * 100000)\""
        bridge = await self.start(
            "read -r place; printf '{\"result\":\"x\",\"%s\":' $place; "
            f"{deep}; printf '}}'")
        for place in ("result", "usage", "ignored"):
            with self.subTest(place):
                done = await self.outcome(place)
                self.assertEqual(done["status"], "completed")
                # Text is what it is passed on as, and nothing is lost.
                self.assertEqual(done["content"].count("["), 100_000)
        self.assertIsNone(bridge.process.returncode)

    async def test_the_command_knows_its_task_and_not_the_token(self):
        await self.start("cat >/dev/null; env", "--workdir", "/tmp")
        done = await self.outcome(context={"issue": 17})
        variables = dict(line.split("=", 1)
                         for line in done["content"].splitlines()
                         if "=" in line)
        self.assertEqual(variables["BRIDGEKEEPER_MESSAGE_ID"],
                         done["message_id"])
        self.assertEqual(variables["BRIDGEKEEPER_AGENT_ID"],
                         self.agent_name())
        self.assertEqual(json.loads(variables["BRIDGEKEEPER_CONTEXT"]),
                         {"issue": 17})
        self.assertEqual(os.path.realpath(variables["PWD"]),
                         os.path.realpath("/tmp"))
        self.assertNotIn(self.daemon.token, done["content"])

    async def test_tasks_wait_their_turn(self):
        await self.start("cat; sleep 0.1")
        answers = await asyncio.gather(*(self.outcome(f"{n}")
                                         for n in range(5)))
        self.assertEqual([x["content"].strip() for x in answers],
                         [f"{n}" for n in range(5)])

    async def test_what_it_announces_is_shown(self):
        await self.start("cat", "--capability", "rust", "--capability",
                         "review", "--workdir", "/tmp")
        answer = await get(self.daemon,
                           f"/control/agents/{self.agent_name()}")
        agent = answer.json["agent"]
        self.assertEqual(agent["capabilities"], ["rust", "review"])
        self.assertEqual(agent["workdir"], os.path.realpath("/tmp"))

    async def test_a_task_that_takes_too_long_is_ended(self):
        await self.start("exec sleep 1000", "--task-timeout", "0.3")
        done = await self.outcome()
        self.assertEqual(done["status"], "error")
        self.assertTrue(done["error"])

    async def test_sigterm_ends_it_well(self):
        bridge = await self.start("cat")
        self.assertEqual((await bridge.stop())[0], 0)

        async def is_away():
            return await agent_status(self.daemon, bridge.agent_id) \
                == "disconnected"
        await eventually(is_away, "the bridge has said good-bye")

    @fails_at("8bd27b6")
    async def test_signals_that_mean_nothing_do_not_end_it(self):
        bridge = await self.start("cat")
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            bridge.process.send_signal(number)
            self.assertEqual(
                (await self.outcome("go on"))["content"].strip(), "go on")
        bridge.process.send_signal(signal.SIGQUIT)
        status, said = await bridge.ended()
        self.assertEqual(status, 0)
        self.assertIn(f"signal {signal.SIGUSR1.value} is ignored", said)

    async def test_a_replaced_bridge_ends_with_exit_7(self):
        older = await self.start("cat")
        async with await BridgeProcess.start(
                self.daemon, self.agent_name(), "cat"):
            status, said = await older.ended()
        self.assertEqual(status, 7)
        self.assertIn("another bridge has registered", said)

    @fails_at("8bd27b6")
    async def test_a_refused_registration_ends_it_with_exit_8(self):
        async with await BridgeProcess.start(
                self.daemon, self.agent_name(), "cat",
                "--capability", "x" * 300) as bridge:
            status, said = await bridge.ended()
        self.assertEqual(status, 8, said)
        self.assertIn("did not accept the registration", said)

    @fails_at("8bd27b6")
    async def test_its_help_says_when_it_must_not_be_restarted(self):
        outcome = await run("bridge", "--help")
        self.assertIn("RestartPreventExitStatus=2 4 7 8", outcome.stdout)

    async def test_a_wrong_token_ends_it_with_exit_4(self):
        async with await BridgeProcess.start(
                self.daemon, self.agent_name(), "cat",
                VIBEFORGE_AUTH_TOKEN="secret-of-nobody") as bridge:
            status, said = await bridge.ended()
        self.assertEqual(status, 4)
        self.assertIn("did not accept the token", said)
        self.assertNotIn("secret-of-nobody", said)

    async def test_it_stays_while_it_beats(self):
        await self.start("cat", "--heartbeat", "0.1")

        async def has_beaten():
            text = await self.daemon.ask_console(
                f"agent {self.agent_name()}")
            line, = [x for x in text.splitlines()
                     if x.startswith("heartbeats")]
            return int(line.split()[1].rstrip(",")) >= 3
        await eventually(has_beaten, "three beats")


class ReconnectTest(AsyncCase):

    async def test_the_bridge_comes_back_after_the_daemon_restarts(self):
        first = Daemon().start()
        self.addCleanup(first.clean_up)
        self.addCleanup(first.kill)
        async with await BridgeProcess.start(first, "faithful",
                                             "cat") as bridge:
            async def connected(daemon):
                return await agent_status(daemon, "faithful") == "connected"
            await eventually(lambda: connected(first), "it registers")
            first.signal()
            first.wait_for_end()

            second = Daemon(listen=first.address,
                            directory=first.directory).start()
            self.addCleanup(second.stop)
            await eventually(lambda: connected(second), "it comes back", 30)
            answer = await dispatch(second, "faithful", "still there?",
                                    query="?wait=15")
            self.assertEqual(answer.json["content"].strip(), "still there?")
            status, log = await bridge.stop()
            self.assertEqual(status, 0)
            self.assertRegex(log, r"reconnected after \d+ attempt")

    @fails_at("8bd27b6")
    async def test_a_daemon_that_stays_away_does_not_fill_the_bridge_s_log(
            self):
        gone = Daemon().start()
        self.addCleanup(gone.clean_up)
        gone.signal()
        gone.wait_for_end()
        lines = []
        async with await BridgeProcess.start(
                gone, "faithful", "cat", "--url",
                gone.http_url("")) as bridge:
            await bridge.says("output is read as")
            while not lines or b"(4 failures so far)" not in lines[-1]:
                lines.append(await within(bridge.process.stderr.readline(),
                                          "the next line"))
                self.assertTrue(lines[-1], lines)
        self.assertEqual(len(lines), 3, lines)
