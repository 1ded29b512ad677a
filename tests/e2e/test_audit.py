"""The audit log of a whole daemon: what stands in it, and that it can be
trusted. The chain is checked by the program and, apart from it, by hashlib."""

import asyncio
import hashlib
import json
import os
import pathlib
import resource
import stat
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, dispatch, finished_record, get, post
from daemon import TOKEN, Daemon, run
from regression import fails_at
from waiting import eventually

ZEROS = "0" * 64


class AuditCase(AsyncCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "logs" / "audit.log"

    def audited(self, **variables):
        return {"VIBEFORGE_AUDIT_LOG_PATH": str(self.path), **variables}

    def files(self):
        """All files of the log, oldest first."""
        def age(path):
            return int(path.suffix[1:]) if path != self.path else 0
        return sorted(self.path.parent.glob("audit.log*"), key=age,
                      reverse=True)

    def lines(self):
        return [json.loads(line) for file in self.files()
                for line in file.read_bytes().splitlines()]

    def events(self):
        return [line["event"] for line in self.lines()]

    async def verify(self, *files):
        return await run("audit", "verify",
                         *(str(x) for x in files or self.files()))

    def check_by_hand(self):
        """As the documentation says that anybody can."""
        prev = ZEROS
        for file in self.files():
            for line in file.read_bytes().splitlines():
                fields = json.loads(line)
                self.assertEqual(hashlib.sha256(line[:-75]).hexdigest(),
                                 fields["hash"])
                self.assertEqual(fields["prev"], prev)
                prev = fields["hash"]

    async def work(self, daemon, agent, tasks):
        async with await Bridge.register(daemon, agent) as bridge, \
                await ControlSocket.open(daemon) as control:
            bridge.work()
            for number in range(tasks):
                await control.dispatch(str(number), agent, f"task {number}")
            for number in range(tasks):
                answer = await control.result(str(number))
                self.assertEqual(answer["type"], "response")


class AuditedEventsTest(AuditCase):

    async def test_what_happens_stands_in_the_log_and_no_token_does(self):
        daemon = Daemon(**self.audited()).start()
        self.addCleanup(daemon.kill)
        bridge = await self.given(await Bridge.register(daemon, "a"))
        answer = await dispatch(daemon, "a", "tell me")
        await bridge.receive_dispatch()
        await bridge.respond("another", "surprise")
        await bridge.respond(answer.json["message_id"], "done")
        await bridge.sync()
        for token in (False, "a-wrong-secret", TOKEN):
            await get(daemon, "/control/agents", token=token)
            await get(daemon, f"/control/agents?token={token}", token=False)
        async with await Bridge.connect(daemon, "b") as stranger:
            await stranger.send("register", auth_token="a-wrong-secret")
            await stranger.closed()
        # The bridge has to hear that it is told to go.
        await asyncio.to_thread(daemon.stop)

        self.assertEqual(
            [x for x in self.events() if x != "auth_failure"],
            ["auth_success", "agent_connected", "auth_success",
             "task_dispatched", "result_refused", "agent_disconnected"])
        failures = [x["metadata"]["reason"] for x in self.lines()
                    if x["event"] == "auth_failure"]
        self.assertEqual(failures, ["missing_token", "invalid_token",
                                    "invalid_token", "invalid_token",
                                    "invalid_token"])
        sent = next(x for x in self.lines() if x["event"] == "task_dispatched")
        self.assertEqual((sent["agent_id"], sent["ip"], sent["result"]),
                         ("a", "127.0.0.1", "success"))
        self.assertEqual(sent["metadata"], {
            "message_id": answer.json["message_id"],
            "content_preview": "tell me"})
        left = self.lines()[-1]
        self.assertEqual(left["event"], "agent_disconnected")
        self.assertEqual(left["metadata"]["reason"], "draining")
        text = self.path.read_text()
        self.assertNotIn(TOKEN, text)
        self.assertNotIn("a-wrong-secret", text)
        self.check_by_hand()

    async def test_only_the_owner_may_read_it(self):
        self.start_daemon(**self.audited())
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    async def test_at_the_level_warning_only_failures_stand_in_it(self):
        daemon = self.start_daemon(
            **self.audited(VIBEFORGE_AUDIT_LOG_LEVEL="WARNING"))
        await self.work(daemon, "a", 3)
        await get(daemon, "/control/agents", token=False)
        await eventually(self.events, "a failure is audited")
        self.assertEqual(self.events(), ["auth_failure"])

    async def test_without_a_path_nothing_is_audited(self):
        daemon = self.start_daemon()
        await self.work(daemon, "a", 1)
        self.assertEqual(self.files(), [])
        self.assertNotIn("audit-trail", await daemon.ask_console("actors"))

    @fails_at("8bd27b6")
    async def test_a_start_without_a_path_says_that_nothing_is_audited(self):
        daemon = self.start_daemon()
        await daemon.logs("nothing is audited")
        daemon = self.start_daemon(**self.audited())
        await daemon.logs("auditing to")
        self.assertNotIn("nothing is audited", daemon.log())

    @fails_at("8bd27b6")
    async def test_lines_have_the_field_names_of_the_replaced_server(self):
        daemon = self.start_daemon(**self.audited(
            VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="1",
            VIBEFORGE_RATE_LIMIT_IP_PER_MIN="7",
            VIBEFORGE_SESSION_COST_LIMIT_USD="2",
            VIBEFORGE_DAILY_COST_LIMIT_USD="9"))
        bridge = await self.given(await Bridge.register(
            daemon, "a", workdir="/srv"))
        await get(daemon, "/control/agents?x=y", token=False)
        await dispatch(daemon, "a")
        task = await bridge.receive_dispatch()
        await bridge.respond(task["message_id"], usage={"cost_usd": 2.5})
        # The cost counts when it is on record.
        await finished_record(daemon, task["message_id"])
        await dispatch(daemon, "a")
        other = await self.given(await Bridge.register(daemon, "b"))
        await dispatch(daemon, other.agent_id)
        wanted = {
            "auth_failure": {"path": "/control/agents", "method": "GET"},
            "auth_success": {"path": "/ws/agent-bridge"},
            "agent_connected": {"workdir": "/srv"},
            "task_cost_recorded": {
                "message_id": task["message_id"], "cost_added": 2.5,
                "session_total": 2.5, "daily_total": 2.5},
            "rate_limit_exceeded": {"agent_limit": 1, "ip_limit": 7},
            "cost_limit_exceeded": {
                "session_cost_usd": 2.5, "session_limit_usd": 2,
                "daily_cost_usd": 2.5, "daily_limit_usd": 9}}
        await eventually(lambda: wanted.keys() <= set(self.events()),
                         "a line of each kind")
        for event, fields in wanted.items():
            with self.subTest(event):
                line = next(x for x in self.lines() if x["event"] == event)
                self.assertLessEqual(fields.items(), line["metadata"].items())

    async def test_a_log_that_cannot_be_written_stops_the_start(self):
        outcome = await run("serve", "--listen", "127.0.0.1:0", "--console",
                            "off", "--data-dir", str(self.path.parent),
                            "--audit-log", "/proc/nothing/audit.log")
        self.assertEqual(outcome.status, 1)
        self.assertIn("Cannot write the audit log /proc/nothing/audit.log",
                      outcome.stderr)


class AuditChainTest(AuditCase):

    # The signal of such a limit, SIGXFSZ, ended the daemon.
    async def test_a_limit_of_file_size_stops_the_log_and_not_the_daemon(self):
        # The limit would stop the store as well.
        daemon = self.start_daemon(BRIDGEKEEPER_STORE_DURABILITY="none",
                                   BRIDGEKEEPER_LOG_LEVEL="warning",
                                   **self.audited())
        await self.work(daemon, "a", 100)
        whole = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        # The log on standard error, a file here, is far from it.
        limit = self.path.stat().st_size + 100
        self.assertLess(len(daemon.log()), limit / 2)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE,
                         (limit, resource.RLIM_INFINITY))
        await self.work(daemon, "a", 10)
        await daemon.logs("cannot be written: File too large")
        self.assertTrue(daemon.is_running())
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, whole)
        await self.work(daemon, "a", 1)
        await daemon.logs("can be written again")
        outcome = await self.verify()
        self.assertEqual(outcome.status, 0, outcome)

    async def test_rotation_under_load_keeps_a_chain_that_verifies(self):
        daemon = Daemon(**self.audited(
            VIBEFORGE_AUDIT_LOG_MAX_BYTES="20000",
            VIBEFORGE_AUDIT_LOG_BACKUP_COUNT="1000")).start()
        self.addCleanup(daemon.kill)
        await self.work(daemon, "a", 500)
        await self.work(daemon, "b", 500)
        daemon.stop()
        self.assertGreater(len(self.files()), 10)
        for file in self.files():
            self.assertLessEqual(file.stat().st_size, 20000)
        self.assertEqual(self.events().count("task_dispatched"), 1000)
        self.check_by_hand()
        outcome = await self.verify()
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn(f"The chain is intact: {len(self.lines())} lines.",
                      outcome.stdout)

    async def test_the_oldest_file_goes_and_verify_says_what_it_lacks(self):
        daemon = Daemon(**self.audited(
            VIBEFORGE_AUDIT_LOG_MAX_BYTES="10000",
            VIBEFORGE_AUDIT_LOG_BACKUP_COUNT="2")).start()
        self.addCleanup(daemon.kill)
        await self.work(daemon, "a", 200)
        daemon.stop()
        self.assertEqual([x.name for x in self.files()],
                         ["audit.log.2", "audit.log.1", "audit.log"])
        outcome = await self.verify()
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("Not checked: the lines before the first line of "
                      f"{self.path}.2", outcome.stdout)

    async def test_the_chain_goes_on_after_a_restart_and_after_a_kill(self):
        for end in ("kill", "stop", "stop"):
            daemon = Daemon(**self.audited()).start()
            self.addCleanup(daemon.clean_up)
            await self.work(daemon, "a", 20)
            getattr(daemon, end)()
        # What a power cut leaves.
        os.truncate(self.path, self.path.stat().st_size - 50)
        outcome = await self.verify()
        self.assertEqual(outcome.status, 1)
        self.assertIn("the line is cut short", outcome.stderr)
        daemon = Daemon(**self.audited()).start()
        self.addCleanup(daemon.kill)
        await self.work(daemon, "a", 1)
        daemon.stop()
        outcome = await self.verify()
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("cut short by a crash", outcome.stdout)

    async def test_one_changed_byte_is_named(self):
        daemon = Daemon(**self.audited()).start()
        self.addCleanup(daemon.kill)
        await self.work(daemon, "a", 20)
        daemon.stop()
        lines = self.path.read_bytes().splitlines(keepends=True)
        lines[9] = lines[9].replace(b'"task ', b'"tusk ')
        self.path.write_bytes(b"".join(lines))
        outcome = await self.verify()
        self.assertEqual(outcome.status, 1)
        self.assertIn(f"{self.path}:10: the line was changed", outcome.stderr)
        self.assertIn("the 9 lines before it are intact", outcome.stderr)

    async def test_verify_wants_files_that_exist(self):
        for files in ((), ("/nothing/here",)):
            outcome = await run("audit", "verify", *files)
            self.assertEqual(outcome.status, 2, outcome)


class LostAuditTest(AuditCase):
    """The trail dies, or its file cannot be written."""

    def make_unwritable(self):
        # Root may write any file, but no directory.
        os.rename(self.path, f"{self.path}.moved")
        self.path.mkdir()

    def make_writable(self):
        self.path.rmdir()

    async def do_something_audited(self, daemon):
        answer = await post(daemon, "/control/sessions", b"")
        self.assertEqual(answer.status, 200)

    @fails_at("8bd27b6")
    async def test_a_trail_that_dies_is_replaced_and_the_gap_is_told(self):
        daemon = self.start_daemon(**self.audited())
        await daemon.ask_console("kill-actor audit-trail")

        async def is_lost():
            return "lost" in (await get(daemon, "/readyz")).json.get(
                "audit", "")
        await eventually(is_lost, "the readiness tells it")
        await self.do_something_audited(daemon)

        async def is_well():
            return "audit" not in (await get(daemon, "/readyz")).json
        await eventually(is_well, "another trail")
        await self.do_something_audited(daemon)
        await eventually(lambda: "audit_gap" in self.events(), "a gap")
        self.check_by_hand()

    @fails_at("8bd27b6")
    async def test_readiness_tells_that_entries_are_lost(self):
        daemon = self.start_daemon(**self.audited())
        self.make_unwritable()
        await self.do_something_audited(daemon)

        async def audit():
            return (await get(daemon, "/readyz")).json.get("audit")
        self.assertEqual(await eventually(audit, "a word about it"), "lost")
        self.make_writable()
        await self.do_something_audited(daemon)

        async def is_well():
            return await audit() is None
        await eventually(is_well, "all is well again")

    @fails_at("8bd27b6")
    async def test_a_daemon_that_must_audit_stops_where_it_cannot(self):
        daemon = Daemon(**self.audited(
            BRIDGEKEEPER_AUDIT_REQUIRED="true")).start()
        self.addCleanup(daemon.clean_up)
        self.addCleanup(daemon.kill)
        self.make_unwritable()
        await self.do_something_audited(daemon)
        self.assertEqual(await asyncio.to_thread(daemon.process.wait, 15), 1)
        self.assertIn("audit.required is set", daemon.log())
