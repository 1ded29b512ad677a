"""Core actors are killed under load: nobody outside notices."""

import asyncio
import collections

from bridge import Bridge
from cases import AsyncCase
from client import (agent_status, dispatch, finished_record, get,
                    record)
from daemon import Daemon
from drill import DrillCase, Load
from regression import fails_at
from waiting import eventually, pace

# How many dispatches the daemon remembers (docs/protocol.md).
RECORDS_KEPT = 10_000


class KillDrillTest(DrillCase):

    def assert_no_socket_closed(self):
        self.assertTrue(self.control.is_open())
        for bridge in self.bridges:
            self.assertTrue(bridge.is_open(), bridge.agent_id)

    async def drill(self, name, times):
        """Kills it several times under load; every dispatch is answered
        exactly once all the same."""
        load = Load(self.control, self.names)
        running = asyncio.create_task(load.run())
        await load.more(200)
        for _ in range(times):
            await self.kill(name)
            await eventually(self.all_are_listed,
                             "all agents are listed again", 1)
            await load.more(200)
        load.end()
        await running
        self.assert_no_socket_closed()
        self.assertEqual(load.wrong, [])
        self.assertEqual(len(load.answers), load.sent)
        await self.control.sync()
        self.assertFalse([id for id in load.answers
                          if self.control.unread(id)])
        self.assertIn("nothing is pending",
                      await self.daemon.ask_console("pending"))
        # A slow daemon is under load for longer than it remembers.
        await self.assert_on_record(load.message_ids[-RECORDS_KEPT // 2:])

    async def assert_on_record(self, message_ids):
        """Nothing is remembered as unfinished that has ended."""
        for name in self.names:
            task = await get(self.daemon, f"/control/agents/{name}/task")
            self.assertEqual(task.json["status"], "completed")
        known = await asyncio.gather(*(record(self.daemon, x)
                                       for x in message_ids))
        self.assertEqual(
            collections.Counter(x.get("status") for x in known),
            {"completed": len(message_ids)})

    async def test_killing_the_registry_under_load_loses_nothing(self):
        await self.drill("registry", 5)

    async def test_killing_the_event_hub_under_load_loses_no_dispatch(self):
        await self.drill("event-hub", 5)

    async def test_killing_the_heartbeat_monitor_changes_nothing(self):
        await self.drill("heartbeat-monitor", 3)

    @fails_at("8bd27b6")
    async def test_killing_the_supervisor_changes_nothing(self):
        await self.drill("supervisor", 3)
        # Its successor watches those that it did not start.
        for name in ("registry", "event-hub", "heartbeat-monitor"):
            await self.kill(name)
        await eventually(self.all_are_listed, "all agents are listed")
        self.assert_no_socket_closed()

    async def test_requests_in_the_moment_of_death_are_answered(self):
        async def ask_without_end(path):
            while True:
                answer = await get(self.daemon, path)
                if answer.status == 503:
                    self.assertIn("retry-after", answer.headers)
                else:
                    self.assertEqual(answer.status, 200, answer.body)
        asking = [asyncio.create_task(ask_without_end(path)) for path in (
            "/control/agents", "/control/agents/agent-0",
            "/ws/agent-bridge/status", "/control/agents/agent-0/task")]
        for _ in range(4):
            await self.kill("registry")
            await self.kill("event-hub")
        for task in asking:
            self.assertFalse(task.done(), task)
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def test_dispatches_over_http_in_the_moment_of_death_end_well(self):
        async def ask_without_end(name):
            count = 0
            while not done.is_set():
                answer = await dispatch(self.daemon, name, f"{count}",
                                        query="?wait=10")
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(answer.json["content"], f"{count}")
                count += 1
        done = asyncio.Event()
        asking = [asyncio.create_task(ask_without_end(name))
                  for name in self.names]
        for _ in range(5):
            await self.kill("registry")
        done.set()
        await asyncio.gather(*asking)

    async def test_registrations_in_the_moment_of_death_go_through(self):
        async def come_and_go(name):
            count = 0
            while not done.is_set():
                async with await Bridge.register(self.daemon, name):
                    count += 1
            return count
        done = asyncio.Event()
        coming = [asyncio.create_task(come_and_go(f"guest-{n}"))
                  for n in range(4)]
        for _ in range(5):
            await self.kill("registry")
        done.set()
        for count in await asyncio.gather(*coming):
            self.assertGreater(count, 0)
        await eventually(self.all_are_listed, "all agents are listed", 1)

    async def test_agents_that_are_away_stay_on_the_list(self):
        await (await Bridge.register(self.daemon, "away")).close()

        async def is_away():
            return await agent_status(self.daemon, "away") == "disconnected"
        await eventually(is_away, "the agent is away")
        await self.kill("registry")
        self.assertEqual(await agent_status(self.daemon, "away"),
                         "disconnected")

    async def test_the_list_keeps_its_order(self):
        async def listed():
            answer = await get(self.daemon, "/control/agents")
            return [x["agent_id"] for x in answer.json["agents"]]
        before = await listed()
        self.assertEqual(before, self.names)
        await self.kill("registry")
        self.assertEqual(await listed(), before)

    async def test_a_dispatch_outlives_the_hub_that_recorded_it(self):
        bridge = await self.given(
            await Bridge.register(self.daemon, "patient"))
        answer = await dispatch(self.daemon, "patient")
        message_id = answer.json["message_id"]
        await self.kill("event-hub")
        task = await get(self.daemon, "/control/agents/patient/task")
        self.assertEqual(task.json["message_id"], message_id)
        await bridge.receive_dispatch()
        await bridge.respond(message_id, "all the same")
        known = await finished_record(self.daemon, message_id)
        self.assertEqual(known["content"], "all the same")

    async def test_replacing_an_agent_still_works_after_a_kill(self):
        await self.kill("registry")
        newer = await self.given(
            await Bridge.register(self.daemon, "agent-0"))
        self.assertEqual(await self.bridges[0].closed(),
                         (4002, "Replaced by new connection"))
        newer.work()
        answer = await dispatch(self.daemon, "agent-0", "newer",
                                query="?wait=10")
        self.assertEqual(answer.json["content"], "newer")


class SilentAgentDrillTest(AsyncCase):

    async def test_silent_agents_are_still_evicted_afterwards(self):
        daemon = self.start_daemon(
            "--heartbeat-timeout", "1.5", "--heartbeat-tick", "0.2",
            "--heartbeat-adaptive", "false")
        silent = await self.given(await Bridge.register(daemon, "silent"))
        alive = await self.given(await Bridge.register(daemon, "alive"))
        for name in ("heartbeat-monitor", "registry"):
            await daemon.ask_console(f"kill-actor {name}")
        while silent.is_open():
            await alive.sync()
            await pace(0.1)
        self.assertEqual(await silent.closed(), (4003, "Heartbeat timeout"))

    async def test_a_core_that_dies_too_often_ends_the_daemon(self):
        daemon = Daemon().start()
        self.addCleanup(daemon.clean_up)
        self.addCleanup(daemon.kill)
        for _ in range(11):
            outcome = await daemon.command("console", "kill-actor registry")
            if outcome.status != 0:
                break
        await eventually(lambda: not daemon.is_running(),
                         "the daemon gives up", 30)
        self.assertEqual(daemon.process.returncode, 1)
        self.assertIn("gives up", daemon.log())
