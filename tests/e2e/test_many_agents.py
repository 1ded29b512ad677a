"""Fifty agents at once, each with work to do."""

import asyncio

from bridge import Bridge
from cases import DaemonCase
from client import get
from waiting import eventually

AGENTS = 50
TASKS = 20


class ManyAgentsTest(DaemonCase):

    async def test_fifty_agents_each_get_and_answer_their_own_tasks(self):
        names = [self.agent_name(f"-{n}") for n in range(AGENTS)]
        bridges = await asyncio.gather(
            *(Bridge.register(self.daemon, name) for name in names))
        for bridge in bridges:
            await self.given(bridge.work(progress=1))
        listed = (await get(self.daemon, "/control/agents")).json
        self.assertEqual({x["agent_id"] for x in listed["agents"]
                          if x["status"] == "connected"}, set(names))

        controls = [await self.control() for _ in range(4)]
        for number in range(TASKS):
            for which, name in enumerate(names):
                id = f"{name}/{number}"
                await controls[which % 4].dispatch(id, name, id)
        for number in range(TASKS):
            for which, name in enumerate(names):
                id = f"{name}/{number}"
                answer = await controls[which % 4].result(id)
                self.assertEqual(
                    (answer["type"], answer["agent_id"], answer["content"]),
                    ("response", name, id))

        for name in names:
            task = await get(self.daemon, f"/control/agents/{name}/task")
            self.assertEqual(task.json["status"], "completed")
        self.assertIn("nothing is pending",
                      await self.daemon.ask_console("pending"))

    async def test_all_that_leave_at_once_are_gone(self):
        bridges = await asyncio.gather(
            *(Bridge.register(self.daemon, self.agent_name(f"-{n}"))
              for n in range(AGENTS)))
        for bridge in bridges:
            bridge.socket.transport.abort()

        async def nobody_is_left():
            status = await get(self.daemon, "/ws/agent-bridge/status")
            left = {x["agent_id"] for x in status.json["agents"]}
            return not left & {x.agent_id for x in bridges}
        await eventually(nobody_is_left, "all fifty are gone")

    async def test_one_id_that_comes_and_goes_ends_up_connected(self):
        for _ in range(30):
            bridge = await Bridge.register(self.daemon, self.agent_name())
            bridge.socket.transport.abort()
        bridge = await self.bridge()
        await bridge.sync()
        answer = await get(self.daemon,
                           f"/control/agents/{bridge.agent_id}")
        self.assertEqual(answer.json["agent"]["status"], "connected")
