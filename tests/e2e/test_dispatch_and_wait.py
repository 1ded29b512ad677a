"""The commands dispatch and result: what they print, and how they end."""

import asyncio
import json
import signal
import subprocess
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import dispatch, finished_record
from daemon import BINARY, TOKEN, Daemon, environment
from regression import fails_at
from waiting import eventually, within


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

    @fails_at("8bd27b6")
    async def test_too_long_a_text_is_told_with_its_length_and_the_limit(self):
        bridge = await self.bridge()
        outcome = await self.daemon.command("dispatch", bridge.agent_id,
                                            "ü" * 10_001)
        self.assertEqual(outcome.status, 5)
        self.assertIn("content must be <= 10000 characters", outcome.stderr)
        self.assertIn("10001 characters", outcome.stderr)
        self.assertIn("dispatch.max_content_chars", outcome.stderr)

    @fails_at("8bd27b6")
    async def test_too_large_a_task_is_exit_5_and_names_the_setting(self):
        bridge = await self.bridge()
        outcome = await self.daemon.command(
            "dispatch", bridge.agent_id, "-", stdin=b"x" * 3_000_000)
        self.assertEqual(outcome.status, 5, outcome.stderr)
        self.assertIn("http.max_body_bytes", outcome.stderr)
        self.assertIn("3000000 bytes", outcome.stderr)

    @fails_at("8bd27b6")
    async def test_interrupted_it_says_how_to_come_back(self):
        bridge = await self.bridge()
        process = await self.start("dispatch", bridge.agent_id, "x", "--wait")
        task = await bridge.receive_dispatch()
        await within(process.stderr.readuntil(task["message_id"].encode()),
                     "the message id")
        process.send_signal(signal.SIGINT)
        _, err = await within(process.communicate(), "its end")
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertIn(f"bridgekeeper result {task['message_id']} --wait",
                      err.decode())

    @fails_at("8bd27b6")
    async def test_an_answer_that_was_shown_as_progress_is_not_repeated(self):
        bridge = await self.bridge()
        for answer, told in (("one\n\ntwo\nthree", "one\ntwo\nthree\n"),
                             ("one\ntwo\n", "one\ntwo\n"),
                             ("other", "one\ntwo\nother\n")):
            with self.subTest(answer):
                process = await self.start("dispatch", bridge.agent_id, "x",
                                           "--wait",
                                           stderr=subprocess.STDOUT)
                task = await bridge.receive_dispatch()
                for line in ("one", "two"):
                    await bridge.progress(task["message_id"],
                                          progress_text=line)
                await bridge.respond(task["message_id"], answer)
                out, _ = await within(process.communicate(), "its end")
                self.assertEqual(out.decode().partition("\n")[2], told)

    async def test_an_answer_that_is_read_apart_is_whole(self):
        bridge = await self.bridge()
        process = await self.start("dispatch", bridge.agent_id, "x", "--wait")
        task = await bridge.receive_dispatch()
        await bridge.progress(task["message_id"], progress_text="one")
        await bridge.respond(task["message_id"], "one\ntwo")
        out, _ = await within(process.communicate(), "its end")
        self.assertEqual(out, b"one\ntwo\n")

    @fails_at("8bd27b6")
    async def test_a_text_that_looks_like_a_flag_gets_a_hint(self):
        bridge = (await self.bridge()).work()
        outcome = await self.daemon.command("dispatch", bridge.agent_id,
                                            "--fix", "it")
        self.assertEqual(outcome.status, 2)
        self.assertIn("Put -- before", outcome.stderr)
        outcome = await self.daemon.command("dispatch", bridge.agent_id,
                                            "--wait", "--", "--fix it")
        self.assertEqual((outcome.status, outcome.stdout),
                         (0, "--fix it\n"))

    async def start(self, *arguments, stderr=subprocess.PIPE):
        process = await asyncio.create_subprocess_exec(
            BINARY, *arguments, "--data-dir", str(self.daemon.directory),
            env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)

        async def end():
            if process.returncode is None:
                process.kill()
            await process.wait()
        self.addAsyncCleanup(end)
        return process


class BusyDaemonTest(DaemonCase):
    variables = {"VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN": "1"}

    @fails_at("8bd27b6")
    async def test_a_refusal_for_now_says_when_to_try_again(self):
        bridge = await self.bridge()
        await self.daemon.command("dispatch", bridge.agent_id, "x")
        outcome = await self.daemon.command("dispatch", bridge.agent_id, "x")
        self.assertEqual(outcome.status, 5)
        self.assertIn("rate_limited", outcome.stderr)
        self.assertRegex(outcome.stderr, r"Try again in [1-6]?\d s\.")


class ResultCommandTest(DaemonCase):

    async def wait_for_progress(self, bridge):
        """`result --wait` of a new dispatch: the process, the task, and the
        first line of progress that it has shown."""
        sent = await self.daemon.command("dispatch", bridge.agent_id, "x")
        task = await bridge.receive_dispatch()
        process = await asyncio.create_subprocess_exec(
            BINARY, "result", sent.stdout.strip(), "--wait",
            "--data-dir", str(self.daemon.directory),
            env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        line = asyncio.create_task(process.stderr.readline())

        async def is_shown():
            await bridge.progress(task["message_id"], progress_text="step")
            return line.done()
        await eventually(is_shown, "progress")
        return process, task, await line

    @fails_at("8bd27b6")
    async def test_wait_shows_progress(self):
        bridge = await self.bridge()
        process, task, line = await self.wait_for_progress(bridge)
        self.assertEqual(line, b"step\n")
        await bridge.respond(task["message_id"], "the answer")
        out, _ = await within(process.communicate(), "its end")
        self.assertEqual((process.returncode, out), (0, b"the answer\n"))

    @fails_at("8bd27b6")
    async def test_interrupted_it_says_how_to_come_back(self):
        bridge = await self.bridge()
        process, task, _ = await self.wait_for_progress(bridge)
        process.send_signal(signal.SIGINT)
        _, err = await within(process.communicate(), "its end")
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertIn(f"bridgekeeper result {task['message_id']} --wait",
                      err.decode())

    async def test_the_answer_is_found_by_the_printed_id(self):
        bridge = await self.bridge()
        sent = await self.daemon.command("dispatch", bridge.agent_id, "x")
        task = await bridge.receive_dispatch()
        message_id = sent.stdout.strip()
        early = await self.daemon.command("result", message_id)
        self.assertEqual((early.status, early.stdout), (6, ""))
        self.assertIn("has not answered yet", early.stderr)
        waiting = asyncio.create_task(
            self.daemon.command("result", message_id, "--wait"))
        await bridge.respond(task["message_id"], "the answer")
        outcome = await waiting
        self.assertEqual((outcome.status, outcome.stdout, outcome.stderr),
                         (0, "the answer\n", ""))
        outcome = await self.daemon.command("result", message_id, "--json")
        known = await finished_record(self.daemon, message_id)
        self.assertEqual(json.loads(outcome.stdout)["content"],
                         known["content"])

    async def test_a_task_that_failed_is_exit_5(self):
        bridge = await self.bridge()
        sent = await self.daemon.command("dispatch", bridge.agent_id, "x")
        task = await bridge.receive_dispatch()
        await bridge.respond(task["message_id"], "half", error="boom")
        outcome = await self.daemon.command("result", sent.stdout.strip(),
                                            "--wait")
        self.assertEqual((outcome.status, outcome.stdout), (5, "half\n"))
        self.assertIn("boom", outcome.stderr)

    async def test_an_id_nobody_knows_is_exit_5_and_says_so(self):
        outcome = await self.daemon.command("result", "none", "--wait")
        self.assertEqual((outcome.status, outcome.stdout), (5, ""))
        self.assertIn("Dispatch not found (unknown_dispatch)", outcome.stderr)


class RestartedDaemonTest(AsyncCase):
    """The commands go on waiting although no daemon listens for a while."""

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def start_daemon(self, listen="127.0.0.1:0"):
        daemon = Daemon(directory=self.directory, listen=listen,
                        BRIDGEKEEPER_STORE_DURABILITY="commit").start()
        self.addCleanup(daemon.kill)
        return daemon

    async def start(self, *arguments):
        process = await asyncio.create_subprocess_exec(
            BINARY, *arguments, "--wait", "--data-dir", self.directory,
            env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.addCleanup(lambda: process.returncode is None and process.kill())
        return process

    async def check_end(self, process, daemon):
        daemon.kill()
        await within(process.stderr.readuntil(b"Trying again in "),
                     "the next attempt")
        self.start_daemon(daemon.address)
        _, err = await within(process.communicate(), "its end", 30)
        self.assertEqual(process.returncode, 5, err)
        self.assertIn(b"State: lost", err)

    async def test_dispatch_goes_on(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "a"))
        process = await self.start("dispatch", "a", "x")
        message_id = (await bridge.receive_dispatch())["message_id"]
        await within(process.stderr.readuntil(message_id.encode()), "its id")
        await self.check_end(process, daemon)

    async def test_result_goes_on(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "a"))
        message_id = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.receive_dispatch()
        process = await self.start("result", message_id)

        async def follows():
            await bridge.progress(message_id, progress_text="1")
            try:
                return await asyncio.wait_for(process.stderr.readline(), 0.2)
            except asyncio.TimeoutError:
                return None
        await eventually(follows, "progress")
        await self.check_end(process, daemon)


class ChattyAgentTest(DaemonCase):
    # So that it takes little, and not long, to be more than a program reads.
    variables = {"BRIDGEKEEPER_CONTROL_WRITE_QUEUE_BYTES": "1MiB",
                 "BRIDGEKEEPER_SERVER_PEER_TIMEOUT": "1"}

    async def test_the_answer_arrives_though_progress_was_too_much(self):
        bridge = await self.bridge()
        process = await asyncio.create_subprocess_exec(
            BINARY, "dispatch", "--data-dir", str(self.daemon.directory),
            bridge.agent_id, "x", "--wait",
            env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, limit=1 << 16)
        task = await bridge.receive_dispatch()
        # Nobody reads what it prints, so it stands still at some time.
        for _ in range(400):
            await bridge.progress(task["message_id"],
                                  progress_text="x" * 100_000)

        async def cut_off():
            return "control-channel" not in await self.daemon.ask_console(
                "actors")
        await eventually(cut_off, "the end of the connection")
        await bridge.respond(task["message_id"], "the answer")
        out, err = await within(process.communicate(), "its end")
        self.assertEqual((process.returncode, out), (0, b"the answer\n"))
        self.assertIn(b"bridgekeeper result " + task["message_id"].encode(),
                      err)
