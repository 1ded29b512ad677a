"""GET /ws/agent-bridge/check/{id}: may this token register that agent?"""

import pathlib
import tempfile

from cases import AsyncCase
from client import get
from daemon import run
from scrape import scrape
from waiting import eventually


class CheckTest(AsyncCase):

    async def test_a_check_of_another_agent_is_counted_logged_and_audited(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        tokens = pathlib.Path(directory.name) / "tokens"
        made = await run("token", "new", "--label", "farm", "--scope", "bridge",
                         "--agent", "build-*", "--file", str(tokens))
        secret = made.stdout.strip()
        audit = pathlib.Path(directory.name) / "audit.log"
        daemon = self.start_daemon(
            VIBEFORGE_AUDIT_LOG_PATH=str(audit),
            BRIDGEKEEPER_AUTH_SCOPED_TOKEN_FILE=str(tokens))

        async def check(agent):
            return (await get(daemon, f"/ws/agent-bridge/check/{agent}",
                              token=secret)).status

        async def refusals():
            return (await scrape(daemon)).value(
                "bridgekeeper_tokens_refused_total", reason="missing_scope")

        self.assertEqual(await check("build-1"), 200)
        self.assertEqual(await check("shop-1"), 403)
        self.assertEqual(await refusals(), 1)

        def line():
            return [x for x in daemon.log_lines()
                    if x.get("reason") == "missing_scope"]
        await eventually(line, "a line about the check")
        self.assertIn("GET /ws/agent-bridge/check/shop-1 rejected: The token "
                      "is for agents named build-* (token farm)",
                      line()[0]["message"])
        await eventually(lambda: "missing_scope" in audit.read_text(),
                         "an entry about the check")
