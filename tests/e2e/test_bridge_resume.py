"""`bridgekeeper bridge` and the daemon: what the bridge has outlives its link,
the daemon and, with a state directory, the bridge itself (protocol 1.1)."""

import asyncio
import pathlib
import signal
import tempfile

from bridge_process import BridgeProcess
from cases import AsyncCase
from chaos import ChaosProxy
from client import agent_status, dispatch, finished_record, get, post, record
from daemon import Daemon
from long_task import COST, LongTask
from waiting import Stopwatch, eventually, pace

# A silent bridge is noticed after this time.
HEARTBEAT_TIMEOUT = 3
IMPATIENT = {"BRIDGEKEEPER_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT),
             "BRIDGEKEEPER_HEARTBEAT_TICK": "0.1",
             "BRIDGEKEEPER_HEARTBEAT_ADAPTIVE": "off"}


class BridgeCase(AsyncCase):

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.state_dir = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()), "state")
        self.task = LongTask(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.addCleanup(self.task.finish)
        self.address = "127.0.0.1:0"

    def daemon(self, **variables):
        """One after the other on the same directory and the same port."""
        daemon = Daemon(directory=self.directory, listen=self.address,
                        **variables).start()
        self.addCleanup(daemon.kill)
        self.address = daemon.address
        return daemon

    async def bridge(self, daemon, *flags, command=None):
        bridge = await self.given(await BridgeProcess.start(
            daemon, "a", command or self.task.command, *flags))
        await self.is_connected(daemon)
        return bridge

    async def is_connected(self, daemon, status="connected"):
        async def seen():
            return await agent_status(daemon, "a") == status
        await eventually(seen, f"the bridge is {status}", 30)

    async def accepted(self, daemon, content="long", **options):
        answer = await dispatch(daemon, "a", content, **options)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["message_id"]

    async def at_work(self, daemon, *flags, **options):
        """A bridge with a dispatch that runs."""
        bridge = await self.bridge(daemon, *flags)
        sent = await self.accepted(daemon, **options)
        await self.task.started(sent)
        return bridge, sent

    async def cost(self, daemon):
        return (await get(daemon, "/control/context")).json["session_cost_usd"]

    async def check_result(self, daemon, sent):
        """The result is there, and nothing was done or paid twice."""
        known = await finished_record(daemon, sent)
        self.assertEqual((known["state"], known["content"], known["error"]),
                         ("completed", "done", None))
        self.assertEqual(self.task.runs.count(sent), 1)
        self.assertEqual(known["late_results"], 0)
        self.assertEqual(await self.cost(daemon),
                         COST * len(set(self.task.runs)))


class LostLinkTest(BridgeCase):

    async def proxy(self, daemon):
        return await self.given(ChaosProxy((daemon.host, daemon.port), seed=1))

    async def test_a_result_survives_a_link_that_was_cut_in_mid_task(self):
        daemon = self.daemon()
        proxy = await self.proxy(daemon)
        bridge, sent = await self.at_work(daemon, "--url", proxy.url)
        proxy.refuse()
        await self.is_connected(daemon, "disconnected")
        self.task.finish()
        await bridge.says(r"task .* is done")
        # That it was accepted is not recorded for its own sake.
        self.assertIn((await record(daemon, sent))["state"],
                      ("sent", "accepted"))
        proxy.accept()
        await self.check_result(daemon, sent)
        # Nothing is left to send when the link is cut once more.
        proxy.cut()
        await bridge.says("registered as a")
        await bridge.says("registered as a")
        self.assertEqual(await self.accepted(daemon, "quick"),
                         (await self.next_run(1)))
        await self.check_result(daemon, self.task.runs[1])

    async def next_run(self, number):
        await eventually(lambda: len(self.task.runs) > number,
                         "the next task starts")
        return self.task.runs[number]

    async def test_a_link_that_was_registered_twice_has_one_owner(self):
        daemon = self.daemon()
        proxy = await self.proxy(daemon)
        proxy.duplicates_registrations = True
        bridge, sent = await self.at_work(daemon, "--url", proxy.url)
        proxy.cut()
        await bridge.says("registered as a")
        await bridge.says("registered as a")
        self.assertEqual(proxy.duplicates, 2)
        self.task.finish()
        await self.check_result(daemon, sent)

    async def test_no_result_is_lost_on_a_bad_network(self):
        daemon = self.daemon()
        proxy = await self.proxy(daemon)
        await self.bridge(daemon, "--url", proxy.url, "--max-tasks", "3")
        storm = asyncio.create_task(
            proxy.misbehave(seed=11, faults=8, longest_pause=0.5))
        sent = []
        while not storm.done():
            sent.append(await self.accepted(daemon, "quick",
                                            queue_timeout_s=60))
            await pace(0.1)
        await storm
        for each in sent:
            self.assertEqual((await finished_record(daemon, each))["state"],
                             "completed")
        self.assertEqual(sorted(self.task.runs), sorted(sent))
        self.assertEqual(await self.cost(daemon), COST * len(sent))

    async def test_a_laptop_that_slept_hands_in_its_result(self):
        daemon = self.daemon(**IMPATIENT)
        bridge, sent = await self.at_work(daemon)
        bridge.signal(signal.SIGSTOP)
        await self.is_connected(daemon, "disconnected")
        self.task.finish()
        await self.task.finished(sent)
        bridge.signal(signal.SIGCONT)
        await self.check_result(daemon, sent)

    async def test_a_task_goes_on_after_the_laptop_slept(self):
        daemon = self.daemon(**IMPATIENT)
        bridge, sent = await self.at_work(daemon)
        bridge.signal(signal.SIGSTOP)
        await self.is_connected(daemon, "disconnected")
        bridge.signal(signal.SIGCONT)
        await self.is_connected(daemon)
        self.assertTrue(self.task.is_running(sent))
        self.task.finish()
        await self.check_result(daemon, sent)


class RestartedDaemonTest(BridgeCase):

    async def test_a_task_goes_on_while_the_daemon_is_restarted(self):
        first = self.daemon()
        bridge, sent = await self.at_work(first)
        await asyncio.to_thread(first.stop)
        await bridge.says("will close the connection")
        daemon = self.daemon()
        await self.is_connected(daemon)
        self.assertTrue(self.task.is_running(sent))
        self.task.finish()
        await self.check_result(daemon, sent)

    async def test_a_task_goes_on_although_the_daemon_was_killed(self):
        first = self.daemon()
        _, sent = await self.at_work(first)
        first.kill()
        daemon = self.daemon()
        await self.is_connected(daemon)
        self.assertTrue(self.task.is_running(sent))
        self.task.finish()
        await self.check_result(daemon, sent)

    async def test_a_result_waits_for_a_daemon_that_was_down_for_longer_than_the_deadline(
            self):
        first = self.daemon()
        bridge, sent = await self.at_work(first, timeout_s=2)
        passed = Stopwatch()
        first.kill()
        self.task.finish()
        await bridge.says(r"task .* is done")
        await pace(max(0, 2.2 - passed.seconds))
        await self.check_result(self.daemon(), sent)


class RestartedBridgeTest(BridgeCase):

    def files(self, pattern="*"):
        return sorted(x.name for x in self.state_dir.glob(pattern)
                      if x.name != "lock")

    async def test_a_finished_result_outlives_the_bridge(self):
        first = self.daemon()
        bridge, sent = await self.at_work(
            first, "--state-dir", str(self.state_dir))
        first.kill()
        self.task.finish()
        await eventually(lambda: self.files("*.json"), "a file is written")
        name, = self.files()
        self.assertEqual(self.state_dir.stat().st_mode & 0o777, 0o700)
        self.assertEqual((self.state_dir / name).stat().st_mode & 0o777, 0o600)
        await bridge.kill()
        daemon = self.daemon()
        await self.bridge(daemon, "--state-dir", str(self.state_dir))
        await self.check_result(daemon, sent)
        await eventually(lambda: not self.files(), "the file is removed")

    async def test_a_task_that_ran_in_a_killed_bridge_is_lost(self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(
            daemon, "--state-dir", str(self.state_dir))
        await bridge.kill()
        await self.bridge(daemon, "--state-dir", str(self.state_dir))
        known = await finished_record(daemon, sent)
        self.assertEqual((known["state"], known["reason"]),
                         ("lost", "agent_lost"))
        self.assertIn("its bridge was restarted", known["error"])

    async def test_a_file_that_is_no_result_is_set_aside(self):
        daemon = self.daemon()
        self.state_dir.mkdir()
        (self.state_dir / "result-x.json").write_text("{")
        bridge = await self.bridge(daemon, "--state-dir", str(self.state_dir))
        await bridge.says(r"result-x\.json: it does not contain a result")
        self.assertEqual(self.files(), ["result-x.json.unreadable"])

    async def test_a_state_directory_has_one_bridge(self):
        daemon = self.daemon()
        await self.bridge(daemon, "--state-dir", str(self.state_dir))
        async with await BridgeProcess.start(
                daemon, "b", "cat", "--state-dir",
                str(self.state_dir)) as second:
            status, said = await second.ended()
        # systemd must not start it again and again.
        self.assertEqual(status, 2, said)
        self.assertIn("Another bridge is using the state directory", said)

    async def test_a_state_directory_must_be_a_directory(self):
        daemon = self.daemon()
        self.state_dir.touch()
        async with await BridgeProcess.start(
                daemon, "b", "cat", "--state-dir",
                str(self.state_dir)) as bridge:
            status, said = await bridge.ended()
        self.assertEqual(status, 2, said)
        self.assertIn(str(self.state_dir), said)
        self.assertIn("--state-dir", said)


class EndedTaskTest(BridgeCase):

    async def cancel(self, daemon, sent):
        answer = await post(daemon, f"/control/dispatches/{sent}/cancel", {})
        self.assertEqual(answer.status, 200, answer.body)

    async def test_a_cancelled_task_ends_and_the_next_one_starts(self):
        daemon = self.daemon()
        _, sent = await self.at_work(daemon)
        await self.cancel(daemon, sent)
        await self.task.ended(sent)
        self.assertEqual((await finished_record(daemon, sent))["state"],
                         "cancelled")
        following = await self.accepted(daemon, "quick")
        self.assertEqual((await finished_record(daemon, following))["state"],
                         "completed")

    async def test_what_a_cancelled_task_has_cost_is_known(self):
        daemon = self.daemon()
        bridge = await self.bridge(daemon, command=(
            "trap 'echo \"{\\\"result\\\":\\\"half\\\","
            "\\\"total_cost_usd\\\":0.5}\"; exit' TERM; "
            f"echo >&2; while [ -d {self.directory} ]; do sleep 0.02; done"))
        sent = await self.accepted(daemon)
        await bridge.says("starting task")
        await pace(0.5)  # Until the shell has set its trap.
        await self.cancel(daemon, sent)

        async def late():
            return (await record(daemon, sent))["late_results"] == 1
        await eventually(late, "the result is kept")
        self.assertEqual((await record(daemon, sent))["state"], "cancelled")

        async def paid():
            return await self.cost(daemon) == COST
        await eventually(paid, "its cost counts")

    async def test_a_task_ends_at_its_deadline(self):
        daemon = self.daemon()
        _, sent = await self.at_work(daemon, timeout_s=1)
        await self.task.ended(sent)
        known = await finished_record(daemon, sent)
        self.assertEqual((known["state"], known["reason"]),
                         ("timed_out", "timeout"))


class StoppedBridgeTest(BridgeCase):

    async def test_a_bridge_that_drains_finishes_its_task(self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(daemon, "--drain-timeout", "60")
        bridge.signal()
        await bridge.says("finishing 1 task")
        self.task.finish()
        status, said = await bridge.ended()
        self.assertEqual(status, 0, said)
        await self.check_result(daemon, sent)

    async def test_a_second_signal_ends_a_draining_bridge_at_once(self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(daemon, "--drain-timeout", "60")
        bridge.signal()
        await bridge.says("finishing 1 task")
        status, said = await bridge.stop()
        self.assertEqual(status, 0, said)
        self.assertFalse(self.task.is_running(sent))

    async def test_a_bridge_drains_for_so_long_only(self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(daemon, "--drain-timeout", "0.2")
        status, said = await bridge.stop()
        self.assertEqual(status, 0, said)
        self.assertIn("the time for finishing tasks is over; tasks left: 1",
                      said)
        self.assertFalse(self.task.is_running(sent))
