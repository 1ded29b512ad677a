"""`bridgekeeper bridge` and daemons that say what tests want them to say:
protocol 1.1 frame by frame, and 1.0."""

import tempfile

from bridge_process import BridgeProcess
from cases import AsyncCase
from fake_daemon import INTERVALS, FakeDaemon
from long_task import COST, LongTask
from waiting import Stopwatch, eventually


class ProtocolCase(AsyncCase):

    def setUp(self):
        super().setUp()
        self.task = LongTask(self.enterContext(tempfile.TemporaryDirectory()))
        self.addCleanup(self.task.finish)

    async def connected(self, *flags, command=None, terms=INTERVALS):
        daemon = await self.given(FakeDaemon(terms))
        bridge = await self.given(await BridgeProcess.start_at(
            daemon.url, "a", command or self.task.command, *flags))
        await daemon.registration()
        return daemon, bridge

    async def at_work(self, *flags, **options):
        """With one dispatch that runs."""
        daemon, bridge = await self.connected(*flags, **options)
        await daemon.dispatch("1")
        await daemon.receive("accept", "1")
        await self.task.started("1")
        return daemon, bridge


class RegistrationTest(ProtocolCase):

    async def test_a_registration_says_what_the_bridge_offers(self):
        daemon, _ = await self.connected("--max-tasks", "3", "--label",
                                         "gpu=a100", "--label", "zone=",
                                         "--heartbeat", "20")
        said, = daemon.registrations
        self.assertEqual(
            {key: said[key] for key in ("protocol", "slots", "labels", "resume",
                                        "heartbeat_interval_s", "resume_more")},
            {"protocol": "1.1", "slots": 3, "resume": [], "resume_more": False,
             "labels": {"gpu": "a100", "zone": ""}, "heartbeat_interval_s": 20})
        self.assertRegex(said["instance_id"], "^[A-Za-z0-9-]{1,64}$")

    async def test_the_daemon_decides_how_often_the_heart_beats(self):
        daemon, _ = await self.connected(
            terms=INTERVALS | {"heartbeat_interval_s": 0.05})
        await daemon.receive("heartbeat")
        await daemon.receive("heartbeat")

    async def test_an_invalid_answer_is_named(self):
        _, bridge = await self.connected(terms={"incarnation": "x"})
        line = await bridge.says("did not respond to the registration")
        self.assertIn("incarnation", line)

    async def test_what_the_bridge_has_is_listed(self):
        daemon, _ = await self.at_work("--max-tasks", "2")
        await daemon.dispatch("2", "quick")
        await daemon.receive("accept", "2")
        await daemon.receive("response", "2")
        daemon.cut()
        again = await daemon.registration()
        self.assertEqual(again["instance_id"],
                         daemon.registrations[0]["instance_id"])
        self.assertEqual(again["resume"],
                         [{"message_id": "2", "state": "finished"},
                          {"message_id": "1", "state": "running"}])

    async def test_a_long_list_is_continued_after_the_registration(self):
        daemon, _ = await self.at_work()
        ids = [f"{n}" for n in range(100, 400)]
        for id in ids:
            await daemon.dispatch(id)
            await daemon.receive("accept", id)
        daemon.cut()
        first = await daemon.registration()
        self.assertEqual((len(first["resume"]), first["resume_more"]),
                         (256, True))
        rest = await daemon.receive("resume")
        self.assertFalse(rest["more"])
        self.assertEqual(
            [x["message_id"] for x in first["resume"] + rest["resume"]],
            ["1", *ids])


class ResultTest(ProtocolCase):

    async def test_a_result_is_sent_again_until_it_is_acknowledged(self):
        daemon, _ = await self.connected()
        await daemon.dispatch("1", "quick")
        await daemon.receive("accept", "1")
        first = await daemon.receive("response", "1")
        self.assertEqual((first["content"], first["usage"]["total_cost_usd"]),
                         ("done", COST))
        daemon.cut()
        again = await daemon.registration()
        self.assertEqual(again["resume"],
                         [{"message_id": "1", "state": "finished"}])
        self.assertEqual(await daemon.receive("response", "1"), first)
        await daemon.ack("1")
        await daemon.is_quiet()
        daemon.cut()
        self.assertEqual((await daemon.registration())["resume"], [])
        await daemon.is_quiet()

    async def test_a_known_dispatch_is_never_started_again(self):
        daemon, _ = await self.at_work()
        await daemon.dispatch("1")
        await daemon.receive("accept", "1")
        self.task.finish()
        first = await daemon.receive("response", "1")
        await daemon.dispatch("1")
        self.assertEqual(await daemon.receive("response", "1"), first)
        await daemon.ack("1")
        await daemon.dispatch("1")
        self.assertEqual((await daemon.receive("response", "1"))["error"],
                         "already executed: the result was acknowledged and "
                         "is no longer kept")
        self.assertEqual(self.task.runs, ["1"])

    async def test_a_link_that_was_lost_does_not_lose_what_waits(self):
        daemon, _ = await self.at_work()
        await daemon.dispatch("2", "quick")
        await daemon.receive("accept", "2")
        daemon.cut()
        again = await daemon.registration()
        self.assertEqual(again["resume"],
                         [{"message_id": "1", "state": "running"},
                          {"message_id": "2", "state": "waiting"}])
        self.task.finish()
        await daemon.receive("response", "1")
        await daemon.receive("response", "2")
        self.assertEqual(self.task.runs, ["1", "2"])


class EndTest(ProtocolCase):

    async def test_a_cancelled_task_is_ended(self):
        daemon, _ = await self.at_work()
        await daemon.cancel("1")
        said = await daemon.receive("response", "1")
        self.assertEqual(said["error"], "cancelled")
        await self.task.ended("1")

    async def test_a_cancelled_task_s_background_processes_are_ended(self):
        daemon, _ = await self.at_work(command=(
            "cat >/dev/null; sleep 1000 & " + self.task.command))
        await daemon.cancel("1")
        await daemon.receive("response", "1")
        await self.task.ended("1")

    async def test_background_processes_do_not_outlive_a_cancel_after_the_end(
            self):
        daemon, _ = await self.connected(command=(
            f"{self.task.command}; sleep 1000 &"))
        await daemon.dispatch("1", "quick")
        await daemon.receive("accept", "1")
        await self.task.started("1")
        await eventually(lambda: not self.task.shell_runs("1"),
                         "the shell has ended, and its output is still open")
        await daemon.cancel("1")
        said = await daemon.receive("response", "1")
        self.assertEqual((said["content"], said["error"]), ("done", None))
        await self.task.ended("1")

    async def test_a_task_that_waits_can_be_cancelled(self):
        daemon, _ = await self.at_work()
        await daemon.dispatch("2")
        await daemon.receive("accept", "2")
        await daemon.cancel("2")
        self.assertEqual((await daemon.receive("response", "2"))["error"],
                         "cancelled")
        await daemon.cancel("unknown")
        await daemon.is_quiet()
        self.assertEqual(self.task.runs, ["1"])

    async def test_a_task_is_ended_at_its_deadline(self):
        daemon, _ = await self.connected()
        await daemon.dispatch("1", deadline_s=0.5)
        await daemon.receive("accept", "1")
        said = await daemon.receive("response", "1")
        self.assertTrue(said["error"].startswith("timed_out: "), said)
        await eventually(lambda: not self.task.runs
                         or not self.task.is_running("1"), "its end")

    async def test_a_task_that_waits_is_dropped_at_its_deadline(self):
        daemon, _ = await self.at_work()
        await daemon.dispatch("2", deadline_s=0.3)
        await daemon.receive("accept", "2")
        said = await daemon.receive("response", "2")
        self.assertTrue(said["error"].startswith("timed_out: "), said)
        self.assertEqual(self.task.runs, ["1"])

    async def test_what_the_daemon_no_longer_wants_is_ended_after_a_reconnect(
            self):
        daemon, _ = await self.at_work()
        daemon.terms = INTERVALS | {"cancelled": ["1"]}
        daemon.cut()
        await daemon.registration()
        self.assertEqual((await daemon.receive("response", "1"))["error"],
                         "cancelled")


class StopTest(ProtocolCase):

    async def test_a_daemon_that_goes_away_is_left_alone_for_as_long(self):
        daemon, _ = await self.at_work()
        away = Stopwatch()
        await daemon.goaway(reconnect_after_ms=1500)
        await daemon.receive_close()
        again = await daemon.registration()
        self.assertGreaterEqual(away.seconds, 1.5)
        self.assertEqual(again["resume"],
                         [{"message_id": "1", "state": "running"}])

    async def test_a_stopping_bridge_waits_for_acknowledgements(self):
        daemon, bridge = await self.connected()
        await daemon.dispatch("1", "quick")
        await daemon.receive("accept", "1")
        await daemon.receive("response", "1")
        bridge.signal()
        await bridge.says("stopping|signal")
        await daemon.receive("drain")
        await daemon.is_quiet()
        await daemon.ack("1")
        await daemon.receive_close(1000)
        status, said = await bridge.ended()
        self.assertEqual(status, 0, said)
        self.assertNotIn("not acknowledged", said)

    async def test_a_stopping_bridge_does_not_wait_for_ever(self):
        daemon, bridge = await self.connected()
        await daemon.dispatch("1", "quick")
        await daemon.receive("accept", "1")
        await daemon.receive("response", "1")
        bridge.signal()
        await daemon.receive("drain")
        # There is something left to wait for.
        await daemon.receive_close(1001)
        status, said = await bridge.ended()
        self.assertEqual(status, 0, said)
        self.assertIn("that the daemon has not acknowledged: 1.", said)

    async def test_a_draining_bridge_says_so_and_runs_what_crossed_it(self):
        daemon, bridge = await self.at_work("--drain-timeout", "60")
        bridge.signal()
        await daemon.receive("drain")
        await daemon.dispatch("2", "quick")
        await daemon.receive("accept", "2")
        self.task.finish()
        for id in ("1", "2"):
            await daemon.receive("response", id)
            await daemon.ack(id)
        await daemon.receive_close(1000)
        self.assertEqual((await bridge.ended())[0], 0)


class OlderDaemonTest(ProtocolCase):
    """A daemon that speaks 1.0 sees nothing of 1.1, except what `register`
    says, and the bridge behaves as it always did."""

    async def test_only_messages_of_1_0_are_sent(self):
        daemon, bridge = await self.connected("--drain-timeout", "60",
                                              terms=None)
        await daemon.dispatch("1")
        await self.task.started("1")
        # Ignored: 1.0 has no such messages.
        await daemon.cancel("1")
        await daemon.ack("1")
        await daemon.dispatch("1")
        await daemon.is_quiet()
        self.task.finish()
        await daemon.receive("response", "1")
        # What was written counts as arrived.
        bridge.signal()
        await daemon.receive_close(1000)
        self.assertEqual((await bridge.ended())[0], 0)
        self.assertEqual(self.task.runs, ["1"])

    async def test_a_running_task_goes_on_and_a_waiting_one_is_dropped(self):
        daemon, _ = await self.connected(terms=None)
        await daemon.dispatch("1")
        await self.task.started("1")
        await daemon.dispatch("2")
        await daemon.is_quiet()
        daemon.cut()
        await daemon.registration()
        self.task.finish()
        await daemon.receive("response", "1")
        await daemon.is_quiet()
        self.assertEqual(self.task.runs, ["1"])
