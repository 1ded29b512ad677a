"""The keys of the operator's console, at a terminal: Tab, Ctrl-C and Ctrl-D;
and `trace`, which Ctrl-C ends."""

import asyncio
import json
import os
import pathlib
import signal
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import dispatch
from operator_console import Operator, Terminal
from waiting import eventually, within

PROMPT = "bridgekeeper> "

# The library made of `slow_terminal.c`; empty if the build has none.
SLOW_TERMINAL = os.environ.get("E2E_SLOW_TERMINAL")


class ConsoleCase(AsyncCase):

    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(self.enterContext(
            tempfile.TemporaryDirectory(prefix="bridgekeeper-home-")))

    async def bridge(self, daemon, name):
        return await self.given(await Bridge.register(daemon, name))

    async def task(self, daemon, name):
        answer = await dispatch(daemon, name)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["message_id"]

    async def is_traced(self, daemon):
        return "console-tail" in await daemon.ask_console("actors")


class KeysTest(ConsoleCase):

    async def test_ctrl_c_at_the_prompt_discards_the_line(self):
        daemon = self.start_daemon()
        async with Terminal(daemon, self.home) as terminal:
            await terminal.until(PROMPT)
            for _ in range(2):
                terminal.type("kill-actor registry")
                await terminal.until("kill-actor registry")
                terminal.forget()
                terminal.type("\x03")
                await terminal.until("^C")
                await terminal.until(PROMPT)
            terminal.type("threads\n")
            await terminal.until("CONNECTIONS")
            self.assertNotIn("was killed", terminal.text)
            history = (self.home / ".bridgekeeper_history").read_text()
            self.assertNotIn("kill-actor", history)
            terminal.type("quit\n")
            self.assertEqual(await terminal.status(), 0)

    async def test_ctrl_d_at_the_prompt_ends_the_console(self):
        daemon = self.start_daemon()
        async with Terminal(daemon, self.home) as terminal:
            await terminal.until(PROMPT)
            terminal.forget()
            terminal.type("\x03")
            await terminal.until("^C")
            await terminal.until(PROMPT)
            terminal.type("\x04")
            self.assertEqual(await terminal.status(), 0)

    async def test_ctrl_d_typed_as_the_prompt_appears_is_not_lost(self):
        if not SLOW_TERMINAL:
            self.skipTest("E2E_SLOW_TERMINAL names no library")
        self.assertTrue(pathlib.Path(SLOW_TERMINAL).exists(),
                        f"{SLOW_TERMINAL} is not built: build slow_terminal")
        daemon = self.start_daemon()
        async with Terminal(daemon, self.home,
                            LD_PRELOAD=SLOW_TERMINAL) as terminal:
            await terminal.until(PROMPT)
            terminal.type("\x04")
            self.assertEqual(await terminal.status(), 0)

    async def test_ctrl_c_stops_the_wait_for_an_answer_only(self):
        daemon = self.start_daemon()
        async with Terminal(daemon, self.home) as terminal:
            await terminal.until(PROMPT)
            daemon.signal(signal.SIGSTOP)
            try:
                # Until all of its threads have stopped, it may answer.
                await within(asyncio.to_thread(
                    os.waitid, os.P_PID, daemon.process.pid,
                    os.WSTOPPED | os.WNOWAIT), "the daemon's stop")
                self.assertFalse(terminal.sends_signals())
                terminal.type("agents\n")
                await terminal.until("agents")
                terminal.forget()
                # Before that, the key still belongs to the line.
                await eventually(terminal.sends_signals, "the line's end")
                terminal.type("\x03")
                await terminal.until("^C")
                await terminal.until(PROMPT)
            finally:
                daemon.signal(signal.SIGCONT)
            terminal.type("threads\n")
            await terminal.until("CONNECTIONS")
            # The answer to the stopped command came too late to be shown.
            self.assertNotIn("INCARNATION", terminal.text)

    async def test_tab_completes_commands_and_ids(self):
        daemon = self.start_daemon()
        await self.bridge(daemon, "builder-of-things")
        message_id = await self.task(daemon, "builder-of-things")
        async with Terminal(daemon, self.home) as terminal:
            await terminal.until(PROMPT)
            terminal.type("mail\t\n")
            await terminal.until("WAITING")
            terminal.forget()
            terminal.type("agent buil\t\n")
            await terminal.until("builder-of-things")
            await terminal.until("incarnation")
            terminal.forget()
            terminal.type(f"trace {message_id[:13]}\t")
            await terminal.until(message_id)


class TraceTest(ConsoleCase):

    async def test_trace_ends_with_the_dispatch(self):
        daemon = self.start_daemon()
        bridge = await self.bridge(daemon, "a")
        message_id = await self.task(daemon, "a")
        for short in (message_id, message_id[:13], message_id[-8:]):
            async with Operator(daemon, "trace", short) as trace:
                await eventually(lambda: self.is_traced(daemon), "the trace")
                await bridge.progress(message_id, progress_text="half")
                line = (await trace.line()).decode()
                self.assertRegex(
                    line, rf"^[\d:.]+  a  agent_progress  {message_id}  half$")
                trace.signal(signal.SIGINT)
                self.assertEqual(
                    await within(trace.process.wait(), "the end"), 0)
        async with Operator(daemon, "trace", message_id) as trace:
            await eventually(lambda: self.is_traced(daemon), "the trace")
            await bridge.respond(message_id)
            out, _ = await within(trace.process.communicate(), "the end")
            self.assertIn(b"agent_response", out)
            self.assertIn(f"dispatch {message_id} has ended", out.decode())
            self.assertEqual(trace.process.returncode, 0)
        self.assertIn("has already ended: completed",
                      await daemon.ask_console(f"trace {message_id}"))

    async def test_a_short_id_is_found_in_the_store(self):
        # The history holds a single event.
        daemon = self.start_daemon(BRIDGEKEEPER_EVENTS_HISTORY_PER_STREAM="1")
        bridge = await self.bridge(daemon, "a")
        message_id = await self.task(daemon, "a")
        await bridge.receive_dispatch()
        await bridge.respond(message_id)
        await bridge.close()

        async def is_found():
            outcome = await daemon.command("console",
                                           f"trace {message_id[-8:]}")
            return "has already ended" in outcome.stdout \
                and message_id in outcome.stdout
        await eventually(is_found, "the dispatch is found")

    async def test_trace_of_an_agent_runs_until_ctrl_c(self):
        daemon = self.start_daemon()
        await self.bridge(daemon, "a")
        async with Terminal(daemon, self.home) as terminal:
            await terminal.until(PROMPT)
            terminal.type("trace a\n")
            await eventually(lambda: self.is_traced(daemon), "the trace")
            message_id = await self.task(daemon, "a")
            await terminal.until(message_id)
            terminal.forget()
            terminal.type("\x03")
            await terminal.until(PROMPT)
            terminal.type("stats\n")
            await terminal.until("registrations")

    async def test_trace_of_nothing_says_so(self):
        daemon = self.start_daemon()
        outcome = await daemon.command("console", "trace nobody")
        self.assertEqual((outcome.status, outcome.stdout), (1, ""))
        self.assertIn('no agent and no dispatch has an id like "nobody"',
                      outcome.stderr)


class AuditTest(ConsoleCase):

    async def test_what_an_operator_does_is_audited_with_the_token(self):
        path = self.home / "audit.log"
        daemon = self.start_daemon(VIBEFORGE_AUDIT_LOG_PATH=str(path))
        await self.bridge(daemon, "a")
        await daemon.ask_console("cordon a")

        def entry(event):
            found = [x for x in map(json.loads, path.read_text().splitlines())
                     if x["event"] == event
                     and x["metadata"].get("gate") == "console"]
            return found[-1] if found else None
        duty = await eventually(lambda: entry("agent_duty_changed"),
                                "the entry")
        self.assertTrue(duty["token"])
        self.assertEqual(duty["token"], entry("auth_success")["token"])
