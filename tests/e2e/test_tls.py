"""TLS: what is spoken, who is trusted, and certificates that change."""

import asyncio
import hashlib
import json
import pathlib
import shutil
import signal
import ssl
import stat
import subprocess
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import ControlSocket, agent_status, dispatch, get
from daemon import BINARY, TOKEN, Daemon, environment, run
from waiting import eventually, within

OURS = "--tls-self-signed"


def certificate_of(daemon):
    return daemon.directory / "tls-certificate.pem"


def trusting(path):
    return ssl.create_default_context(cafile=str(path))


def fingerprint_of(path):
    der = ssl.PEM_cert_to_DER_cert(pathlib.Path(path).read_text())
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, 64, 2))


def shown_by(daemon):
    """The fingerprint a new connection is shown."""
    pem = ssl.get_server_certificate((daemon.host, daemon.port))
    der = ssl.PEM_cert_to_DER_cert(pem)
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, 64, 2))


async def curl(*arguments):
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--show-error", "--max-time", "15", *arguments,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    out, err = await within(process.communicate(), "curl's end", 20)
    return process.returncode, out.decode(), err.decode()


class SelfSignedTest(DaemonCase):
    flags = (OURS,)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon.tls = trusting(certificate_of(cls.daemon))

    # -- what is spoken -------------------------------------------------------

    async def test_curl_is_answered_over_https(self):
        url = self.daemon.http_url("/health")
        status, out, err = await curl(
            "--cacert", str(certificate_of(self.daemon)), "--include", url)
        self.assertEqual(status, 0, err)
        self.assertTrue(out.startswith("HTTP/1.1 200 OK"), out)

    async def test_curl_trusts_it_by_its_name_too(self):
        status, _, err = await curl(
            "--cacert", str(certificate_of(self.daemon)),
            f"https://localhost:{self.daemon.port}/health")
        self.assertEqual(status, 0, err)

    async def test_curl_does_not_trust_it_by_itself(self):
        status, _, _ = await curl(self.daemon.http_url("/health"))
        self.assertEqual(status, 60)

    async def test_a_bridge_works_over_wss(self):
        bridge = (await self.bridge()).work(progress=2)
        answer = await dispatch(self.daemon, bridge.agent_id, "x" * 9000,
                                query="?wait=10")
        self.assertEqual((answer.status, answer.json["content"]),
                         (200, "x" * 9000))

    async def test_a_program_works_over_wss(self):
        bridge = (await self.bridge()).work()
        control = await self.control()
        await asyncio.gather(*(
            control.dispatch(str(i), bridge.agent_id, f"task {i}")
            for i in range(50)))
        for i in range(50):
            result = await control.result(str(i))
            self.assertEqual(result["content"], f"task {i}")

    async def test_an_event_stream_comes_over_https(self):
        bridge = await self.bridge()
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--no-buffer", "--cacert",
            str(certificate_of(self.daemon)), "--header",
            f"Authorization: Bearer {TOKEN}",
            self.daemon.http_url(f"/control/agents/{bridge.agent_id}/events"),
            stdout=subprocess.PIPE)
        try:
            async for line in process.stdout:
                if b'"agent_connected"' in line:
                    break
            await dispatch(self.daemon, bridge.agent_id)
            async for line in process.stdout:
                if b'"task_dispatched"' in line:
                    break
            else:
                self.fail("the stream ended")
        finally:
            process.kill()
            await process.communicate()

    async def test_a_large_frame_comes_whole(self):
        bridge = await self.bridge()
        waiting = asyncio.create_task(dispatch(
            self.daemon, bridge.agent_id, query="?wait=15"))
        task = await bridge.receive_dispatch()
        content = "y" * 3_000_000
        await bridge.respond(task["message_id"], content)
        self.assertEqual((await waiting).json["content"], content)

    # -- what is not ----------------------------------------------------------

    async def test_plain_http_is_told_what_is_spoken_here(self):
        status, out, _ = await curl(
            "--include", f"http://{self.daemon.address}/health")
        self.assertEqual(status, 0)
        self.assertIn("HTTP/1.1 400 Bad Request", out)
        self.assertIn('"This port speaks TLS: use https:// or wss://"', out)

    async def test_tls_1_1_is_refused(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError) as refusal:
            await asyncio.open_connection(self.daemon.host, self.daemon.port,
                                          ssl=context)
        self.assertIn("PROTOCOL_VERSION", refusal.exception.reason)

    # -- the pair -------------------------------------------------------------

    async def test_its_fingerprint_is_printed(self):
        printed = (self.daemon.directory / "stdout.log").read_text()
        self.assertIn(fingerprint_of(certificate_of(self.daemon)), printed)

    async def test_its_key_is_private(self):
        mode = (self.daemon.directory / "tls-key.pem").stat().st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    # -- our own commands -----------------------------------------------------

    def elsewhere(self, *arguments):
        """A command that does not find the daemon by its directory."""
        return run("agents", "--data-dir", "/nowhere", "--url",
                   self.daemon.http_url("/"), *arguments,
                   VIBEFORGE_AUTH_TOKEN=TOKEN)

    async def test_a_command_trusts_the_daemon_of_its_data_directory(self):
        outcome = await self.daemon.command("agents")
        self.assertEqual(outcome.status, 0, outcome)

    async def test_a_command_elsewhere_wants_to_be_told_whom_to_trust(self):
        printed = fingerprint_of(certificate_of(self.daemon))
        outcome = await self.elsewhere()
        self.assertEqual(outcome.status, 3)
        self.assertIn("is not trusted", outcome.stderr)
        self.assertIn(f"--tls-fingerprint {printed}", outcome.stderr)
        outcome = await self.elsewhere("--tls-fingerprint", printed)
        self.assertEqual(outcome.status, 0, outcome)
        outcome = await self.elsewhere(
            "--ca", str(certificate_of(self.daemon)))
        self.assertEqual(outcome.status, 0, outcome)
        outcome = await self.elsewhere("--tls-fingerprint", "0" * 64)
        self.assertEqual(outcome.status, 3)
        self.assertIn("is not the expected one", outcome.stderr)

    async def test_a_command_that_speaks_plainly_is_told(self):
        outcome = await run(
            "agents", "--data-dir", "/nowhere", "--url",
            f"http://{self.daemon.address}", VIBEFORGE_AUTH_TOKEN=TOKEN)
        self.assertEqual(outcome.status, 3)
        self.assertIn("This port speaks TLS", outcome.stderr)

    async def test_our_own_bridge_works_over_tls(self):
        process = await asyncio.create_subprocess_exec(
            BINARY, "bridge", "--data-dir", str(self.daemon.directory),
            "--id", self.agent_name(), "--exec", "tr a-z A-Z",
            env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL)
        try:
            async def connected():
                return await agent_status(
                    self.daemon, self.agent_name()) == "connected"
            await eventually(connected, "the bridge's registration")
            outcome = await self.daemon.command(
                "dispatch", self.agent_name(), "hello", "--wait")
            self.assertEqual((outcome.status, outcome.stdout), (0, "HELLO\n"))
        finally:
            process.terminate()
            await within(process.wait(), "the bridge's end")


class RestartTest(AsyncCase):

    async def test_the_self_signed_pair_is_used_again(self):
        directory = tempfile.mkdtemp(prefix="bridgekeeper-e2e-")
        self.addCleanup(shutil.rmtree, directory, True)
        shown = []
        for _ in range(2):
            daemon = Daemon(OURS, directory=directory).start()
            try:
                shown.append(shown_by(daemon))
            finally:
                daemon.stop()
        self.assertEqual(shown[0], shown[1])


class PairCase(AsyncCase):
    """Has pairs of certificate and key to choose from."""

    @classmethod
    def setUpClass(cls):
        cls.pairs = []
        for _ in range(2):
            maker = Daemon(OURS).start()
            cls.addClassCleanup(maker.clean_up)
            try:
                maker.signal()
                maker.wait_for_end()
            finally:
                maker.kill()
            cls.pairs.append(maker.directory)

    def setUp(self):
        super().setUp()
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="bridgekeeper-e2e-"))
        self.addCleanup(shutil.rmtree, self.files, True)
        self.certificate = self.files / "certificate.pem"
        self.key = self.files / "key.pem"
        self.install(0)

    def install(self, number):
        shutil.copy(self.pairs[number] / "tls-key.pem", self.key)
        shutil.copy(self.pairs[number] / "tls-certificate.pem",
                    self.certificate)

    def start(self, *flags):
        daemon = self.start_daemon("--tls-certificate", str(self.certificate),
                                   "--tls-key", str(self.key), *flags)
        daemon.tls = trusting(self.pairs[0] / "tls-certificate.pem")
        daemon.tls.load_verify_locations(
            str(self.pairs[1] / "tls-certificate.pem"))
        return daemon


class ReloadTest(PairCase):

    async def shows(self, daemon, number):
        expected = fingerprint_of(self.pairs[number] / "tls-certificate.pem")

        async def is_shown():
            return await asyncio.to_thread(shown_by, daemon) == expected
        await eventually(is_shown, "the other certificate")

    async def test_a_new_pair_under_load_drops_no_link(self):
        daemon = self.start()
        bridges = [(await self.given(await Bridge.register(
            daemon, f"agent-{i}"))).work(progress=1) for i in range(10)]
        control = await self.given(await ControlSocket.open(daemon))
        done = asyncio.Event()
        finished = 0

        async def load(agent):
            nonlocal finished
            number = 0
            while not done.is_set():
                number += 1
                request = f"{agent}-{number}"
                await control.dispatch(request, agent, request)
                result = await control.result(request)
                self.assertEqual((result["type"], result["content"]),
                                 ("response", request))
                finished += 1
        work = [asyncio.create_task(load(x.agent_id)) for x in bridges]
        for number in (1, 0, 1):
            before = finished
            self.install(number)
            await self.shows(daemon, number)
            await eventually(lambda: finished > before, "work going on")
        done.set()
        await asyncio.gather(*work)
        self.assertTrue(all(x.is_open() for x in bridges))
        self.assertTrue(control.is_open())
        # Who comes now is served with the new one.
        outcome = await daemon.command("agents")
        self.assertEqual(outcome.status, 0, outcome)

    async def test_a_bad_pair_leaves_the_old_one_standing(self):
        daemon = self.start()
        shutil.copy(self.pairs[1] / "tls-key.pem", self.key)
        await daemon.logs("does not belong to the certificate")
        await self.shows(daemon, 0)
        self.assertEqual((await get(daemon, "/health")).status, 200)
        # Said once, not twice a second.
        self.install(1)
        await self.shows(daemon, 1)
        self.assertEqual(daemon.log().count("does not belong"), 1)


class ChangeTest(PairCase):
    """SIGHUP with a configuration that names other files."""

    def write(self, certificate, token):
        self.config.write_text(
            f"[tls]\ncertificate = '{certificate}'\nkey = '{self.key}'\n"
            f"[auth]\ntokens = ['{token}']\nfailure_delay = 0\n")

    def about(self):
        return json.loads((self.daemon.directory / "daemon.json").read_text())

    async def reload(self, certificate, token):
        before = len(self.daemon.log())
        self.write(certificate, token)
        self.daemon.signal(signal.SIGHUP)
        await eventually(
            lambda: "tokens reloaded" in self.daemon.log()[before:],
            "the reload is over")
        return self.daemon.log()[before:]

    async def status(self, token):
        return (await get(self.daemon, "/control/agents", token=token)).status

    async def assert_refused(self, certificate, *expected):
        log = await self.reload(certificate, "two")
        for text in (*expected, "the previous configuration stays in use"):
            self.assertIn(text, log)
        self.assertNotIn("configuration reloaded", log)
        # None of it counts, and our own commands still find their way.
        self.assertEqual(await self.status("two"), 401)
        self.assertEqual(await self.status("one"), 200)
        self.assertEqual(self.about()["certificate"], str(self.certificate))
        outcome = await self.daemon.command("agents",
                                            VIBEFORGE_AUTH_TOKEN="one")
        self.assertEqual(outcome.status, 0, outcome)

    async def test_a_certificate_that_cannot_be_used_changes_nothing(self):
        self.config = self.files / "config.toml"
        self.write(self.certificate, "one")
        self.daemon = self.start_daemon("--config", str(self.config),
                                        token=None)
        self.daemon.tls = trusting(self.certificate)
        missing = self.files / "missing.pem"
        await self.assert_refused(missing, str(missing), "tls.certificate")
        foreign = self.pairs[1] / "tls-certificate.pem"
        await self.assert_refused(foreign, "does not belong", "tls.certificate")
        rubbish = self.files / "rubbish.pem"
        rubbish.write_text("rubbish")
        await self.assert_refused(rubbish, str(rubbish), "tls.certificate")
        # And then one that can be used is.
        moved = shutil.copy(self.certificate, self.files / "moved.pem")
        log = await self.reload(moved, "two")
        self.assertIn("configuration reloaded", log)
        self.assertEqual(await self.status("two"), 200)
        self.assertEqual(self.about()["certificate"], str(moved))


class StartTest(PairCase):

    async def assert_does_not_start(self, *expected):
        daemon = Daemon("--tls-certificate", str(self.certificate),
                        "--tls-key", str(self.key)).launch()
        self.addCleanup(daemon.clean_up)
        self.addCleanup(daemon.kill)
        self.assertEqual(daemon.process.wait(15), 1)
        for text in expected:
            self.assertIn(text, daemon.log())

    async def test_a_missing_certificate_is_named(self):
        self.certificate.unlink()
        await self.assert_does_not_start(
            str(self.certificate), "No such file", "tls.certificate")

    async def test_a_key_of_another_certificate_is_named(self):
        shutil.copy(self.pairs[1] / "tls-key.pem", self.key)
        await self.assert_does_not_start(
            str(self.key), "does not belong to the certificate",
            str(self.certificate))


class ClientCertificateTest(PairCase):

    def setUp(self):
        super().setUp()
        self.friend = self.pairs[1] / "tls-certificate.pem"
        self.friend_key = self.pairs[1] / "tls-key.pem"
        config = self.files / "config.toml"
        config.write_text(f'[tls]\nclient_certificates = "required"\n'
                          f'client_ca = "{self.friend}"\n')
        self.daemon = self.start("--config", str(config))

    async def test_curl_is_let_in_with_one_alone(self):
        url = self.daemon.http_url("/health")
        known = ("--cacert", str(self.certificate))
        status, _, _ = await curl(*known, url)
        self.assertEqual(status, 56)
        status, _, err = await curl(*known, "--cert", str(self.friend),
                                    "--key", str(self.friend_key), url)
        self.assertEqual(status, 0, err)

    async def test_a_certificate_does_not_replace_the_token(self):
        self.daemon.tls.load_cert_chain(self.friend, self.friend_key)
        answer = await get(self.daemon, "/control/agents", token=False)
        self.assertEqual(answer.status, 401)
        answer = await get(self.daemon, "/control/agents")
        self.assertEqual(answer.status, 200)

    async def test_our_own_commands_show_theirs(self):
        outcome = await self.daemon.command("agents")
        self.assertEqual(outcome.status, 3, outcome)
        outcome = await self.daemon.command(
            "agents", "--tls-certificate", str(self.friend),
            "--tls-key", str(self.friend_key))
        self.assertEqual(outcome.status, 0, outcome)
