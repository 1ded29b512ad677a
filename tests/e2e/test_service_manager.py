"""What the daemon and the bridge tell the service manager that has started
them: sd_notify(3), with a socket in place of systemd's."""

import pathlib
import signal
import tempfile

from bridge import Bridge
from bridge_process import BridgeProcess
from cases import AsyncCase, DaemonCase
from client import dispatch, finished_record, get
from daemon import Daemon
from notify_socket import NotifySocket
from stopped_thread import StoppedThread, threads_named
from waiting import eventually, pace


class ManagerCase(AsyncCase):

    def manager(self, directory=None):
        socket = NotifySocket(directory)
        self.addCleanup(socket.close)
        return socket

    def managed_daemon(self, manager, *flags, **variables):
        return self.start_daemon(*flags, NOTIFY_SOCKET=manager.address,
                                 **variables)


class DaemonLifeTest(ManagerCase):

    async def test_ready_is_told_once_it_listens_and_stopping_at_the_end(self):
        manager = self.manager()
        daemon = Daemon(NOTIFY_SOCKET=manager.address).start()
        self.addCleanup(daemon.kill)
        await manager.told("READY=1")
        self.assertEqual(await self.status_of(daemon), 200)
        self.assertEqual(manager.count("STOPPING=1"), 0)
        daemon.stop()
        self.assertEqual(manager.count("STOPPING=1"), 1)
        self.assertEqual(manager.count("READY=1"), 1)
        # The drain, and what the daemon may take after it.
        self.assertGreaterEqual(int(manager.last("EXTEND_TIMEOUT_USEC")),
                                60_000_000)

    async def status_of(self, daemon):
        return (await get(daemon, "/readyz", token=None)).status

    async def test_the_socket_may_be_a_path(self):
        directory = tempfile.TemporaryDirectory(prefix="bridgekeeper-e2e-")
        self.addCleanup(directory.cleanup)
        manager = self.manager(pathlib.Path(directory.name))
        self.managed_daemon(manager)
        await manager.told("READY=1")

    async def test_a_reload_is_told_with_its_time(self):
        manager = self.manager()
        daemon = self.managed_daemon(manager)
        await manager.told("READY=1")
        daemon.signal(signal.SIGHUP)
        await manager.told("READY=1", times=2)
        lines = manager.messages()
        self.assertIn("RELOADING=1", lines)
        self.assertGreater(int(manager.last("MONOTONIC_USEC")), 0)
        reloading = lines.index("RELOADING=1")
        self.assertIn("READY=1", lines[reloading:])

    async def test_the_status_counts_agents_and_dispatches(self):
        manager = self.manager()
        daemon = self.managed_daemon(
            manager, BRIDGEKEEPER_BRIDGE_STOCK_SLOTS="1")
        await manager.has_status("0 agents, 0 dispatches in flight, 0 queued")
        bridge = await self.given(await Bridge.register(daemon, "demo"))
        await manager.has_status("1 agent, 0 dispatches in flight, 0 queued")
        sent = [(await dispatch(daemon, "demo")).json["message_id"]
                for _ in range(3)]
        await manager.has_status("1 agent, 1 dispatch in flight, 2 queued")
        for id in sent:
            await bridge.receive_dispatch()
            await bridge.respond(id)
        await manager.has_status("1 agent, 0 dispatches in flight, 0 queued")

    async def test_a_manager_that_is_gone_does_no_harm(self):
        manager = self.manager()
        daemon = self.managed_daemon(manager, WATCHDOG_USEC="400000")
        await manager.told("WATCHDOG=1")
        manager.close()
        bridge = await self.given(await Bridge.register(daemon, "demo"))
        bridge.work()
        sent = await dispatch(daemon, "demo")
        done = await finished_record(daemon, sent.json["message_id"])
        self.assertEqual(done["status"], "completed")

    async def test_a_manager_that_does_not_read_does_no_harm(self):
        manager = self.manager()
        daemon = self.managed_daemon(manager, WATCHDOG_USEC="20000")
        bridge = await self.given(await Bridge.register(daemon, "demo"))
        bridge.work()
        for _ in range(5):
            sent = await dispatch(daemon, "demo")
            await finished_record(daemon, sent.json["message_id"])


class WatchdogTest(ManagerCase):

    async def test_signs_of_life_end_while_an_io_thread_hangs(self):
        manager = self.manager()
        daemon = self.managed_daemon(manager, "--io-threads", "2",
                                     WATCHDOG_USEC="400000")
        await manager.told("WATCHDOG=1", times=3)
        # The core actors are on the first; this is any other.
        thread, = threads_named(daemon.process.pid, "io-1")
        with StoppedThread(thread):
            # What was under way when it stopped.
            await pace(0.5)
            before = manager.count("WATCHDOG=1")
            await pace(1.5)
            self.assertEqual(manager.count("WATCHDOG=1"), before)
        await manager.told("WATCHDOG=1", times=before + 3)

    async def test_without_a_watchdog_there_are_no_signs_of_life(self):
        manager = self.manager()
        self.managed_daemon(manager, WATCHDOG_USEC="400000",
                            WATCHDOG_PID="1")
        await manager.has_status("0 agents, 0 dispatches in flight, 0 queued")
        self.assertEqual(manager.count("WATCHDOG=1"), 0)


class BridgeTest(DaemonCase):

    def setUp(self):
        super().setUp()
        self.manager = NotifySocket()
        self.addCleanup(self.manager.close)

    async def managed_bridge(self, command, *flags, **variables):
        return await self.given(await BridgeProcess.start(
            self.daemon, self.agent_name(), command, *flags,
            NOTIFY_SOCKET=self.manager.address, **variables))

    async def registered(self):
        await self.manager.has_status("registered; 0 tasks running, 0 waiting")

    async def test_a_bridge_is_ready_once(self):
        await self.managed_bridge("cat", WATCHDOG_USEC="400000")
        await self.registered()
        await self.manager.told("WATCHDOG=1", times=3)
        self.assertEqual(self.manager.count("READY=1"), 1)

    async def test_a_bridge_without_a_daemon_does_not_hold_up_the_start(self):
        process = await self.given(await BridgeProcess.start_at(
            "ws://127.0.0.1:9", self.agent_name(), "cat",
            NOTIFY_SOCKET=self.manager.address))
        await self.manager.told("READY=1")
        await self.manager.has_status(
            "waiting for the daemon; 0 tasks running, 0 waiting")
        await process.stop()
        self.assertEqual(self.manager.count("STOPPING=1"), 1)

    async def test_the_status_of_a_bridge_counts_its_tasks(self):
        await self.managed_bridge("cat; sleep 30")
        await self.registered()
        for _ in range(2):
            await dispatch(self.daemon, self.agent_name())
        await eventually(
            lambda: "1 task running" in self.manager.last("STATUS"),
            "the status of a running task")

    async def test_tasks_learn_nothing_of_the_service_manager(self):
        names = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                 "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM")
        await self.managed_bridge(
            "cat > /dev/null; env; tr '\\0' '\\n' < /proc/$PPID/environ",
            WATCHDOG_USEC="400000", CREDENTIALS_DIRECTORY="/run/credentials",
            JOURNAL_STREAM="1:2")
        await self.registered()
        answer = await dispatch(self.daemon, self.agent_name(),
                                query="?wait=15")
        for name in names:
            self.assertNotIn(f"{name}=", answer.json["content"])
        self.assertIn("BRIDGEKEEPER_MESSAGE_ID=", answer.json["content"])
