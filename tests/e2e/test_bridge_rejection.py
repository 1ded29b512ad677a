"""What a bridge says that has no token, or one that the daemon rejects."""

import pathlib
import tempfile

from cases import DaemonCase
from daemon import run
from test_tls import OURS, certificate_of, fingerprint_of


class RejectionTest(DaemonCase):
    flags = (OURS,)

    async def test_a_rejected_token_is_named_at_the_first_attempt_over_tls(
            self):
        times = 3
        for _ in range(times):
            outcome = await run(
                "bridge", "--id", self.agent_name(), "--exec", "cat", "--url",
                f"wss://{self.daemon.host}:{self.daemon.port}",
                "--tls-fingerprint",
                fingerprint_of(certificate_of(self.daemon)),
                BRIDGEKEEPER_TOKEN="a-token-that-is-not-valid")
            self.assertEqual(outcome.status, 4, outcome.stderr)
            self.assertIn("did not accept the token", outcome.stderr)
            self.assertNotIn("trying again", outcome.stderr)
        await self.daemon.logs("a bridge was rejected", times)
        self.assertEqual(self.daemon.log().count("a bridge was rejected"),
                         times)

    async def test_a_service_without_a_token_names_the_file_that_lacks_it(
            self):
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        flags = directory / "shop-1.toml"
        flags.write_text('id = "shop-1"\nexec = "cat"\n')
        # systemd ignores a line that is no assignment.
        (directory / "shop-1.env").write_text("a-bare-token\n")
        outcome = await run("bridge", "--config", str(flags), "--data-dir",
                            str(directory / "none"))
        self.assertEqual(outcome.status, 4, outcome.stderr)
        self.assertIn(f"BRIDGEKEEPER_TOKEN=… into {directory}/shop-1.env",
                      outcome.stderr)
