"""Erasing dispatches and agents: nothing of them is left, in the daemon's memory
or in its files."""

import pathlib
import sqlite3
import tempfile
import unittest

from bridge import Bridge
from cases import AsyncCase
from client import dispatch, finished_record, get, post
from daemon import TOKEN, Daemon, run
from events import EventStream
from waiting import eventually

SECRET = "correct-horse-battery"


class ErasingCase(AsyncCase):

    durability = "commit"

    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.logs = self.enterContext(tempfile.TemporaryDirectory())
        self.audit = self.directory / "audit.log"

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.daemon = self.another_daemon()
        self.bridge = await self.given(await Bridge.register(
            self.daemon, "a"))

    def another_daemon(self):
        """One after the other on the same directory."""
        # The log may quote errors, and is not the daemon's.
        daemon = Daemon(directory=self.directory, logs=self.logs,
                        BRIDGEKEEPER_STORE_DURABILITY=self.durability,
                        VIBEFORGE_AUDIT_LOG_PATH=str(self.audit),
                        BRIDGEKEEPER_SHUTDOWN_DRAIN_TIMEOUT="0.1").start()
        self.addCleanup(daemon.kill)
        return daemon

    async def worked(self, word, **fields):
        """A finished dispatch with this word in all its texts."""
        id = (await dispatch(self.daemon, "a", f"{'-' * 100} {word} task",
                             context={"key": f"{word} context"})
              ).json["message_id"]
        await self.bridge.receive_dispatch()
        await self.bridge.progress(id, progress_text=f"{word} progress")
        await self.bridge.respond(id, f"{word} result", **fields)
        await finished_record(self.daemon, id)
        return id

    async def erase(self, daemon=None, **what):
        return await post(daemon or self.daemon, "/control/store/erase", what)

    async def told_of(self, last):
        """The dispatches that the agent's stream tells of, up to the outcome
        of the last one."""
        out = set()
        async with await EventStream.open(self.daemon, "a") as stream:
            while True:
                event = await stream.next()
                about = (event.get("metadata") or {}).get("message_id")
                out.add(about)
                if (event.get("event_type"), about) == ("agent_response", last):
                    return out

    def traces(self, word):
        """The files of the data directory that have this word."""
        return [x.name for x in sorted(self.directory.iterdir())
                if word.encode() in x.read_bytes()]

    async def use_a_key_again(self):
        task = {"content": "x"}
        key = {"headers": {"Idempotency-Key": "k"}}
        path = "/control/agents/a/dispatch"
        first = (await post(self.daemon, path, task, **key)).json["message_id"]
        await self.bridge.receive_dispatch()
        await self.bridge.respond(first)
        await finished_record(self.daemon, first)
        await self.erase(message_id=first)
        second = (await post(self.daemon, path, task, **key)).json["message_id"]
        self.assertNotEqual(first, second)

    async def ids(self):
        listed = await get(self.daemon, "/control/dispatches")
        return [x["message_id"] for x in listed.json["dispatches"]]

    async def is_gone(self, id):
        for path in ("", "/events", "/explain"):
            answer = await get(self.daemon, f"/control/dispatches/{id}{path}")
            self.assertEqual((path, answer.status), (path, 404))


class DispatchTest(ErasingCase):

    async def test_nothing_of_an_erased_dispatch_is_left(self):
        kept = await self.worked("harmless")
        id = await self.worked(SECRET, error=f"{SECRET} error")
        newer = await self.worked("harmless")
        self.assertIn("store.db-wal", self.traces(SECRET))
        answer = await self.erase(message_id=id)
        self.assertEqual((answer.status, answer.json),
                         (200, {"status": "erased", "message_id": id}))
        await self.is_gone(id)
        self.assertEqual(await self.ids(), [newer, kept])
        self.assertEqual(await self.told_of(newer), {None, kept, newer})
        for path in ("agents/a", "reasons/task_failed"):
            self.assertNotIn(SECRET, str(await get(
                self.daemon, f"/control/{path}/explain")))
        # The write-ahead log is emptied when the writer has nothing to do.
        await eventually(lambda: not self.traces(SECRET),
                         "no file has a trace of it")
        self.assertEqual((await get(
            self.daemon, f"/control/dispatches/{kept}")).json["content"],
            "harmless result")
        self.assertEqual((await self.erase(message_id=id)).status, 404)
        self.daemon.stop()
        self.daemon = self.another_daemon()
        await self.is_gone(id)
        self.assertEqual(await self.ids(), [newer, kept])
        self.assertEqual(await self.told_of(newer), {None, kept, newer})
        line, = [x for x in self.audit.read_text().splitlines()
                 if "dispatch_erased" in x]
        self.assertIn(id, line)

    async def test_a_kill_right_after_it_leaves_nothing_either(self):
        id = await self.worked(SECRET)
        self.assertEqual((await self.erase(message_id=id)).status, 200)
        self.daemon.kill()
        self.daemon = self.another_daemon()
        await eventually(lambda: not self.traces(SECRET),
                         "no file has a trace of it")

    async def test_a_short_id_is_enough_if_it_is_unambiguous(self):
        id = await self.worked("x")
        other = await self.worked("x")
        common = 0
        while id[common] == other[common]:
            common += 1
        self.assertEqual((await self.erase(message_id=id[:common])).status,
                         404)
        answer = await self.erase(message_id=id[-12:])
        self.assertEqual((answer.status, answer.json["message_id"]),
                         (200, id))
        self.assertEqual(await self.ids(), [other])

    async def test_its_key_can_be_used_again(self):
        await self.use_a_key_again()

    async def test_a_result_that_comes_after_that_is_not_kept(self):
        id = (await dispatch(self.daemon, "a")).json["message_id"]
        await self.bridge.receive_dispatch()
        await post(self.daemon, f"/control/dispatches/{id}/cancel", {})
        self.assertEqual((await self.erase(message_id=id)).status, 200)
        await self.bridge.respond(id, SECRET)
        await self.bridge.sync()
        await self.worked("next")
        self.assertEqual(
            (await get(self.daemon, f"/control/dispatches/{id}")).status, 404)
        self.assertEqual(self.traces(SECRET), [])
        self.assertNotIn(SECRET, str(await get(
            self.daemon, "/control/agents/a/task")))

    async def test_what_cannot_be_erased_is_named(self):
        id = (await dispatch(self.daemon, "a")).json["message_id"]
        answer = await self.erase(message_id=id)
        self.assertEqual((answer.status, answer.json["code"]),
                         (409, "not_ended"))
        answer = await self.erase(message_id="0192f0c1-none")
        self.assertEqual((answer.status, answer.json["code"]),
                         (404, "unknown_dispatch"))
        for body in ({}, {"message_id": ""}, {"agent_id": 1},
                     {"message_id": id, "agent_id": "a"}):
            self.assertEqual((await self.erase(**body)).status, 422, body)
        self.assertEqual((await self.erase(agent_id="a b")).status, 400)


class AgentTest(ErasingCase):

    async def disconnect(self):
        await self.bridge.close()

        async def is_away():
            view = await get(self.daemon, "/control/agents/a")
            return view.json["agent"]["status"] == "disconnected"
        await eventually(is_away, "the bridge has gone")

    async def test_an_agent_is_erased_with_its_dispatches_and_events(self):
        async with await Bridge.register(self.daemon, "b"):
            pass
        ids = [await self.worked(SECRET, error=f"{SECRET} {word}")
               for word in ("error", "crash")]
        answer = await self.erase(agent_id="a")
        self.assertEqual((answer.status, answer.json["code"]),
                         (409, "agent_still_connected"))
        await self.disconnect()
        answer = await self.erase(agent_id="a")
        self.assertEqual((answer.status, answer.json),
                         (200, {"status": "erased", "agent_id": "a"}))
        for id in ids:
            await self.is_gone(id)
        agents = (await get(self.daemon, "/control/agents")).json["agents"]
        self.assertEqual([x["agent_id"] for x in agents], ["b"])
        answer = await get(self.daemon, "/control/agents/a/task")
        self.assertEqual(answer.status, 404)
        self.assertNotIn(SECRET, str(await get(
            self.daemon, "/control/reasons/task_failed/explain")))
        await eventually(lambda: not self.traces(SECRET),
                         "no file has a trace of it")
        self.assertEqual((await self.erase(agent_id="a")).json["code"],
                         "unknown_agent")
        # It may come back, as a new one.
        async with await Bridge.register(self.daemon, "a") as self.bridge:
            id = await self.worked("new")
            self.assertEqual(await self.ids(), [id])
        await eventually(lambda: "agent_erased" in self.audit.read_text(),
                         "the erasure is audited")

    async def test_an_agent_that_was_forgotten_can_still_be_erased(self):
        await self.worked(SECRET)
        await self.disconnect()
        outcome = await self.daemon.command("agents", "--forget", "a")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual((await self.erase(agent_id="a")).status, 200)
        self.assertEqual(await self.ids(), [])

    async def test_an_agent_with_unfinished_dispatches_stays(self):
        await self.disconnect()
        waiting = await dispatch(self.daemon, "a", queue_timeout_s=60)
        self.assertEqual(waiting.status, 200)
        answer = await self.erase(agent_id="a")
        self.assertEqual((answer.status, answer.json["code"],
                          answer.json["detail"]),
                         (409, "not_ended",
                          "The agent has dispatches that have not ended. "
                          "Cancel them first"))
        self.assertEqual((await get(
            self.daemon, "/control/agents/a")).status, 200)


class MemoryTest(ErasingCase):
    """A daemon without a store."""

    durability = "none"

    async def test_memory_forgets_what_is_erased(self):
        id, kept = await self.worked(SECRET), await self.worked("kept")
        self.assertEqual((await self.erase(message_id=id)).status, 200)
        await self.is_gone(id)
        self.assertEqual(await self.told_of(kept), {None, kept})
        left = (await dispatch(self.daemon, "a")).json["message_id"]
        self.assertEqual((await self.erase(message_id=left)).json["code"],
                         "not_ended")
        self.assertEqual((await self.erase(message_id="none")).json["code"],
                         "unknown_dispatch")
        await self.bridge.close()
        await eventually(lambda: self.agent_is_erased(), "the agent is away")
        await self.is_gone(kept)

    async def test_its_key_can_be_used_again(self):
        await self.use_a_key_again()

    async def agent_is_erased(self):
        return (await self.erase(agent_id="a")).status == 200


class CommandTest(ErasingCase):

    async def test_the_command_works_with_and_without_a_daemon(self):
        ids = [await self.worked(SECRET) for _ in range(3)]
        left = (await dispatch(self.daemon, "a", queue_timeout_s=60)
                ).json["message_id"]
        outcome = await self.command(ids[0])
        self.assertEqual((outcome.status, outcome.stdout, outcome.stderr), (
            0, f"The dispatch {ids[0]} was erased.\n", ""))
        outcome = await self.command(ids[0])
        self.assertEqual((outcome.status, outcome.stdout), (1, ""))
        self.assertRegex(outcome.stderr, "^bridgekeeper store erase: The "
                         r"daemon at \S+ did not do it: Dispatch not found\. "
                         "List the dispatches with: bridgekeeper dispatches\n")
        outcome = await self.command(left)
        self.assertRegex(outcome.stderr, "The dispatch has not ended. Find "
                         "what has not ended with: bridgekeeper dispatches "
                         "--state unfinished\n")
        self.daemon.kill()
        outcome = await self.command(ids[1][-12:])
        self.assertEqual((outcome.status, outcome.stdout, outcome.stderr), (
            0, f"The dispatch {ids[1]} was erased.\n", ""))
        for target, complaint in (
                ([ids[1]], f"The store has no dispatch {ids[1]}."),
                ([left], f"The dispatch {left} has not ended. Start the "
                 "daemon and cancel it first."),
                (["--agent", "b"], "The store has no agent b."),
                (["--agent", "a"], "The agent a has dispatches that have not "
                 "ended. Start the daemon and cancel them first.")):
            with self.subTest(target):
                outcome = await self.command(*target)
                self.assertEqual(
                    (outcome.status, outcome.stdout, outcome.stderr),
                    (1, "", f"bridgekeeper store erase: {complaint}\n"))
        self.daemon = self.another_daemon()
        await post(self.daemon, f"/control/dispatches/{left}/cancel", {})
        self.daemon.stop()
        outcome = await self.command("--agent", "a")
        self.assertEqual((outcome.status, outcome.stdout, outcome.stderr), (
            0, "The agent a was erased.\n", ""))
        self.assertEqual(self.traces(SECRET), [])
        check = await self.store("check")
        self.assertEqual(check.status, 0, check)

    async def test_a_reader_keeps_the_bytes_and_is_named(self):
        id = await self.worked(SECRET)
        self.daemon.stop()
        with sqlite3.connect(self.directory / "store.db") as reader:
            self.addCleanup(reader.close)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM dispatches").fetchone()
            outcome = await self.command(id)
            self.assertEqual(
                (outcome.status, outcome.stdout, outcome.stderr),
                (1, "", "bridgekeeper store erase: It was erased, but another "
                 "program reads the store, so the bytes of removed rows are "
                 "still there. End that program, then run: bridgekeeper store "
                 "vacuum\n"))
            reader.execute("COMMIT")
        outcome = await self.store("vacuum")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(self.traces(SECRET), [])

    async def test_something_must_be_named(self):
        for arguments in ((), ("",), ("x", "--agent", "a"), ("--agent", "")):
            with self.subTest(arguments):
                self.assertEqual((await self.command(*arguments)).status, 2)

    async def command(self, *arguments):
        return await self.store("erase", *arguments)

    async def store(self, name, *arguments):
        return await run("store", name, "--data-dir", str(self.directory),
                         *arguments, VIBEFORGE_AUTH_TOKEN=TOKEN)


if __name__ == "__main__":
    unittest.main()
