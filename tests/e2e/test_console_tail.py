"""Live events on the operator's console, and operators who stay."""

import asyncio
import json
import pathlib
import signal
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import ControlSocket, dispatch
from daemon import SANITIZED, Daemon
from operator_console import Operator, Terminal
from waiting import Stopwatch, eventually, within

MEBIBYTE = 1024 * 1024


class ConsoleTailTest(DaemonCase):
    # What the daemon may hold on purpose is kept out of the picture.
    variables = {"BRIDGEKEEPER_EVENTS_HISTORY_BYTES": "1MiB"}

    async def first_text(self, tail, bridge):
        """Until the tail has begun, events pass it by."""
        reading = asyncio.create_task(tail.line())

        async def has_told():
            await dispatch(self.daemon, bridge.agent_id)
            return reading.done()
        await eventually(has_told, "an event is shown")
        return (await reading).decode()

    async def first_line(self, tail, bridge):
        return json.loads(await self.first_text(tail, bridge))

    async def test_events_tails_what_happens(self):
        async with Operator(self.daemon, "events", "--json") as tail:
            bridge = await self.bridge()
            event = await self.first_line(tail, bridge)
            self.assertIn(event["event_type"],
                          ("agent_connected", "task_dispatched"))
            self.assertEqual(event["metadata"]["agent_id"], bridge.agent_id)

    async def test_events_are_as_readable_as_those_of_watch(self):
        async with Operator(self.daemon, "events") as tail:
            bridge = await self.bridge()
            self.assertRegex(
                await self.first_text(tail, bridge),
                rf"^\d\d:\d\d:\d\d\.\d{{3}}  {bridge.agent_id}  "
                r"(agent_connected|task_dispatched)\b")

    async def test_ctrl_c_ends_a_one_shot_tail_well(self):
        async with Operator(self.daemon, "events") as tail:
            await self.first_text(tail, await self.bridge())
            tail.signal(signal.SIGINT)
            self.assertEqual(
                await within(tail.process.wait(), "the tail's end"), 0)

    async def test_a_stopped_tail_does_not_make_the_daemon_grow(self):
        async with Operator(self.daemon, "events", "--json") as tail:
            await self.first_line(tail, await self.bridge())
            bridge = await self.bridge(self.agent_name("-talks"))
            tail.signal(signal.SIGSTOP)
            async with await ControlSocket.open(self.daemon) as control:
                await control.dispatch("d", bridge.agent_id, quiet=True)
                task = await bridge.receive_dispatch()
                before = self.daemon.memory()
                for _ in range(6000):
                    await bridge.progress(task["message_id"],
                                          progress_text="y" * 10_000)
                await bridge.sync()
                grown = self.daemon.memory() - before
            self.assertLess(grown, (60 if SANITIZED else 20) * MEBIBYTE)
            # It goes on, and says what it did not show.
            tail.signal(signal.SIGCONT)
            left_out = 0
            while not left_out:
                event = json.loads(await tail.line())
                if event["event_type"] == "gap":
                    left_out = event["left_out"]
            self.assertGreater(left_out, 4000)


class PromptTest(AsyncCase):

    def setUp(self):
        super().setUp()
        home = tempfile.TemporaryDirectory(prefix="bridgekeeper-home-")
        self.addCleanup(home.cleanup)
        self.home = pathlib.Path(home.name)

    async def test_ctrl_c_ends_the_events_and_keeps_the_prompt(self):
        daemon = self.start_daemon()
        async with Terminal(daemon, self.home) as terminal:
            await terminal.until("bridgekeeper> ")
            terminal.type("events\n")

            async def shows_an_event():
                async with await Bridge.register(daemon, "a"):
                    pass
                return "agent_connected" in terminal.text
            reading = asyncio.create_task(terminal.until("agent_connected"))
            await eventually(shows_an_event, "an event is shown")
            await reading
            terminal.forget()
            terminal.type("\x03")
            await terminal.until("bridgekeeper> ")
            terminal.type("threads\n")
            await terminal.until("CONNECTIONS")
            # What was typed is kept though nobody has left yet.
            history = (self.home / ".bridgekeeper_history").read_text()
            self.assertIn("events", history)
            self.assertIn("threads", history)
            terminal.type("quit\n")
            self.assertEqual(await terminal.status(), 0)

    async def test_an_attached_operator_does_not_hold_up_the_shutdown(self):
        for command in ((), ("events",)):
            daemon = Daemon().start()
            self.addCleanup(daemon.clean_up)
            self.addCleanup(daemon.kill)
            async with Operator(daemon, *command) as operator:
                if command:
                    await eventually(lambda: self.is_tailing(daemon),
                                     "the tail")
                else:
                    await operator.ask("actors")
                watch = Stopwatch()
                daemon.signal()
                await asyncio.to_thread(daemon.wait_for_end, 15)
                self.assertLess(watch.seconds, 3)
                if command:
                    _, text = await within(operator.process.communicate(),
                                           "the operator hears of it")
                    self.assertIn(b"connection to the daemon ended", text)
                    self.assertEqual(operator.process.returncode, 1)

    @staticmethod
    async def is_tailing(daemon):
        return "console-tail" in await daemon.ask_console("actors")
