"""Files that the daemon reads again when they change, while they cannot be
read: tokens, scoped tokens, certificates."""

import asyncio
import os
import resource
import ssl
import subprocess
import tempfile

from cases import AsyncCase
from client import get
from daemon import FEW_DESCRIPTORS, run
from raw import RawConnection
from regression import fails_at
from waiting import eventually

# Wrong tokens are many here; that they are slowed is another test's topic.
NOT_SLOWED = {"BRIDGEKEEPER_AUTH_FAILURE_DELAY": "0"}


class WatchedFileCase(AsyncCase):

    def allow_descriptors(self, daemon, count):
        """What is open stays open; no number from `count` on is given out
        before the test ends."""
        self.addCleanup(resource.prlimit, daemon.process.pid,
                        resource.RLIMIT_NOFILE, resource.prlimit(
                            daemon.process.pid, resource.RLIMIT_NOFILE))
        _, hard = resource.prlimit(daemon.process.pid,
                                   resource.RLIMIT_NOFILE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE,
                         (count, hard))

    def next_descriptor(self, daemon):
        """The lowest number that is free."""
        taken = {int(x) for x in os.listdir(f"/proc/{daemon.process.pid}/fd")}
        return next(i for i in range(len(taken) + 1) if i not in taken)

    async def status_on(self, connection, token, path="/control/agents"):
        """The status of a request on an open connection."""
        return (await self.ask_on(connection, token, path))[0]

    async def ask_on(self, connection, token, path):
        await connection.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n"
                              f"Authorization: Bearer {token}\r\n\r\n")
        status, _, body = await connection.receive_answer()
        return status, body.decode()

    async def open(self, daemon):
        return await self.given(await RawConnection.open(daemon))

    async def eventually_status(self, connection, token, status):
        async def is_so():
            return await self.status_on(connection, token) == status
        await eventually(is_so, f"the answer {status}")

    async def token(self, daemon, *arguments):
        outcome = await run("token", *arguments, "--data-dir",
                            str(daemon.directory))
        self.assertEqual(outcome.status, 0, outcome.stderr)
        return outcome.stdout.strip()


class TokenFilesTest(WatchedFileCase):

    @fails_at("8bd27b6")
    async def test_a_token_revoked_while_descriptors_are_short_is_refused(
            self):
        daemon = self.start_daemon(**NOT_SLOWED, **FEW_DESCRIPTORS)
        admin = await self.token(daemon, "new", "--label", "boss", "--scope",
                                 "admin")
        connection = await self.open(daemon)
        await self.eventually_status(connection, admin, 200)
        # The kernel gives out no descriptor but those that are closed again.
        self.allow_descriptors(daemon, self.next_descriptor(daemon))
        await self.token(daemon, "revoke", "boss")
        await self.eventually_status(connection, admin, 401)

    @fails_at("8bd27b6")
    async def test_a_token_file_that_could_not_be_read_is_tried_again(self):
        daemon = self.start_daemon(**NOT_SLOWED, **FEW_DESCRIPTORS)
        admin = await self.token(daemon, "new", "--label", "boss", "--scope",
                                 "admin")
        connection = await self.open(daemon)
        await self.eventually_status(connection, admin, 200)
        # Not even the reserve can be opened. (Fewer than 3, and poll fails.)
        self.allow_descriptors(daemon, 3)
        await self.token(daemon, "revoke", "boss")
        await daemon.logs("cannot be read")
        status, body = await self.ask_on(connection, "-", "/readyz")
        self.assertEqual(status, 200)
        self.assertIn("The file of scoped tokens cannot be used", body)
        self.allow_descriptors(daemon, 1024)
        await self.eventually_status(connection, admin, 401)
        _, body = await self.ask_on(connection, "-", "/readyz")
        self.assertEqual(body, '{"status":"ok"}')
        self.assertEqual(daemon.log().count("cannot be read"), 1)

    @fails_at("8bd27b6")
    async def test_plain_tokens_stay_while_their_file_cannot_be_read(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(directory, "plain")
        self.replace(path, "one\n")
        daemon = self.start_daemon(token=None, **NOT_SLOWED, **FEW_DESCRIPTORS,
                                   VIBEFORGE_AUTH_TOKEN_FILE=path)
        connection = await self.open(daemon)
        self.assertEqual(await self.status_on(connection, "one"), 200)
        self.allow_descriptors(daemon, 3)
        self.replace(path, "two\n")
        await daemon.logs("cannot read the token file")
        other = await self.ask_on(connection, "-", "/readyz")
        self.assertIn("The token file cannot be read", other[1])
        self.assertEqual(await self.status_on(connection, "one"), 200)
        self.allow_descriptors(daemon, 1024)
        await self.eventually_status(connection, "two", 200)
        self.assertEqual(await self.status_on(connection, "one"), 401)

    @fails_at("8bd27b6")
    async def test_a_token_file_that_goes_leaves_its_tokens(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(directory, "plain")
        self.replace(path, "one\n")
        daemon = self.start_daemon(token=None, **NOT_SLOWED,
                                   VIBEFORGE_AUTH_TOKEN_FILE=path)
        os.unlink(path)
        await daemon.logs("cannot read the token file")
        self.assertEqual((await get(daemon, "/health", token="one")).status,
                         200)
        answer = await get(daemon, "/control/agents", token="one")
        self.assertEqual(answer.status, 200)

    def replace(self, path, text):
        with open(path + ".new", "w") as file:
            file.write(text)
        os.replace(path + ".new", path)


class CertificateTest(WatchedFileCase):

    def make_pair(self, directory, name):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             f"/CN={name}", "-keyout", f"{directory}/{name}.key", "-out",
             f"{directory}/{name}.crt"], check=True, capture_output=True)
        return f"{directory}/{name}.crt", f"{directory}/{name}.key"

    async def shown(self, daemon):
        """The certificate that a new connection sees."""
        return await asyncio.to_thread(
            ssl.get_server_certificate, (daemon.host, daemon.port))

    @fails_at("8bd27b6")
    async def test_a_renewed_certificate_is_taken_once_it_can_be_read(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        first = self.make_pair(directory, "first")
        second = self.make_pair(directory, "second")
        paths = [f"{directory}/{x}" for x in ("live.crt", "live.key")]
        for source, path in zip(first, paths):
            os.link(source, path)
        daemon = self.start_daemon("--tls-certificate", paths[0], "--tls-key",
                                   paths[1], **FEW_DESCRIPTORS)
        context = ssl.create_default_context(cafile=first[0])
        context.check_hostname = False
        daemon.tls = context
        before = await self.shown(daemon)
        self.allow_descriptors(daemon, 3)
        for source, path in zip(second, paths):
            os.link(source, path + ".new")
            os.replace(path + ".new", path)
        await daemon.logs("Until then the previous")
        self.allow_descriptors(daemon, 1024)

        async def is_renewed():
            return await self.shown(daemon) != before
        await eventually(is_renewed, "the new certificate is shown")
        with open(second[1 - 1]) as file:
            self.assertEqual((await self.shown(daemon)).split(),
                             file.read().split())
        self.assertEqual(daemon.log().count("Until then the previous"), 1)
