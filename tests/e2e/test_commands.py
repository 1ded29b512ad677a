"""The client commands: agents, dispatch, watch, version."""

import asyncio
import json
import re
import signal
import subprocess

from bridge import Bridge
from cases import DaemonCase
from client import dispatch, finished_record
from daemon import BINARY, TOKEN, environment, run
from waiting import eventually, within


class AgentsCommandTest(DaemonCase):

    async def test_agents_prints_a_table(self):
        bridge = await self.bridge(workdir="/srv/somewhere")
        outcome = await self.daemon.command("agents")
        self.assertEqual(outcome.status, 0)
        line, = [x for x in outcome.stdout.splitlines()
                 if x.startswith(bridge.agent_id)]
        self.assertIn("connected", line)

    async def test_agents_json_is_what_http_answers(self):
        bridge = await self.bridge()
        outcome = await self.daemon.command("agents", "--json")
        listed = json.loads(outcome.stdout)
        self.assertEqual(listed["total"], len(listed["agents"]))
        self.assertIn(bridge.agent_id,
                      [x["agent_id"] for x in listed["agents"]])

    async def test_a_wrong_token_is_exit_4(self):
        outcome = await self.daemon.command("agents",
                                            VIBEFORGE_AUTH_TOKEN="wrong")
        self.assertEqual((outcome.status, outcome.stdout), (4, ""))
        self.assertIn("does not accept the token", outcome.stderr)

    async def test_a_daemon_that_is_not_there_is_exit_3(self):
        outcome = await run("agents", "--url", "http://127.0.0.1:1",
                            BRIDGEKEEPER_TOKEN=TOKEN)
        self.assertEqual((outcome.status, outcome.stdout), (3, ""))
        self.assertIn("Cannot reach Bridgekeeper at 127.0.0.1:1",
                      outcome.stderr)

    async def test_the_token_can_come_from_a_file(self):
        path = self.daemon.directory / "my-token"
        path.write_text(f"# mine\n{TOKEN}\n")
        outcome = await self.daemon.command(
            "agents", "--json", "--token-file", str(path),
            VIBEFORGE_AUTH_TOKEN=None)
        self.assertEqual(outcome.status, 0, outcome.stderr)

    async def test_wrong_usage_is_exit_2(self):
        for arguments in (["nonsense"], ["agents", "--nonsense"], ["agent"],
                          ["dispatch", "a"], ["dispatch", "a_b", "x"],
                          ["watch", "a b"],
                          ["dispatch", "a", "x", "--context", "[]"],
                          ["bridge", "--id", "a"],
                          ["bridge", "--id", "a_b", "--exec", "cat"],
                          ["serve", "--io-threads", "many"]):
            with self.subTest(arguments):
                outcome = await run(*arguments, BRIDGEKEEPER_TOKEN=TOKEN)
                self.assertEqual((outcome.status, outcome.stdout), (2, ""))
                self.assertTrue(outcome.stderr)

    async def test_version_prints_itself_first(self):
        outcome = await run("version")
        self.assertEqual(outcome.status, 0)
        self.assertRegex(outcome.stdout, r"^bridgekeeper \d+\.\d+\.\d+")
        outcome = await run("--version")
        self.assertEqual(outcome.status, 0)
        self.assertRegex(outcome.stdout, r"\d+\.\d+\.\d+")


class DispatchCommandTest(DaemonCase):

    async def test_wait_prints_the_answer_and_tells_of_progress(self):
        bridge = (await self.bridge()).work(progress=2)
        outcome = await self.daemon.command("dispatch", bridge.agent_id,
                                            "--wait", "grüße")
        self.assertEqual((outcome.status, outcome.stdout), (0, "grüße\n"))
        self.assertIn("step 0\nstep 1\n", outcome.stderr)

    async def test_without_wait_it_prints_the_message_id(self):
        bridge = await self.bridge()
        outcome = await self.daemon.command("dispatch", bridge.agent_id,
                                            "do it")
        self.assertEqual(outcome.status, 0)
        task = await bridge.receive_dispatch()
        self.assertEqual(outcome.stdout.strip(), task["message_id"])
        await bridge.respond(task["message_id"])
        known = await finished_record(self.daemon, task["message_id"])
        self.assertEqual(known["status"], "completed")

    async def test_the_text_and_the_context_go_to_the_agent(self):
        bridge = await self.bridge()
        await self.daemon.command("dispatch", bridge.agent_id, "-",
                                  "--context", '{"issue": 17}',
                                  stdin="from\nstandard input\n".encode())
        task = await bridge.receive_dispatch()
        self.assertEqual((task["content"], task["context"]),
                         ("from\nstandard input", {"issue": 17}))

    async def test_json_prints_the_last_answer(self):
        bridge = (await self.bridge()).work()
        outcome = await self.daemon.command(
            "dispatch", bridge.agent_id, "x", "--wait", "--json")
        answer = json.loads(outcome.stdout)
        self.assertEqual((answer["type"], answer["content"]),
                         ("response", "x"))

    async def test_an_error_of_the_task_is_exit_5(self):
        bridge = await self.bridge()
        running = asyncio.create_task(self.daemon.command(
            "dispatch", bridge.agent_id, "x", "--wait"))
        task = await bridge.receive_dispatch()
        await bridge.respond(task["message_id"], "half", error="boom")
        outcome = await running
        self.assertEqual((outcome.status, outcome.stdout), (5, "half\n"))
        self.assertIn("boom", outcome.stderr)

    async def test_a_refused_dispatch_is_exit_5_and_says_why(self):
        outcome = await self.daemon.command("dispatch", "nobody", "x")
        self.assertEqual((outcome.status, outcome.stdout), (5, ""))
        self.assertIn("Agent not found (unknown_agent)", outcome.stderr)

    async def test_a_lost_agent_is_exit_5_and_says_so(self):
        bridge = await Bridge.register(self.daemon, self.agent_name())
        running = asyncio.create_task(self.daemon.command(
            "dispatch", bridge.agent_id, "x", "--wait"))
        await bridge.receive_dispatch()
        await bridge.close()
        outcome = await running
        self.assertEqual(outcome.status, 5)
        self.assertIn("agent_lost", outcome.stderr)

    async def test_no_answer_in_time_is_exit_6(self):
        bridge = await self.bridge()
        outcome = await self.daemon.command(
            "dispatch", bridge.agent_id, "x", "--wait", "--timeout", "0.3")
        self.assertEqual(outcome.status, 6)


class WatchCommandTest(DaemonCase):

    async def watch(self, *arguments):
        """A running `watch`, which has seen something of its agent."""
        process = await asyncio.create_subprocess_exec(
            BINARY, "watch", "--data-dir", str(self.daemon.directory),
            *arguments, env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

        async def end():
            if process.returncode is None:
                process.kill()
            await process.wait()
        self.addAsyncCleanup(end)
        first = asyncio.create_task(process.stdout.readline())

        async def has_begun():
            await dispatch(self.daemon, self.agent_name(), "begin")
            return first.done()
        await eventually(has_begun, "the first line")
        return process, (await first).decode()

    async def test_it_prints_an_event_a_line(self):
        await self.bridge()
        other = await self.bridge(self.agent_name("-other"))
        process, line = await self.watch(self.agent_name())
        self.assertIn(self.agent_name(), line)
        # Another agent's events are not shown.
        await dispatch(self.daemon, other.agent_id)
        await dispatch(self.daemon, self.agent_name())
        line = (await within(process.stdout.readline(), "a line")).decode()
        self.assertNotIn(other.agent_id, line)

    async def test_json_prints_whole_events(self):
        await self.bridge()
        _, line = await self.watch("--json")
        event = json.loads(line)
        self.assertEqual(event["event_type"], "task_dispatched")

    async def test_interrupted_it_ends_with_exit_0(self):
        await self.bridge()
        process, _ = await self.watch()
        process.send_signal(signal.SIGINT)
        self.assertEqual(await within(process.wait(), "its end"), 0)

    async def test_a_terminal_escape_in_an_event_is_not_printed(self):
        bridge = await self.bridge()
        process, _ = await self.watch(self.agent_name())
        task = await bridge.receive_dispatch()
        await bridge.progress(task["message_id"],
                              progress_text="\x1b[31mred\x07")
        lines = []
        while not lines or "red" not in lines[-1]:
            lines.append((await within(process.stdout.readline(),
                                       "a line")).decode())
        self.assertIsNone(re.search(r"[\x00-\x08\x1b]", lines[-1]))
