"""The commands about recorded dispatches: dispatches, result, cancel, and
dispatch --key."""

import asyncio
import json
import os
import pty
import signal
import subprocess

from bridge import Bridge
from cases import DaemonCase
from client import finished_record, record
from daemon import BINARY, TOKEN, environment, run
from waiting import eventually, within

DISPATCH_ERROR = 5
NO_ANSWER_YET = 6


class CommandCase(DaemonCase):
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "commit"}

    async def sent(self, bridge, text="x", *flags):
        """The id of a dispatch that the bridge has received."""
        outcome = await self.daemon.command("dispatch", bridge.agent_id, text,
                                            *flags)
        self.assertEqual(outcome.status, 0, outcome)
        task = await bridge.receive_dispatch()
        self.assertEqual(outcome.stdout, task["message_id"] + "\n")
        return task["message_id"]

    async def answered(self, bridge, text="x", **fields):
        """The id of a dispatch that has ended with an answer."""
        message = await self.sent(bridge, text)
        await bridge.respond(message, text, **fields)
        await finished_record(self.daemon, message)
        return message

    async def listed(self, *flags):
        """What `dispatches --json` prints of this test's agent."""
        outcome = await self.daemon.command(
            "dispatches", "--agent", self.agent_name(), "--json", *flags)
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        return [json.loads(x) for x in outcome.stdout.splitlines()]

    async def ids(self, *flags):
        return [x["message_id"] for x in await self.listed(*flags)]


class DispatchesCommandTest(CommandCase):

    async def test_the_table_shows_what_became_of_each_dispatch(self):
        bridge = await self.bridge()
        good = await self.answered(bridge)
        bad = await self.answered(bridge, error="the tests fail")
        waiting = await self.sent(bridge)
        outcome = await self.daemon.command("dispatches", "--agent",
                                            bridge.agent_id)
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        head, *lines = outcome.stdout.splitlines()
        self.assertEqual(head.split(), ["ID", "AGENT", "STATE", "ATTEMPT",
                                        "CREATED", "TOOK", "REASON"])
        self.assertEqual([x.split()[0] for x in lines],
                         [x[-8:] for x in (waiting, bad, good)])
        agent = bridge.agent_id
        when = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
        self.assertRegex(lines[0],
                         rf" {agent}  sent  +1 of 1  +{when}  -  +-$")
        self.assertRegex(
            lines[1], rf" {agent}  failed  +1 of 1  +{when}  [\d.]+s  +"
            "(task_failed|the tests fail)$")
        self.assertRegex(
            lines[2],
            rf" {agent}  completed  +1 of 1  +{when}  [\d.]+s  +-$")

    async def test_filters_choose_dispatches(self):
        bridge = await self.bridge()
        good = await self.answered(bridge)
        bad = await self.answered(bridge, error="boom")
        waiting = await self.sent(bridge)
        self.assertEqual(await self.ids(), [waiting, bad, good])
        self.assertEqual(await self.ids("--state", "unfinished"), [waiting])
        self.assertEqual(await self.ids("--state", "completed,failed"),
                         [bad, good])
        self.assertEqual(await self.ids("--since", "1h"), [waiting, bad, good])
        created = (await self.listed())[1]["created_at"]
        self.assertEqual(await self.ids("--since", created), [waiting, bad])
        self.assertEqual(await self.ids("--since", "2999-01-01"), [])

    async def test_without_a_match_it_says_so(self):
        outcome = await self.daemon.command("dispatches", "--agent", "nobody")
        self.assertEqual((outcome.status, outcome.stdout, outcome.stderr),
                         (0, "", "No dispatch matches.\n"))

    async def test_wrong_filters_are_wrong_usage(self):
        for flag, text, expected in (
                ("--state", "done", "a list of states"),
                ("--since", "yesterday", "2026-01-31T12:00:00Z"),
                ("--agent", "a b", "a valid agent id"),
                ("--state", "", "a list of states"),
                ("--agent", "", "a valid agent id"),
                ("--since", "", "2026-01-31T12:00:00Z"),
                ("--limit", "0", "--limit")):
            with self.subTest(flag, text=text):
                outcome = await self.daemon.command("dispatches", flag, text)
                self.assertEqual((outcome.status, outcome.stdout), (2, ""))
                self.assertIn(expected, outcome.stderr)

    async def test_a_limit_is_more_than_a_page(self):
        bridge = (await self.bridge()).work()
        socket = await self.control()
        for first in range(0, 1010, 101):
            numbers = range(first, first + 101)
            for x in numbers:
                await socket.dispatch(str(x), bridge.agent_id, quiet=True)
            for x in numbers:
                await socket.result(str(x))
        everything = await self.ids("--limit", "5000")
        self.assertEqual(len(set(everything)), 1010)
        self.assertEqual(await self.ids(), everything[:50])
        self.assertEqual(await self.ids("--limit", "1005"), everything[:1005])


class ResultCommandTest(CommandCase):

    async def test_a_short_id_is_enough(self):
        bridge = await self.bridge()
        message = await self.answered(bridge, "the answer")
        for short in (message[-8:], message[:35]):
            with self.subTest(short):
                outcome = await self.daemon.command("result", short)
                self.assertEqual(
                    (outcome.status, outcome.stdout, outcome.stderr),
                    (0, "the answer\n", ""))
        outcome = await self.daemon.command("result", message[-8:], "--json")
        self.assertEqual(json.loads(outcome.stdout),
                         await record(self.daemon, message))

    async def test_a_short_id_is_enough_to_wait(self):
        bridge = await self.bridge()
        message = await self.sent(bridge)
        early = await self.daemon.command("result", message[-8:])
        self.assertEqual((early.status, early.stdout), (NO_ANSWER_YET, ""))
        self.assertIn("has not answered yet: the dispatch is sent",
                      early.stderr)
        self.assertIn(f"bridgekeeper result {message} --wait", early.stderr)
        waiting = asyncio.create_task(
            self.daemon.command("result", message[-8:], "--wait", "--json"))
        await bridge.respond(message, "the answer")
        outcome = await waiting
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(json.loads(outcome.stdout),
                         await record(self.daemon, message))

    async def test_an_ambiguous_short_id_asks_for_more_characters(self):
        bridge = await self.bridge()
        both = [await self.answered(bridge) for _ in range(2)]
        short = os.path.commonprefix(both)[:4]
        for command in ("result", "cancel"):
            with self.subTest(command):
                outcome = await self.daemon.command(command, short)
                self.assertEqual((outcome.status, outcome.stdout),
                                 (DISPATCH_ERROR, ""))
                self.assertIn("Several dispatches have ids that start or end "
                              f"with {short}", outcome.stderr)
                self.assertIn("Give more characters", outcome.stderr)

    async def test_without_a_result_there_are_state_and_reason(self):
        bridge = await self.bridge()
        message = await self.sent(bridge, "x", "--timeout", "0.2")
        await finished_record(self.daemon, message)
        outcome = await self.daemon.command("result", message[-8:])
        self.assertEqual((outcome.status, outcome.stdout), (6, ""))
        self.assertIn("(timeout)", outcome.stderr)
        self.assertIn("State: timed_out, attempt 1 of 1.\n", outcome.stderr)

    async def test_the_history_is_a_table(self):
        bridge = await self.bridge()
        message = await self.answered(bridge)
        outcome = await self.daemon.command("result", message, "--history")
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        head, *lines = outcome.stdout.splitlines()
        self.assertEqual(head.split(), ["TIME", "STEP", "ATTEMPT", "REASON"])
        steps = [x.split()[1] for x in lines]
        self.assertEqual((steps[0], steps[-1]), ("created", "completed"))
        outcome = await self.daemon.command("result", message, "--history",
                                            "--json")
        self.assertEqual((outcome.status, outcome.stdout), (2, ""))

    async def test_results_outlive_the_daemon(self):
        daemon = self.start_daemon(BRIDGEKEEPER_STORE_DURABILITY="commit")
        bridge = await self.given(await Bridge.register(daemon, "kept"))
        bridge.work()
        outcome = await daemon.command("dispatch", "kept", "the answer",
                                       "--wait", "--key", "once")
        self.assertEqual((outcome.status, outcome.stdout), (0, "the answer\n"))
        daemon.signal()
        daemon.wait_for_end()
        daemon.start()
        outcome = await daemon.command("dispatches", "--json")
        message = json.loads(outcome.stdout)["message_id"]
        outcome = await daemon.command("result", message[-8:], "--wait")
        self.assertEqual((outcome.status, outcome.stdout), (0, "the answer\n"))
        outcome = await daemon.command("cancel", message)
        self.assertEqual(outcome.status, DISPATCH_ERROR)
        self.assertIn("has already ended: completed", outcome.stderr)
        # The key is known as well.
        outcome = await daemon.command("dispatch", "kept", "the answer",
                                       "--wait", "--key", "once")
        self.assertEqual((outcome.status, outcome.stdout), (0, "the answer\n"))
        self.assertIn(f"the key belongs to dispatch {message}", outcome.stderr)


class CancelCommandTest(CommandCase):

    async def test_a_late_answer_to_a_cancelled_dispatch_is_shown(self):
        bridge = await self.bridge()
        message = await self.sent(bridge)
        outcome = await self.daemon.command("cancel", message[-8:])
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        self.assertEqual(
            outcome.stdout,
            f"Dispatch {message} to agent {bridge.agent_id} was cancelled. If "
            "the agent still answers, this shows the answer: bridgekeeper "
            f"result {message}\n")
        outcome = await self.daemon.command("result", message)
        self.assertEqual((outcome.status, outcome.stdout),
                         (DISPATCH_ERROR, ""))
        self.assertIn("(cancelled)", outcome.stderr)
        self.assertIn("State: cancelled", outcome.stderr)
        await bridge.respond(message, "too late")

        async def is_kept():
            return (await record(self.daemon, message))["late"]
        await eventually(is_kept, "the late result")
        outcome = await self.daemon.command("result", message)
        self.assertEqual((outcome.status, outcome.stdout),
                         (DISPATCH_ERROR, "too late\n"))
        self.assertIn("The agent answered after the dispatch had ended (late "
                      "result of attempt 1):\n", outcome.stderr)
        outcome = await self.daemon.command("result", message, "--history")
        steps = [x.split()[1] for x in outcome.stdout.splitlines()]
        self.assertIn("late_result", steps)

    async def test_a_dispatch_that_has_ended_is_not_cancelled(self):
        bridge = await self.bridge()
        message = await self.answered(bridge)
        outcome = await self.daemon.command("cancel", message[-8:])
        self.assertEqual(
            (outcome.status, outcome.stdout, outcome.stderr),
            (DISPATCH_ERROR, "", f"Dispatch {message} has already ended: "
             f"completed. See: bridgekeeper result {message}\n"))

    async def test_an_unknown_dispatch_is_exit_5(self):
        outcome = await self.daemon.command("cancel", "none")
        self.assertEqual((outcome.status, outcome.stdout),
                         (DISPATCH_ERROR, ""))
        self.assertIn("Bridgekeeper has no record of dispatch none: Dispatch "
                      "not found (unknown_dispatch)", outcome.stderr)

    async def test_a_daemon_that_is_not_there_is_exit_3(self):
        for command in ("cancel x", "dispatches", "result x"):
            with self.subTest(command):
                outcome = await run(*command.split(), "--url",
                                    "http://127.0.0.1:1",
                                    BRIDGEKEEPER_TOKEN=TOKEN)
                self.assertEqual((outcome.status, outcome.stdout), (3, ""))
                self.assertIn("Cannot reach Bridgekeeper at 127.0.0.1:1",
                              outcome.stderr)

    async def test_a_wrong_token_is_exit_4(self):
        for command in ("cancel x", "dispatches", "result x"):
            with self.subTest(command):
                name, *arguments = command.split()
                outcome = await self.daemon.command(
                    name, *arguments, VIBEFORGE_AUTH_TOKEN="wrong")
                self.assertEqual((outcome.status, outcome.stdout), (4, ""))
                self.assertIn("does not accept the token", outcome.stderr)


class EmptyIdTest(CommandCase):

    async def test_an_empty_id_is_wrong_usage(self):
        for command in ("result", "cancel", "attach"):
            with self.subTest(command):
                outcome = await self.daemon.command(command, "")
                self.assertEqual((outcome.status, outcome.stdout), (2, ""))
                self.assertIn("The id of the dispatch is empty. List the "
                              "dispatches with: bridgekeeper dispatches",
                              outcome.stderr)


class InterruptedWaitTest(CommandCase):

    async def start(self, bridge, stdin=subprocess.DEVNULL,
                    stderr=subprocess.PIPE):
        process = await asyncio.create_subprocess_exec(
            BINARY, "dispatch", bridge.agent_id, "x", "--wait", "--data-dir",
            str(self.daemon.directory),
            env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN), stdin=stdin,
            stdout=subprocess.PIPE, stderr=stderr)

        async def end():
            if process.returncode is None:
                process.kill()
            await process.wait()
        self.addAsyncCleanup(end)
        return process

    async def status(self, message):
        found = await record(self.daemon, message)
        return found["state"]

    async def test_without_a_terminal_it_says_how_to_cancel(self):
        bridge = await self.bridge()
        process = await self.start(bridge)
        task = await bridge.receive_dispatch()
        message = task["message_id"]
        await within(process.stderr.readuntil(message.encode()), "its id")
        process.send_signal(signal.SIGINT)
        _, err = await within(process.communicate(), "its end")
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertTrue(err.decode().endswith(
            f"Cancel it with: bridgekeeper cancel {message}\n"), err)
        self.assertEqual(await self.status(message), "sent")

    async def asked(self, bridge):
        """A command that was interrupted on a terminal and asks. Returns the
        process, the terminal, and the id of the dispatch."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        try:
            process = await self.start(bridge, theirs, theirs)
        finally:
            os.close(theirs)
        os.set_blocking(ours, False)
        shown = b""

        async def is_shown(text):
            nonlocal shown
            try:
                shown += os.read(ours, 1 << 16)
            except BlockingIOError:
                pass
            return text in shown
        message = (await bridge.receive_dispatch())["message_id"]
        await eventually(lambda: is_shown(message.encode()), "its id")
        process.send_signal(signal.SIGINT)
        await eventually(lambda: is_shown(b"as well? [y/N] "), "the question")
        return process, ours, message

    async def test_on_a_terminal_a_yes_cancels(self):
        bridge = await self.bridge()
        process, terminal, message = await self.asked(bridge)
        os.write(terminal, b"y\n")
        await within(process.wait(), "its end")
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(await self.status(message), "cancelled")

    async def test_on_a_terminal_anything_else_does_not_cancel(self):
        bridge = await self.bridge()
        process, terminal, message = await self.asked(bridge)
        os.write(terminal, b"\n")
        await within(process.wait(), "its end")
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(await self.status(message), "sent")

    async def test_a_second_interrupt_ends_it_at_once(self):
        bridge = await self.bridge()
        process, _, message = await self.asked(bridge)
        process.send_signal(signal.SIGINT)
        await within(process.wait(), "its end")
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(await self.status(message), "sent")


class KeyTest(CommandCase):

    async def test_a_repeated_key_sends_nothing(self):
        bridge = await self.bridge()
        message = await self.sent(bridge, "x", "--key", "one")
        again = ("dispatch", bridge.agent_id, "x", "--key", "one")
        outcome = await self.daemon.command(*again)
        self.assertEqual(
            (outcome.status, outcome.stdout, outcome.stderr),
            (0, message + "\n",
             f"Nothing was sent: the key belongs to dispatch {message}.\n"))
        outcome = await self.daemon.command(*again, "--json")
        self.assertEqual(outcome.status, 0)
        self.assertEqual(json.loads(outcome.stdout)["message_id"], message)
        waiting = asyncio.create_task(self.daemon.command(*again, "--wait"))
        await bridge.respond(message, "the answer")
        outcome = await waiting
        self.assertEqual((outcome.status, outcome.stdout), (0, "the answer\n"))
        await bridge.sync()
        self.assertEqual(await self.ids(), [message])

    async def test_a_key_of_another_dispatch_is_refused(self):
        bridge = await self.bridge()
        await self.sent(bridge, "x", "--key", "two")
        outcome = await self.daemon.command("dispatch", bridge.agent_id, "y",
                                            "--key", "two")
        self.assertEqual((outcome.status, outcome.stdout),
                         (DISPATCH_ERROR, ""))
        self.assertIn("(idempotency_conflict)", outcome.stderr)

    async def test_an_empty_or_long_key_is_wrong_usage(self):
        for key in ("", "x" * 256):
            outcome = await self.daemon.command("dispatch", "a", "x", "--key",
                                                key)
            self.assertEqual(outcome.status, 2)
            self.assertIn("--key must have 1 to 255 bytes", outcome.stderr)


class FollowupTest(CommandCase):

    async def test_an_unknown_followup_is_named_once(self):
        bridge = await self.bridge()
        outcome = await self.daemon.command("dispatch", bridge.agent_id, "x",
                                            "--followup", "ffffffff")
        self.assertEqual((outcome.status, outcome.stdout),
                         (DISPATCH_ERROR, ""))
        self.assertIn("Bridgekeeper has no record of dispatch ffffffff: ",
                      outcome.stderr)


class NoStoreTest(CommandCase):
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "none"}

    async def test_a_list_needs_a_store(self):
        outcome = await self.daemon.command("dispatches")
        self.assertEqual((outcome.status, outcome.stdout), (1, ""))
        self.assertEqual(
            outcome.stderr, "bridgekeeper dispatches: The daemon at "
            f"{self.daemon.address} refused: This daemon has no store "
            '(store.durability = "none"), so dispatches cannot be listed.\n')

    async def test_a_key_needs_no_store(self):
        bridge = await self.bridge()
        message = await self.sent(bridge, "x", "--key", "one")
        outcome = await self.daemon.command("dispatch", bridge.agent_id, "x",
                                            "--key", "one")
        self.assertEqual((outcome.status, outcome.stdout),
                         (0, message + "\n"))

    async def test_results_and_cancels_work_with_whole_ids(self):
        bridge = await self.bridge()
        message = await self.sent(bridge)
        outcome = await self.daemon.command("result", message[-8:])
        self.assertEqual((outcome.status, outcome.stdout),
                         (DISPATCH_ERROR, ""))
        self.assertIn("A daemon without a store", outcome.stderr)
        outcome = await self.daemon.command("result", message, "--history")
        self.assertEqual((outcome.status, outcome.stdout), (1, ""))
        self.assertIn("only daemons with a store", outcome.stderr)
        outcome = await self.daemon.command("cancel", message)
        self.assertEqual(
            (outcome.status, outcome.stdout),
            (0, f"Dispatch {message} to agent {bridge.agent_id} was "
             "cancelled.\n"))
        outcome = await self.daemon.command("cancel", message)
        self.assertEqual(
            (outcome.status, outcome.stdout, outcome.stderr),
            (DISPATCH_ERROR, "", f"Dispatch {message} has already ended: "
             f"error (cancelled). See: bridgekeeper result {message}\n"))
