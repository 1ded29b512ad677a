"""`bridgekeeper health`, which containers and monitors run."""

import json

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket
from daemon import Daemon, run
from waiting import eventually


class HealthTest(AsyncCase):

    async def test_a_daemon_that_accepts_work_is_healthy_without_a_token(self):
        daemon = self.start_daemon()
        outcome = await run("health", "--data-dir", str(daemon.directory))
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(json.loads(outcome.stdout)["status"], "ok")

    async def test_a_draining_daemon_is_alive_but_not_ready(self):
        daemon = Daemon().start()
        self.addCleanup(daemon.clean_up)
        self.addCleanup(daemon.kill)
        async with await Bridge.register(daemon, "a"), \
                await ControlSocket.open(daemon) as control:
            await control.dispatch("1", "a")
            await control.next("1")
            daemon.signal()

            async def is_unready():
                ready = await daemon.command("health")
                return ready.status == 1
            await eventually(is_unready, "the drain")
            live = await daemon.command("health", "--live")
            self.assertEqual(live.status, 0, live)

    async def test_a_daemon_that_is_not_there_cannot_be_reached(self):
        daemon = self.start_daemon()
        nobody = daemon.address.replace(str(daemon.port), "1")
        outcome = await run("health", "--url", f"http://{nobody}")
        self.assertEqual(outcome.status, 3, outcome)
        self.assertIn("Cannot reach Bridgekeeper", outcome.stderr)
