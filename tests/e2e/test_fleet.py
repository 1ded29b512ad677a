"""Operators cordon, drain and uncordon agents: one or all, over HTTP, with the
commands and in the console (contract section 3)."""

import asyncio
import json
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import dispatch, finished_record, get, post, record
from daemon import SLOTS, Daemon
from resuming_bridge import ResumingBridge
from waiting import eventually


class FleetCase(AsyncCase):
    """Stock bridges are sent one dispatch at a time, as by default."""

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def started(self, **variables):
        """One after the other on the same directory."""
        variables = {SLOTS: None, "BRIDGEKEEPER_SHUTDOWN_DRAIN_TIMEOUT": "0.2",
                     **variables}
        daemon = Daemon(directory=self.directory, **variables).start()
        self.addCleanup(daemon.kill)
        return daemon

    async def stock(self, daemon, name="a", **fields):
        return await self.given(await Bridge.register(daemon, name, **fields))

    async def modern(self, daemon, name="a", **fields):
        return await self.given(
            await ResumingBridge.register(daemon, name, slots=4, **fields))

    async def change(self, daemon, what, agent=None):
        path = f"/control/agents/{agent}" if agent else "/control/agents"
        answer = await post(daemon, f"{path}/{what}", None)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    async def view(self, daemon, agent="a"):
        return (await get(daemon, f"/control/agents/{agent}")).json["agent"]

    async def accepted(self, daemon, agent="a", **fields):
        answer = await dispatch(daemon, agent, **fields)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["message_id"]

    async def state(self, daemon, message_id):
        return (await record(daemon, message_id))["state"]

    async def assert_waits(self, daemon, bridge, message_id):
        """The bridge was not sent the dispatch, which is not lost either."""
        await bridge.sync()
        self.assertEqual(await self.state(daemon, message_id), "queued")

    async def done(self, daemon, bridge, message_id):
        """The bridge is sent this dispatch next, and responds."""
        sent = await bridge.receive_dispatch()
        self.assertEqual(sent["message_id"], message_id)
        await bridge.respond(message_id)
        known = await finished_record(daemon, message_id)
        self.assertEqual(known["state"], "completed")


class CordonTest(FleetCase):

    async def test_a_cordoned_agent_is_sent_nothing_until_it_is_uncordoned(
            self):
        daemon = self.started()
        for kind, register in (("stock", self.stock), ("1.1", self.modern)):
            with self.subTest(kind):
                name = kind.replace(".", "-")
                bridge = await register(daemon, name)
                running = await self.accepted(daemon, name)
                await bridge.receive_dispatch()
                answer = await self.change(daemon, "cordon", name)
                self.assertTrue(answer["agent"]["cordoned"])
                waiting = await self.accepted(daemon, name)
                await bridge.respond(running)
                await finished_record(daemon, running)
                if kind == "1.1":
                    await bridge.acked(running)
                await self.assert_waits(daemon, bridge, waiting)
                answer = await self.change(daemon, "uncordon", name)
                self.assertFalse(answer["agent"]["cordoned"])
                await self.done(daemon, bridge, waiting)

    async def test_a_cordon_survives_reconnects_restarts_and_crashes(self):
        daemon = self.started()
        bridge = await self.stock(daemon)
        await self.change(daemon, "cordon", "a")
        waiting = await self.accepted(daemon, queue_timeout_s=600)
        await bridge.close()
        bridge = await self.stock(daemon)
        await self.assert_waits(daemon, bridge, waiting)
        for end in (daemon.kill, lambda: daemon.stop()):
            end()
            daemon = self.started()
            self.assertTrue((await self.view(daemon))["cordoned"])
            bridge = await self.stock(daemon)
            await self.assert_waits(daemon, bridge, waiting)
        await daemon.ask_console("kill-actor registry")
        await self.assert_waits(daemon, bridge, waiting)
        self.assertTrue((await self.view(daemon))["cordoned"])
        await self.change(daemon, "uncordon", "a")
        await self.done(daemon, bridge, waiting)
        daemon.kill()
        daemon = self.started()
        self.assertFalse((await self.view(daemon))["cordoned"])

    async def test_all_known_agents_are_cordoned_and_new_ones_are_not(self):
        daemon = self.started()
        bridges = [await self.stock(daemon, name) for name in "abc"]
        self.assertEqual(await self.change(daemon, "cordon"),
                         {"status": "cordoned", "agents": 3})
        self.assertEqual(await self.change(daemon, "cordon"),
                         {"status": "cordoned", "agents": 0})
        late = await self.stock(daemon, "late")
        waiting = [await self.accepted(daemon, name) for name in "abc"]
        await self.done(daemon, late, await self.accepted(daemon, "late"))
        for bridge, id in zip(bridges, waiting):
            await self.assert_waits(daemon, bridge, id)
        self.assertEqual(await self.change(daemon, "uncordon"),
                         {"status": "uncordoned", "agents": 3})
        for bridge, id in zip(bridges, waiting):
            await self.done(daemon, bridge, id)

    async def test_only_admins_may_and_only_with_agents_that_exist(self):
        daemon = self.started()
        await self.stock(daemon)
        for path, status in (("nobody/cordon", 404), ("not_an_id/drain", 400)):
            answer = await post(daemon, f"/control/agents/{path}", None)
            self.assertEqual(answer.status, status)
        answer = await post(daemon, "/control/agents/a/cordon", None,
                            token=False)
        self.assertEqual(answer.status, 401)

    async def test_it_is_logged(self):
        daemon = self.started()
        await self.stock(daemon)
        await self.change(daemon, "cordon", "a")
        await daemon.logs("agent a is cordoned by the operator")


class RoutingTest(FleetCase):

    async def routed(self, daemon, *require, **fields):
        return await post(daemon, "/control/dispatch", {
            "content": "do it", "require": list(require), **fields})

    async def test_labels_choose_the_agent(self):
        daemon = self.started()
        small = await self.modern(daemon, "small", labels={"gpu": "t4"})
        large = await self.modern(daemon, "large", capabilities=["train"],
                                  labels={"gpu": "a100", "site": "lab"})
        view = await self.view(daemon, "large")
        self.assertEqual((view["slots"], view["labels"]),
                         (4, {"gpu": "a100", "site": "lab"}))
        for require, bridge in ((["gpu=a100"], large), (["gpu=t4"], small),
                                (["train", "gpu=a100", "site=lab"], large)):
            answer = await self.routed(daemon, *require)
            self.assertEqual(answer.json["agent_id"], bridge.agent_id)
            await self.done(daemon, bridge, answer.json["message_id"])
            await bridge.acked(answer.json["message_id"])
        for require in ("gpu=h100", "gpu", "gpu=", "=a100", "train=yes"):
            self.assertEqual((await self.routed(daemon, require)).status, 409)

    async def test_a_cordoned_agent_is_not_chosen(self):
        daemon = self.started()
        first = await self.modern(daemon, "first", labels={"gpu": "a100"})
        second = await self.modern(daemon, "second", labels={"gpu": "a100"})
        await self.change(daemon, "cordon", "first")
        for _ in range(3):
            answer = await self.routed(daemon, "gpu=a100")
            self.assertEqual(answer.json["agent_id"], "second")
            await second.receive_dispatch()
        await self.change(daemon, "cordon", "second")
        self.assertEqual((await self.routed(daemon, "gpu=a100")).status, 409)
        answer = await self.routed(daemon, "gpu=a100", queue_timeout_s=60)
        await self.assert_waits(daemon, first, answer.json["message_id"])
        await self.change(daemon, "uncordon", "first")
        await self.done(daemon, first, answer.json["message_id"])


class DrainTest(FleetCase):

    async def test_a_drained_agent_finishes_and_its_link_is_closed(self):
        daemon = self.started()
        bridge = await self.stock(daemon)
        running = await self.accepted(daemon)
        waiting = await self.accepted(daemon, queue_timeout_s=600)
        await bridge.receive_dispatch()
        await self.change(daemon, "drain", "a")
        await bridge.sync()
        await bridge.respond(running, "finished")
        self.assertEqual(await bridge.closed(),
                         (1001, "Drained by the operator"))
        known = await finished_record(daemon, running)
        self.assertEqual(known["content"], "finished")
        self.assertEqual(await self.state(daemon, waiting), "queued")
        bridge = await self.stock(daemon)
        await self.assert_waits(daemon, bridge, waiting)
        await self.change(daemon, "uncordon", "a")
        await self.done(daemon, bridge, waiting)

    async def test_a_bridge_of_1_1_gets_its_acks_and_a_goaway(self):
        daemon = self.started()
        bridge = await self.modern(daemon)
        running = [await self.accepted(daemon) for _ in range(3)]
        for _ in running:
            await bridge.receive_dispatch()
        await self.change(daemon, "drain", "a")
        for id in running:
            await bridge.respond(id)
            await bridge.acked(id)
        goaway = await bridge.receive()
        self.assertEqual(goaway, {"type": "goaway", "reason": "drained",
                                  "reconnect_after_ms": 60000})
        self.assertEqual((await bridge.closed())[0], 1001)
        for id in running:
            self.assertEqual(await self.state(daemon, id), "completed")
        back = await self.given(await bridge.again(daemon))
        self.assertTrue((await self.view(daemon))["cordoned"])
        await back.sync()

    async def test_all_are_drained_and_nothing_is_lost(self):
        daemon = self.started()
        bridges, ids = [], []
        for number in range(6):
            register = self.modern if number % 2 else self.stock
            bridge = await register(daemon, f"a{number}")
            bridges.append(bridge)
            ids += [await self.accepted(daemon, bridge.agent_id,
                                        queue_timeout_s=600)
                    for _ in range(6)]
            bridge.work()
        answer = await self.change(daemon, "drain")
        self.assertEqual(answer, {"status": "draining", "agents": 6})
        for bridge in bridges:
            self.assertEqual((await bridge.closed())[0], 1001)
        states = [await self.state(daemon, id) for id in ids]
        self.assertLessEqual(set(states), {"completed", "queued"})
        daemon.stop()
        daemon = self.started()
        for bridge in bridges:
            (await self.stock(daemon, bridge.agent_id)).work()
        await self.change(daemon, "uncordon")
        for id in ids:
            known = await finished_record(daemon, id)
            self.assertEqual(known["state"], "completed")


class CommandTest(FleetCase):

    async def test_the_commands_cordon_drain_and_uncordon(self):
        daemon = self.started()
        bridge = await self.modern(daemon, labels={"gpu": "a100"})
        running = await self.accepted(daemon)
        await bridge.receive_dispatch()
        outcome = await daemon.command("cordon", "a")
        self.assertEqual((outcome.status, outcome.stdout),
                         (0, "Agent a is cordoned.\n"))
        table = (await daemon.command("agents")).stdout
        for text in ("connected, cordoned", "SLOTS", "LABELS", "gpu=a100"):
            self.assertIn(text, table)
        shown = json.loads((await daemon.command("agents", "--json")).stdout)
        self.assertEqual(
            [(x["cordoned"], x["slots"]) for x in shown["agents"]],
            [(True, 4)])
        outcome = await daemon.command("uncordon", "--all")
        self.assertEqual(outcome.stdout,
                         "All agents are uncordoned (1 changed).\n")
        wait = asyncio.create_task(daemon.command("drain", "a", "--wait"))

        async def drains():
            return (await self.view(daemon))["cordoned"]
        await eventually(drains, "the agent is draining")
        self.assertFalse(wait.done())
        await bridge.respond(running)
        outcome = await wait
        self.assertEqual((outcome.status, outcome.stdout),
                         (0, "Agent a is drained.\n"))

    async def test_a_wait_ends_although_the_bridge_is_back_at_once(self):
        daemon = self.started()
        bridge = await self.stock(daemon)
        wait = asyncio.create_task(daemon.command("drain", "--all", "--wait"))
        await bridge.closed()
        await self.stock(daemon)
        outcome = await wait
        self.assertEqual((outcome.status, outcome.stdout),
                         (0, "All agents are drained.\n"))

    async def test_wrong_usage_and_unknown_agents(self):
        daemon = self.started()
        for arguments in ((), ("a", "--all")):
            outcome = await daemon.command("cordon", *arguments)
            self.assertEqual(outcome.status, 2)
            self.assertIn("either an agent or --all", outcome.stderr)
        outcome = await daemon.command("drain", "nobody", "--wait")
        self.assertEqual(outcome.status, 1)
        self.assertIn("No agent is called nobody", outcome.stderr)

    async def test_the_console_does_the_same(self):
        daemon = self.started()
        bridge = await self.stock(daemon)
        self.assertEqual(await daemon.ask_console("cordon a"),
                         "a is cordoned\n")
        self.assertIn("connected, cordoned",
                      await daemon.ask_console("agents"))
        self.assertEqual(await daemon.ask_console("uncordon all"),
                         "all agents are uncordoned (1 changed)\n")
        self.assertEqual(await daemon.ask_console("drain a"),
                         "a is draining\n")
        self.assertEqual((await bridge.closed())[0], 1001)
