"""The store commands: check, export, backup, vacuum, stats."""

import asyncio
import fcntl
import http.server
import json
import os
import pathlib
import stat
import subprocess
import tempfile
import threading
import unittest

from cases import AsyncCase
from client import post
from daemon import BINARY, TOKEN, environment, run
from store_files import (connect, damage_page_of, dispatch_id, make_store,
                         rows)

COMMANDS = (["check"], ["export"], ["backup", "copy.db"], ["vacuum"],
            ["stats"])


class StoreCase(AsyncCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="bridgekeeper-store-")
        self.addCleanup(directory.cleanup)
        self.folder = pathlib.Path(directory.name)
        self.data = self.folder / "data"
        self.data.mkdir()
        self.copy = self.folder / "copy.db"

    async def store(self, command, *arguments, **variables):
        return await run("store", command, "--data-dir", str(self.data),
                         *map(str, arguments), directory=self.folder,
                         **variables)

    async def check_that_all_fail(self, expected, commands=COMMANDS):
        for name, *arguments in commands:
            with self.subTest(name):
                outcome = await self.store(name, *arguments)
                self.assertEqual((outcome.status, outcome.stdout), (1, ""))
                self.assertEqual(outcome.stderr.count("\n"), 1)
                self.assertTrue(outcome.stderr.startswith(
                    f"bridgekeeper store {name}: {expected}"), outcome)
                self.assertFalse(self.copy.exists())

    def lock(self):
        """What a process that uses the store holds."""
        file = open(self.data / "store.db.lock", "w")
        self.addCleanup(file.close)
        fcntl.flock(file, fcntl.LOCK_EX)


class IntactStoreTest(StoreCase):

    def setUp(self):
        super().setUp()
        self.path = make_store(self.data, 40)

    async def test_check_says_what_was_checked(self):
        outcome = await self.store("check")
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        *checks, last = outcome.stdout.splitlines()
        self.assertEqual(last, f"The store {self.path} is intact.")
        self.assertEqual(len(checks), 11)
        for line in checks:
            self.assertRegex(line, "^ok      [ET]")

    async def test_export_prints_every_row_with_its_kind_first(self):
        outcome = await self.store("export")
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        lines = [json.loads(x) for x in outcome.stdout.splitlines()]
        self.assertEqual(lines[0], {"kind": "store", "schema": 4})
        self.assertTrue(all(next(iter(x)) == "kind" for x in lines))
        for kind, table in (("dispatch", "dispatches"), ("task", "tasks"),
                            ("result", "results"), ("event", "events"),
                            ("agent", "agents"), ("meta", "meta")):
            self.assertEqual(len([x for x in lines if x["kind"] == kind]),
                             rows(self.path, table), kind)
        newest = [x for x in lines if x["kind"] == "dispatch"][-1]
        self.assertEqual((newest["id"], newest["n"], newest["state"]),
                         (dispatch_id(41), 41, 0))

    async def test_export_writes_a_private_file_and_overwrites_none(self):
        target = self.folder / "store.jsonl"
        outcome = await self.store("export", "--output", target)
        self.assertEqual((outcome.status, outcome.stdout), (0, ""))
        lines = target.read_text().splitlines()
        self.assertEqual(
            outcome.stderr,
            f"{len(lines) - 1} rows were exported to {target}.\n")
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o600)
        target.write_text("mine")
        outcome = await self.store("export", "--output", target)
        self.assertEqual(outcome.status, 1)
        self.assertIn(f"The file {target} exists", outcome.stderr)
        self.assertEqual(target.read_text(), "mine")

    async def test_an_export_that_cannot_be_written_fails(self):
        with open("/dev/full", "w") as full:
            outcome = await asyncio.to_thread(
                subprocess.run,
                [BINARY, "store", "export", "--data-dir", self.data],
                env=environment(), stdout=full, stderr=subprocess.PIPE)
        self.assertEqual((outcome.returncode, outcome.stderr), (
            1, b"bridgekeeper store export: Standard output cannot be "
            b"written.\n"))
        outcome = await self.store("export", "--output",
                                   self.folder / "none" / "x")
        self.assertEqual(outcome.status, 1)
        self.assertIn("No such file or directory", outcome.stderr)

    async def test_backup_makes_a_private_copy(self):
        outcome = await self.store("backup", "copy.db")
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        self.assertRegex(
            outcome.stdout, rf"^The backup {self.copy} is complete: "
            r"[\d.]+ KiB in [\d.]+ s\.\n$")
        self.assertEqual(stat.S_IMODE(self.copy.stat().st_mode), 0o600)
        self.assertEqual(rows(self.copy, "dispatches"), 41)
        self.assertFalse((self.folder / "copy.db.partial").exists())

    async def test_a_backup_can_be_restored(self):
        await self.store("backup", "copy.db")
        for file in self.data.glob("store.db*"):
            file.unlink()
        self.copy.rename(self.path)
        self.assertEqual((await self.store("check")).status, 0)

    async def test_backup_overwrites_nothing(self):
        dangling = self.folder / "link"
        dangling.symlink_to(self.folder / "nowhere")
        for target in (self.copy, dangling, self.folder):
            with self.subTest(target):
                if target == self.copy:
                    target.write_text("mine")
                outcome = await self.store("backup", target)
                self.assertEqual((outcome.status, outcome.stdout), (1, ""))
                self.assertEqual(
                    outcome.stderr, f"bridgekeeper store backup: The file "
                    f"{target} exists, and a backup overwrites nothing. "
                    "Remove it, or name another file.\n")
        self.assertEqual(self.copy.read_text(), "mine")
        self.assertFalse((self.folder / "nowhere").exists())

    async def test_a_program_is_told_not_to_repeat_such_a_backup(self):
        daemon = self.start_daemon(BRIDGEKEEPER_STORE_DURABILITY="commit")
        for file in (self.path, self.folder / "none" / "copy.db"):
            answer = await post(daemon, "/control/store/backup",
                                {"file": str(file)})
            self.assertEqual(answer.status, 422, answer.body)
            self.assertIn(str(file), answer.json["detail"])
            self.assertEqual(answer.json["code"], "invalid_message")
            self.assertFalse(answer.json["retryable"])

    async def test_a_backup_needs_an_absolute_path(self):
        daemon = self.start_daemon(BRIDGEKEEPER_STORE_DURABILITY="commit")
        for file, complaint in (
                ("", "file: expected a path, got an empty text"),
                (f"{self.copy}\0b", "file: a path cannot contain NUL"),
                ("rel2.db", "file: the path must be absolute: start it "
                            "with /")):
            with self.subTest(file):
                answer = await post(daemon, "/control/store/backup",
                                    {"file": file})
                self.assertEqual(answer.status, 422, answer.body)
                (wrong,) = answer.json["detail"]
                self.assertEqual((wrong["loc"], wrong["msg"]),
                                 (["body", "file"], complaint))
        self.assertFalse(self.copy.exists())

    async def test_a_backup_into_a_missing_directory_fails(self):
        outcome = await self.store("backup", self.folder / "none" / "copy.db")
        self.assertEqual(outcome.status, 1)
        self.assertIn("No such file or directory", outcome.stderr)

    async def test_vacuum_returns_the_space_of_removed_rows(self):
        with connect(self.path) as db:
            db.execute("UPDATE tasks SET content = ? WHERE n = 1",
                       ("x" * 2_000_000,))
        with connect(self.path) as db:
            db.execute("UPDATE tasks SET content = 'short'")
        before = self.path.stat().st_size
        outcome = await self.store("vacuum")
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        self.assertRegex(
            outcome.stdout, rf"^The store {self.path} was vacuumed: "
            r"[\d.]+ MiB before, [\d.]+ KiB after\.\n$")
        self.assertLess(self.path.stat().st_size, before / 5)
        self.assertEqual(rows(self.path, "dispatches"), 41)
        self.assertEqual((await self.store("check")).status, 0)

    async def test_stats_shows_rows_sizes_and_ends(self):
        outcome = await self.store("stats")
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        for line in (rf"store   {self.path}", "schema  4", "starts  1",
                     r"file    [\d.]+ KiB \(4.0 KiB free\)", "WAL     0 B",
                     rf"oldest  {dispatch_id(1)}, 2026-11-30T00:53:21Z",
                     rf"newest  {dispatch_id(41)}, 2026-11-30T00:54:01Z",
                     "dispatches +41", "results +40", "completed +40",
                     "queued +1"):
            self.assertRegex(outcome.stdout, rf"(?m)^{line}$")

    async def test_stats_json_says_the_same(self):
        outcome = await self.store("stats", "--json")
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        self.assertEqual(outcome.stdout.count("\n"), 1)
        x = json.loads(outcome.stdout)
        self.assertEqual(x["path"], str(self.path))
        self.assertEqual((x["schema"], x["starts"]), (4, 1))
        self.assertEqual(x["file_bytes"], self.path.stat().st_size)
        # The page of an index that the third version of the schema replaces.
        self.assertEqual((x["free_bytes"], x["wal_bytes"]), (4096, 0))
        self.assertEqual(x["newest"], {
            "message_id": dispatch_id(41),
            "created_at": "2026-11-30T00:54:01.000000+00:00"})
        self.assertEqual(x["rows"]["dispatches"], 41)
        self.assertEqual(x["dispatches"], {"completed": 40, "queued": 1})

    async def test_a_store_without_dispatches_has_stats_too(self):
        for file in self.data.glob("store.db*"):
            file.unlink()
        make_store(self.data)
        with connect(self.path) as db:
            db.execute("DELETE FROM dispatches")
        x = json.loads((await self.store("stats", "--json")).stdout)
        self.assertEqual((x["oldest"], x["newest"]), (None, None))
        self.assertIn("\noldest  -\n", (await self.store("stats")).stdout)

    async def test_the_configuration_names_the_directory_as_for_serve(self):
        config = self.folder / "bridgekeeper.toml"
        config.write_text(f'[server]\ndata_dir = "{self.data}"\n')
        for variables, flags in (
                ({}, ["--config", str(config)]),
                ({"BRIDGEKEEPER_SERVER_DATA_DIR": str(self.data)}, [])):
            outcome = await run("store", "stats", *flags, **variables)
            self.assertEqual(outcome.status, 0, outcome)

    async def test_wrong_usage_is_exit_2(self):
        for arguments in ([], ["nonsense"], ["backup"], ["backup", ""],
                          ["check", "x"],
                          ["stats", "--nonsense"],
                          ["stats", "--config", "/nonexistent"]):
            with self.subTest(arguments):
                self.assertEqual((await run("store", *arguments)).status, 2)

    async def test_an_empty_name_of_a_backup_is_wrong_usage(self):
        outcome = await self.store("backup", "")
        self.assertEqual((outcome.status, outcome.stdout), (2, ""))
        self.assertIn("FILE: expected the name of a new file, got nothing",
                      outcome.stderr)


class UnusableStoreTest(StoreCase):

    async def test_a_directory_without_a_store_is_told(self):
        await self.check_that_all_fail(
            f"There is no store in {self.data}: it has no store.db. Name the "
            "daemon's data directory with --data-dir DIR.\n")
        self.assertEqual(list(self.data.iterdir()), [])

    async def test_a_store_of_a_later_version_is_refused(self):
        path = make_store(self.data, 3)
        with connect(path) as db:
            db.execute("PRAGMA user_version = 5")
        await self.check_that_all_fail(
            f"A later version of Bridgekeeper has written the store {path} "
            "(schema 5; this version knows 4).")

    async def test_a_file_of_another_program_is_refused(self):
        path = self.data / "store.db"
        with connect(path) as db:
            db.execute("CREATE TABLE x(y)")
        await self.check_that_all_fail(
            f"The file {path} belongs to another program.")

    async def test_a_file_that_is_no_database_is_refused(self):
        path = self.data / "store.db"
        path.write_bytes(os.urandom(20_000))
        await self.check_that_all_fail(
            f"The store's file is damaged ({path}: file is not a database).")


class DamagedStoreTest(StoreCase):

    def setUp(self):
        super().setUp()
        self.path = make_store(self.data, 400, content="a task " * 50)
        self.lost = damage_page_of(self.path, "tasks")

    async def test_check_finds_it(self):
        outcome = await self.store("check")
        self.assertEqual(outcome.status, 1)
        self.assertIn("BROKEN  The pages and indexes of the file are intact\n",
                      outcome.stdout)
        self.assertIn("ok      Every dispatch has a known state\n",
                      outcome.stdout)
        self.assertEqual(
            outcome.stderr, f"The store {self.path} is damaged. Restore a "
            "backup, or save what can be read with: bridgekeeper store export "
            "--output FILE\n")

    async def test_export_saves_the_rest_and_says_what_is_lost(self):
        outcome = await self.store("export")
        self.assertEqual(outcome.status, 1)
        lines = [json.loads(x) for x in outcome.stdout.splitlines()]
        saved = {x["n"] for x in lines if x["kind"] == "task"}
        self.assertEqual(len(saved), 401 - self.lost)
        missing = sorted(set(range(1, 402)) - saved)
        self.assertEqual(
            outcome.stderr, f"not readable: tasks, numbers {missing[0]} to "
            f"{missing[-1]}\nThe store is damaged: the rows above could not "
            "be read. All other rows were exported.\n")
        self.assertEqual(
            len([x for x in lines if x["kind"] == "dispatch"]), 401)

    async def test_a_vacuum_changes_nothing(self):
        before = self.path.read_bytes()
        outcome = await self.store("vacuum")
        self.assertEqual((outcome.status, outcome.stdout), (1, ""))
        self.assertEqual(
            outcome.stderr, "bridgekeeper store vacuum: The store's file is "
            f"damaged ({self.path}: database disk image is malformed). To see "
            "what is damaged, run: bridgekeeper store check\n")
        self.assertEqual(self.path.read_bytes(), before)

    async def test_rows_that_do_not_belong_together_are_damage_too(self):
        for file in self.data.glob("store.db*"):
            file.unlink()
        make_store(self.data, 5)
        with connect(self.path) as db:
            db.execute("DELETE FROM dispatches WHERE n = 3")
        outcome = await self.store("check")
        self.assertEqual(outcome.status, 1)
        self.assertIn("BROKEN  Every task belongs to a dispatch\n"
                      "        task 3\n", outcome.stdout)


class FakeDaemon(http.server.BaseHTTPRequestHandler):
    """Answers as the test wants."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.seen.append((self.path, self.headers["Authorization"],
                                 json.loads(self.rfile.read(length))))
        status, body = self.server.answer
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class StoreInUseTest(StoreCase):

    def setUp(self):
        super().setUp()
        self.path = make_store(self.data, 3)
        self.lock()

    def fake_daemon(self, status, body):
        server = http.server.HTTPServer(("127.0.0.1", 0), FakeDaemon)
        server.answer, server.seen = (status, body), []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(lambda: (server.shutdown(), thread.join(),
                                 server.server_close()))
        self.tell_address(f"127.0.0.1:{server.server_port}")
        (self.data / "token").write_text(TOKEN + "\n")
        (self.data / "token").chmod(0o600)
        return server

    def tell_address(self, address):
        (self.data / "daemon.json").write_text(
            json.dumps({"pid": 1, "listen": [address], "console": None}))

    async def test_reading_does_not_need_the_lock(self):
        for name in ("check", "export", "stats"):
            with self.subTest(name):
                self.assertEqual((await self.store(name)).status, 0)

    async def test_another_command_at_work_is_told(self):
        await self.check_that_all_fail(
            f"Another bridgekeeper uses the store {self.path}. Stop it",
            (["backup", "copy.db"], ["vacuum"]))

    async def test_a_daemon_is_asked_to_do_it(self):
        server = self.fake_daemon(200, {"status": "done"})
        # The address and token are those of the directory's daemon, whatever
        # the environment says about another one.
        elsewhere = {"BRIDGEKEEPER_URL": "http://127.0.0.1:1"}
        self.copy.write_bytes(b"x" * 2048)
        outcome = await self.store("backup", "copy.db", **elsewhere)
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        self.assertIn(f"The backup {self.copy} is complete: 2.0 KiB in ",
                      outcome.stdout)
        outcome = await self.store("vacuum", **elsewhere)
        self.assertEqual((outcome.status, outcome.stderr), (0, ""))
        self.assertIn("was vacuumed", outcome.stdout)
        self.assertEqual(server.seen, [
            ("/control/store/backup", f"Bearer {TOKEN}",
             {"file": str(self.copy)}),
            ("/control/store/vacuum", f"Bearer {TOKEN}", {})])

    async def test_a_daemon_that_cannot_do_it_says_why(self):
        self.fake_daemon(503, {"detail": "The disk is full."})
        for command in (["backup", "copy.db"], ["vacuum"]):
            outcome = await self.store(*command)
            self.assertEqual((outcome.status, outcome.stdout), (1, ""))
            self.assertIn("did not do it: The disk is full.", outcome.stderr)

    async def test_a_daemon_without_the_route_must_be_stopped(self):
        server = self.fake_daemon(404, {"detail": "Not Found"})
        outcome = await self.store("vacuum")
        self.assertEqual((outcome.status, outcome.stdout), (1, ""))
        self.assertEqual(
            outcome.stderr, "bridgekeeper store vacuum: The daemon at "
            f"127.0.0.1:{server.server_port} uses the store, and its version "
            "has no POST /control/store/vacuum. Stop the daemon and run the "
            "command again.\n")

    async def test_a_token_that_the_daemon_rejects_is_exit_4(self):
        self.fake_daemon(403, {"detail": "The token lacks the scope admin"})
        outcome = await self.store("vacuum")
        self.assertEqual((outcome.status, outcome.stdout), (4, ""))
        self.assertIn("lacks the scope admin", outcome.stderr)

    async def test_the_token_may_be_in_another_file(self):
        server = self.fake_daemon(200, {"status": "done"})
        token = self.folder / "operator"
        (self.data / "token").rename(token)
        self.copy.write_bytes(b"x")
        for command in (["backup", "copy.db"], ["vacuum"]):
            with self.subTest(command):
                refused = await self.store(*command)
                self.assertEqual(refused.status, 4)
                self.assertIn("--token-file", refused.stderr)
                outcome = await self.store(*command, "--token-file", token,
                                           BRIDGEKEEPER_TOKEN="another")
                self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual([x[1] for x in server.seen], [f"Bearer {TOKEN}"] * 2)

    async def test_without_a_token_the_daemon_is_not_asked(self):
        server = self.fake_daemon(200, {"status": "done"})
        (self.data / "token").unlink()
        self.assertEqual((await self.store("vacuum")).status, 4)
        self.assertEqual(server.seen, [])

    async def test_a_daemon_that_does_not_listen_is_exit_3(self):
        self.tell_address("127.0.0.1:1")
        outcome = await self.store("vacuum", BRIDGEKEEPER_TOKEN=TOKEN)
        self.assertEqual((outcome.status, outcome.stdout), (3, ""))
        self.assertIn("Cannot reach Bridgekeeper at 127.0.0.1:1",
                      outcome.stderr)


class DaemonLeftBehindTest(StoreCase):

    @unittest.skipUnless(os.geteuid() == 0, "only root can be another user")
    async def test_what_root_leaves_belongs_to_the_daemons_user(self):
        nobody = 65534
        path = make_store(self.data, 3)
        for file in (self.data, path):
            os.chown(file, nobody, nobody)
        for command in (["stats"], ["vacuum"], ["backup", "copy.db"],
                        ["check"]):
            self.assertEqual((await self.store(*command)).status, 0)
        self.assertIn(self.data / "store.db.lock", list(self.data.iterdir()))
        for file in self.data.iterdir():
            self.assertEqual(file.stat().st_uid, nobody, file)

    async def test_the_file_of_a_killed_daemon_is_no_obstacle(self):
        make_store(self.data, 3)
        (self.data / "daemon.json").write_text(json.dumps(
            {"pid": 1, "listen": ["127.0.0.1:1"], "console": None}))
        for command in (["backup", "copy.db"], ["vacuum"]):
            outcome = await self.store(*command)
            self.assertEqual(outcome.status, 0, outcome)
