"""The client commands: agents, watch and version, usage, and terminals."""

import asyncio
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import tempfile

from cases import DaemonCase
from client import agent_status, dispatch
from daemon import BINARY, TOKEN, environment, run
from dropped_upgrades import UpgradeDropper
from regression import fails_at
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

    @fails_at("8bd27b6")
    async def test_metadata_as_deep_as_is_allowed_does_not_hide_the_agents(
            self):
        metadata = 1
        for _ in range(62):
            metadata = [metadata]
        bridge = await self.bridge(metadata={"x": metadata})
        outcome = await self.daemon.command("agents")
        self.assertIn(bridge.agent_id, outcome.stdout)

    @fails_at("8bd27b6")
    async def test_forget_takes_an_agent_that_is_away_off_the_list(self):
        bridge = await self.bridge()
        forget = ("agents", "--forget", bridge.agent_id)
        outcome = await self.daemon.command(*forget)
        self.assertEqual((outcome.status, outcome.stdout, outcome.stderr), (
            1, "", "bridgekeeper agents: Agent is connected "
            "(agent_still_connected). Stop its bridge first.\n"))
        await bridge.close()

        async def is_away():
            return await agent_status(
                self.daemon, bridge.agent_id) == "disconnected"
        await eventually(is_away, "the agent is away")
        outcome = await self.daemon.command(*forget)
        self.assertEqual((outcome.status, outcome.stdout), (
            0, f"agent {bridge.agent_id} was forgotten\n"))
        outcome = await self.daemon.command(*forget)
        self.assertEqual(outcome.status, 1)
        self.assertEqual(
            outcome.stderr, "bridgekeeper agents: Agent not found "
            "(unknown_agent). List the agents with: bridgekeeper agents\n")

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

    @fails_at("8bd27b6")
    async def test_a_proxy_that_drops_upgrades_is_named_as_the_cause(self):
        async with UpgradeDropper(self.daemon) as proxy:
            outcome = await run("agents", "--url", proxy.url,
                                BRIDGEKEEPER_TOKEN=TOKEN)
        self.assertEqual((outcome.status, outcome.stdout), (3, ""))
        self.assertIn("a proxy in between dropped it", outcome.stderr)

    async def test_the_token_can_come_from_a_file(self):
        path = self.daemon.directory / "my-token"
        path.write_text(f"# mine\n{TOKEN}\n")
        outcome = await self.daemon.command(
            "agents", "--json", "--token-file", str(path),
            VIBEFORGE_AUTH_TOKEN=None)
        self.assertEqual(outcome.status, 0, outcome.stderr)

    async def test_a_named_token_file_beats_the_environment(self):
        path = self.daemon.directory / "my-token"
        path.write_text(f"{TOKEN}\n")
        outcome = await self.daemon.command(
            "agents", "--json", "--token-file", str(path),
            BRIDGEKEEPER_TOKEN="wrong")
        self.assertEqual(outcome.status, 0, outcome.stderr)

    async def test_a_token_file_that_is_a_directory_is_exit_4(self):
        outcome = await self.daemon.command("agents", "--token-file", "/etc")
        self.assertEqual((outcome.status, outcome.stdout), (4, ""))
        self.assertIn("/etc: it is a directory", outcome.stderr)

    async def test_a_directory_whose_daemon_is_gone_is_exit_3(self):
        with tempfile.TemporaryDirectory() as directory:
            (pathlib.Path(directory) / "lock").touch()
            outcome = await run("agents", "--data-dir", directory,
                                BRIDGEKEEPER_TOKEN=TOKEN)
            self.assertEqual((outcome.status, outcome.stdout), (3, ""))
            self.assertIn(f"No daemon is running with the data directory "
                          f"{directory}", outcome.stderr)

    async def test_an_address_written_for_a_bridge_serves_as_well(self):
        outcome = await self.daemon.command(
            "agents", "--json",
            BRIDGEKEEPER_URL=self.daemon.ws_url("/ws/agent-bridge"))
        self.assertEqual(outcome.status, 0, outcome.stderr)

    async def test_wrong_usage_is_exit_2(self):
        for arguments in (["nonsense"], ["agents", "--nonsense"], ["agent"],
                          ["dispatch", "a"], ["result"], ["dispatch", "a_b", "x"],
                          ["watch", "a b"],
                          ["dispatch", "a", "x", "--context", "[]"],
                          ["bridge", "--id", "a"],
                          ["bridge", "--id", "a_b", "--exec", "cat"],
                          ["bridge", "--id", "", "--exec", "cat"],
                          ["bridge", "--id", "a", "--exec", ""],
                          ["serve", "--io-threads", "many"]):
            with self.subTest(arguments):
                outcome = await run(*arguments, BRIDGEKEEPER_TOKEN=TOKEN)
                self.assertEqual((outcome.status, outcome.stdout), (2, ""))
                self.assertTrue(outcome.stderr)

    @fails_at("8bd27b6")
    async def test_an_unknown_option_before_a_command_is_named(self):
        outcome = await run("--nonsense", "agents")
        self.assertEqual((outcome.status, outcome.stdout), (2, ""))
        self.assertIn("unknown flag --nonsense", outcome.stderr)
        outcome = await run("--url", "agents")
        self.assertIn("unknown flag --url", outcome.stderr)
        outcome = await run("--json", "agents")
        self.assertIn("Put it after the command: bridgekeeper agents --json",
                      outcome.stderr)

    @fails_at("8bd27b6")
    async def test_help_is_a_command(self):
        outcome = await run("help")
        self.assertEqual(outcome.status, 0, outcome.stderr)
        self.assertEqual(outcome.stdout, (await run("--help")).stdout)
        for words in (["dispatch"], ["token", "new"]):
            with self.subTest(words):
                outcome = await run("help", *words)
                self.assertEqual(outcome.status, 0, outcome.stderr)
                self.assertEqual(outcome.stdout,
                                 (await run(*words, "--help")).stdout)
        outcome = await run("help", "nonsense")
        self.assertEqual((outcome.status, outcome.stdout), (2, ""))
        self.assertIn("unknown command nonsense", outcome.stderr)

    @fails_at("8bd27b6")
    async def test_agents_says_what_each_is_doing(self):
        busy = await self.bridge()
        idle = await self.bridge(self.agent_name("-idle"))
        await dispatch(self.daemon, busy.agent_id)
        task = await busy.receive_dispatch()
        outcome = await self.daemon.command("agents")
        self.assertEqual(outcome.status, 0, outcome.stderr)
        lines = {x.split()[0]: x for x in outcome.stdout.splitlines()}
        self.assertRegex(lines[busy.agent_id],
                         rf"dispatched for \d+s: {task['message_id']}")
        self.assertIn(" idle ", lines[idle.agent_id])

    async def test_version_prints_itself_first(self):
        outcome = await run("version")
        self.assertEqual(outcome.status, 0)
        self.assertRegex(outcome.stdout, r"^bridgekeeper \d+\.\d+\.\d+")
        outcome = await run("--version")
        self.assertEqual(outcome.status, 0)
        self.assertRegex(outcome.stdout, r"\d+\.\d+\.\d+")


class WatchCommandTest(DaemonCase):

    async def watch(self, *arguments):
        """A running `watch`, which has seen something of its agent."""
        process = await asyncio.create_subprocess_exec(
            BINARY, "watch", "--data-dir", str(self.daemon.directory),
            *arguments, env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

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

    async def test_it_says_that_it_watches(self):
        await self.bridge()
        process, _ = await self.watch(self.agent_name())
        said = await within(process.stderr.readline(), "a line")
        self.assertIn(f"Watching agent {self.agent_name()}", said.decode())

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


class TerminalTest(DaemonCase):
    """What a person sees, on a terminal of its own."""

    async def shown(self, *arguments, **variables):
        """What the command writes on its terminal."""
        ours, theirs = pty.openpty()
        try:
            process = await asyncio.create_subprocess_exec(
                BINARY, *arguments, "--data-dir", str(self.daemon.directory),
                env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN, TERM="xterm",
                                **variables),
                stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
            await within(process.wait(), "its end")
            os.set_blocking(ours, False)
            return os.read(ours, 1 << 16).decode()
        finally:
            os.close(ours)
            os.close(theirs)

    @fails_at("8bd27b6")
    async def test_no_color_is_obeyed(self):
        bridge = (await self.bridge()).work(progress=1)
        dispatch = ["dispatch", bridge.agent_id, "x", "--wait"]
        self.assertIn("\x1b[2m", await self.shown(*dispatch, NO_COLOR=None))
        self.assertIn("\x1b[2m", await self.shown(*dispatch, NO_COLOR=""))
        self.assertNotIn("\x1b", await self.shown(*dispatch, NO_COLOR="1"))

    @fails_at("8bd27b6")
    async def test_text_cannot_be_turned_around_on_a_terminal(self):
        bridge = await self.bridge(workdir="/srv/\u202egpj.exe",
                                   capabilities=["\u2066rust"])
        bridge.work()
        answers = [await self.shown("agents"),
                   await self.shown("agents", "--json"),
                   await self.shown("console", "agents"),
                   await self.shown("dispatch", bridge.agent_id,
                                    "a\u202egpj.exe", "--wait")]
        for answer in answers:
            self.assertIn("\\u202egpj.exe", answer)
            self.assertNotIn("\u202e", answer)
            self.assertNotIn("\u2066", answer)
