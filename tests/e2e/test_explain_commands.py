"""`bridgekeeper explain`, `explain` in the console, its completion of ids, and
what is left of explanations after a restart."""

import json
import pathlib
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import dispatch, finished_record, get
from daemon import Daemon
from explanations import Explaining
from operator_console import Terminal
from waiting import eventually


class ExplainCommandTest(Explaining, DaemonCase):
    variables = {"BRIDGEKEEPER_BRIDGE_STOCK_SLOTS": "1"}

    async def explain(self, *arguments):
        return await self.daemon.command("explain", *arguments)

    async def test_an_agent(self):
        bridge = await self.bridge()
        outcome = await self.explain(bridge.agent_id)
        self.assertEqual(outcome.status, 0, outcome)
        lines = outcome.stdout.splitlines()
        self.assertEqual(lines[0], f"Agent {bridge.agent_id} is connected.")
        self.assertIn("Setting: heartbeat.timeout = 30s", outcome.stdout)

    async def test_a_dispatch_by_its_whole_and_its_short_id(self):
        bridge = await self.bridge()
        await dispatch(self.daemon, bridge.agent_id)
        id = (await dispatch(self.daemon, bridge.agent_id)).json["message_id"]
        for name in (id, id[-8:]):
            with self.subTest(name):
                outcome = await self.explain(name)
                self.assertEqual(outcome.status, 0, outcome)
                self.assertIn(f"Dispatch {id} has not ended. It waits because",
                              outcome.stdout)
                self.assertIn("number 1 in the queue", outcome.stdout)
                self.assertIn("What to do next:", outcome.stdout)
                self.assertIn("Setting: bridge.stock_slots = 1",
                              outcome.stdout)

    async def test_a_reason(self):
        outcome = await self.explain("rate_limited")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("limits.agent_per_minute = 0", outcome.stdout)

    async def test_json_is_what_the_daemon_answers(self):
        bridge = await self.bridge()
        outcome = await self.explain(bridge.agent_id, "--json")
        whole = json.loads(outcome.stdout)
        self.assertEqual((whole["kind"], whole["id"]),
                         ("agent", bridge.agent_id))
        answer = await get(self.daemon,
                           f"/control/agents/{bridge.agent_id}/explain")
        self.assertEqual(set(answer.json), set(whole))
        self.assertEqual({"id", "kind", "summary", "steps", "next"},
                         set(whole))

    async def test_what_nobody_knows(self):
        outcome = await self.explain("nothing-like-that")
        self.assertEqual((outcome.status, outcome.stdout), (1, ""))
        self.assertIn("bridgekeeper agents", outcome.stderr)
        for kind in ("agents", "dispatches"):
            answer = await get(self.daemon,
                               f"/control/{kind}/nothing-like-that/explain")
            self.assertEqual(answer.status, 404)
            self.assertIn("bridgekeeper", answer.json["hint"])

    async def test_an_agent_that_has_only_tried_to_register(self):
        agent = self.agent_name()
        bridge = await Bridge.connect(self.daemon, agent)
        await bridge.send("register", auth_token="wrong")
        await bridge.closed()
        outcome = await self.explain(agent)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("[invalid_token]", outcome.stdout)

    async def test_the_console(self):
        bridge = await self.bridge()
        id = (await dispatch(self.daemon, bridge.agent_id)).json["message_id"]
        text = await self.daemon.ask_console(f"explain {bridge.agent_id}")
        self.assertIn(f"Agent {bridge.agent_id} is connected.", text)
        text = await self.daemon.ask_console(f"explain {id[-8:]}")
        self.assertIn(f"Dispatch {id} has not ended.", text)
        text = await self.daemon.ask_console("explain cost_limit")
        self.assertIn("cost.session_limit_usd", text)

    async def test_the_console_completes_ids(self):
        bridge = await self.bridge("completed-agent")
        id = (await dispatch(self.daemon, bridge.agent_id)).json["message_id"]
        await bridge.receive_dispatch()
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        async with Terminal(self.daemon, pathlib.Path(home.name)) as terminal:
            await terminal.until("bridgekeeper>")
            terminal.type("explain completed-a\t\n")
            await terminal.until("Agent completed-agent is connected.")
            terminal.forget()
            # Ids of dispatches of the same minute begin alike.
            terminal.type(f"explain {id[:30]}\t\n")
            await terminal.until(f"Dispatch {id} has not ended.")
            terminal.type("quit\n")
            self.assertEqual(await terminal.status(), 0)


class ExplainAfterRestartTest(Explaining, AsyncCase):

    async def test_what_is_on_record_is_still_explained(self):
        folder = tempfile.TemporaryDirectory(prefix="bridgekeeper-explain-")
        self.addCleanup(folder.cleanup)
        daemon = Daemon(directory=folder.name).start()
        self.addCleanup(daemon.kill)
        bridge = await Bridge.register(daemon, "alpha")
        answer = await dispatch(daemon, "alpha", timeout_s=1)
        id = answer.json["message_id"]
        await finished_record(daemon, id)
        await daemon.ask_console("evict alpha")
        await bridge.closed()

        async def is_told():
            found = await self.explanation(daemon, "agents", "alpha")
            return "evicted" in [x["reason"] for x in found["steps"]]
        await eventually(is_told, "the eviction is explained")
        daemon.signal()
        daemon.wait_for_end()
        daemon = Daemon(directory=folder.name).start()
        self.addCleanup(daemon.kill)
        await self.check(daemon, "evicted", "agents", "alpha")
        await self.check(daemon, "timeout", "dispatches", id,
                         setting="timeout_s", value="1s")
