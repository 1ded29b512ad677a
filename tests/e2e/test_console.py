"""The operator's console, as one-shot commands."""

import re

from bridge import Bridge
from cases import DaemonCase
from client import ControlSocket, agent_status, dispatch
from daemon import IO_THREADS, TOKEN, run
from waiting import eventually


def rows(table):
    """A printed table's rows, without its head."""
    return [line.split() for line in table.splitlines()[1:]]


class ConsoleTest(DaemonCase):

    async def ask(self, line):
        return await self.daemon.ask_console(line)

    async def complaint(self, line, status=1):
        """What a command that fails says, on standard error alone."""
        outcome = await self.daemon.command("console", line)
        self.assertEqual((outcome.status, outcome.stdout), (status, ""))
        return outcome.stderr

    async def test_actors_shows_the_core_and_each_agent(self):
        await self.bridge()
        async with await ControlSocket.open(self.daemon):
            text = await self.ask("actors")
        self.assertEqual(text.split("\n")[0].split(),
                         ["NAME", "ID", "THREAD", "MAILBOX", "HANDLED",
                          "AGE"])
        names = [row[0] for row in rows(text)]
        for name in ("supervisor", "registry", "event-hub",
                     "heartbeat-monitor", "console", "console-session",
                     "control-channel", "agent"):
            self.assertIn(name, names)
        homes = {row[0]: row[2] for row in rows(text)}
        self.assertRegex(homes["registry"], r"^io-\d+$")
        self.assertEqual(homes["console"], "pool")

    async def test_actors_that_are_gone_are_not_shown(self):
        async def count(name):
            return sum(row[0] == name for row in rows(await self.ask(
                "actors")))
        before = await count("control-channel")
        async with await ControlSocket.open(self.daemon):
            self.assertEqual(await count("control-channel"), before + 1)

        async def is_gone():
            return await count("control-channel") == before
        await eventually(is_gone, "the channel's actor has ended")
        # The console's own sessions do not pile up either.
        self.assertLessEqual(await count("console-session"), 2)

    async def test_agents_lists_who_is_there_and_who_was(self):
        bridge = await self.bridge(workdir="/srv/a-place")
        text = await self.ask("agents")
        row, = [x for x in rows(text) if x[0] == bridge.agent_id]
        self.assertEqual((row[1], row[-1]), ("connected", "/srv/a-place"))
        await bridge.close()

        async def is_shown_as_away():
            return [x[1] for x in rows(await self.ask("agents"))
                    if x[0] == bridge.agent_id] == ["disconnected"]
        await eventually(is_shown_as_away, "the agent is shown as away")

    async def test_agent_tells_of_one(self):
        bridge = await self.bridge()
        await bridge.sync()
        answer = await dispatch(self.daemon, bridge.agent_id)
        text = await self.ask(f"agent {bridge.agent_id}")
        self.assertRegex(text, rf"(?m)^agent +{bridge.agent_id}$")
        self.assertRegex(text, r"(?m)^incarnation +\d+$")
        self.assertRegex(text, r"(?m)^heartbeats +1,")
        self.assertRegex(text, r"(?m)^pending +1$")
        self.assertIn(answer.json["message_id"], text)

    async def test_agent_says_what_is_wrong(self):
        bridge = await self.bridge()
        await bridge.close()

        async def is_away():
            return await agent_status(self.daemon, bridge.agent_id) \
                == "disconnected"
        await eventually(is_away, "the agent is away")
        self.assertIn("Agent is not connected",
                      await self.complaint(f"agent {bridge.agent_id}"))
        self.assertIn("Agent not found", await self.complaint("agent nobody"))
        self.assertIn("usage: agent ID", await self.complaint("agent", 2))

    async def test_pending_lists_what_has_not_ended(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        text = await self.ask("pending")
        self.assertIn([bridge.agent_id, message_id],
                      [row[:2] for row in rows(text)])
        await bridge.respond(message_id)
        await bridge.receive_dispatch()
        await bridge.sync()
        self.assertNotIn(message_id, await self.ask("pending"))

    async def test_threads_and_stats_count(self):
        threads = rows(await self.ask("threads"))
        self.assertTrue(threads)
        self.assertEqual([x[0] for x in threads],
                         [f"io-{n}" for n in range(len(threads))])
        if IO_THREADS:
            self.assertEqual(len(threads), int(IO_THREADS))

        async def count(what):
            found = re.search(rf"(?m)^{what} +(\d+)$",
                              await self.ask("stats"))
            return int(found[1])
        before = [await count(x) for x in ("registrations", "dispatches",
                                           "responses", "heartbeats")]
        bridge = await self.bridge()
        await bridge.sync()
        bridge.work()
        await dispatch(self.daemon, bridge.agent_id, query="?wait=10")
        after = [await count(x) for x in ("registrations", "dispatches",
                                          "responses", "heartbeats")]
        self.assertEqual(after, [x + 1 for x in before])
        self.assertGreater(await count("resident memory, bytes"), 1_000_000)

    async def test_connections_are_spread_over_the_io_threads(self):
        daemon = self.start_daemon("--io-threads", "3")
        for number in range(6):
            await self.given(await Bridge.register(daemon, f"a{number}"))
        threads = rows(await daemon.ask_console("threads"))
        self.assertEqual([(x[0], x[1]) for x in threads],
                         [("io-0", "2"), ("io-1", "2"), ("io-2", "2")])

    async def test_evict_closes_the_bridge_with_4003(self):
        bridge = await self.bridge()
        self.assertIn(bridge.agent_id,
                      await self.ask(f"evict {bridge.agent_id}"))
        self.assertEqual(await bridge.closed(),
                         (4003, "Evicted by the operator"))
        self.assertIn("Agent not found", await self.complaint("evict nobody"))

    async def test_log_changes_the_level_and_back(self):
        self.assertIn("logging warning", await self.ask("log warning"))
        try:
            await (await self.bridge()).sync()
        finally:
            self.assertIn("logging info", await self.ask("log info"))
        await self.bridge(self.agent_name("-seen"))
        await self.daemon.logs(self.agent_name("-seen"))
        self.assertNotIn(self.agent_name() + " ", self.daemon.log())
        self.assertIn("error:", await self.complaint("log loud", 2))

    async def test_every_level_that_help_names_is_accepted(self):
        line, = [x for x in (await self.ask("help")).splitlines()
                 if x.startswith("log ")]
        levels = line.split("LEVEL", 1)[1].split(",")
        try:
            for level in levels:
                self.assertIn("logging", await self.ask(f"log {level}"))
        finally:
            await self.ask("log info")

    async def test_an_unknown_command_says_so(self):
        self.assertIn('unknown command "dance"',
                      await self.complaint("dance", 2))
        text = await self.complaint("kill-actor nobody", 2)
        self.assertIn("no core actor", text)
        self.assertIn("registry", text)

    async def test_help_names_every_command(self):
        text = await self.ask("help")
        for name in ("actors", "agents", "agent", "pending", "threads",
                     "stats", "evict", "cordon", "drain", "uncordon",
                     "kill-actor", "log", "events", "explain", "trace",
                     "mailboxes", "slow", "heap"):
            self.assertRegex(text, rf"(?m)^{name}\b")

    async def test_mailboxes_lists_each_core_actor(self):
        await self.bridge()
        text = await self.ask("mailboxes")
        names = [row[0] for row in rows(text)]
        for name in ("supervisor", "registry", "dispatcher", "event-hub",
                     "heartbeat-monitor", "console"):
            self.assertIn(name, names)
        self.assertRegex(
            text, r"(?m)^(1 message waits|\d+ messages wait) for \d+ actor")

    async def test_slow_says_that_there_are_none_or_which(self):
        text = await self.ask("slow")
        self.assertRegex(text, r"no handler has taken 1 ms|TOOK")

    async def test_heap_shows_malloc_and_the_daemon_s_budgets(self):
        await self.bridge()
        text = await self.ask("heap")
        for what in ("memory from the kernel", "peak"):
            self.assertRegex(text, rf"(?m)^malloc: {what} +[1-9]\d+ +-$")
        for what in ("waiting to be sent to readers",
                     "history of events and dispatches",
                     "large answers under way"):
            self.assertRegex(text, rf"(?m)^{what} +\d+ +\d+$")
        self.assertRegex(
            text, r"(?m)^waiting to be stored or published +\d+ +-$")
        history, = re.findall(r"(?m)^history of events and dispatches +(\d+)",
                              text)
        self.assertGreater(int(history), 0)

    async def test_of_commands_piped_in_the_first_failure_is_the_status(self):
        outcome = await run(
            "console", "--data-dir", str(self.daemon.directory),
            stdin=b"threads\nevict nobody\ndance\nstats\n",
            VIBEFORGE_AUTH_TOKEN=TOKEN)
        self.assertEqual(outcome.status, 1)
        self.assertIn("CONNECTIONS", outcome.stdout)
        self.assertIn("resident memory", outcome.stdout)
        self.assertEqual(outcome.stderr.count("error: "), 2)
