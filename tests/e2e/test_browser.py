"""A control panel in a browser, on an origin of its own: what a script gets to
see, which is less than what goes over the wire."""

from bridge import Bridge
from browser import PageError
from browser_case import BrowserCase
from client import error_of, get
from waiting import eventually

RATES = [f"x-ratelimit-{what}-{whose}" for whose in ("agent", "ip")
         for what in ("limit", "remaining", "reset")]


def error_in(answer):
    return error_of(answer["body"], answer["headers"].get("retry-after"))


class PanelTest(BrowserCase):

    async def succeed(self, page, *request):
        answer = await page.call(*request)
        self.assertEqual(answer["status"], 200, answer)
        return answer["body"]

    async def test_every_call_of_the_panel_is_answered_across_origins(self):
        page = await self.page()
        bridge = (await self.bridge()).work()
        agent = f"/control/agents/{bridge.agent_id}"
        context = await self.succeed(page, "GET", "/control/context")
        made = await self.succeed(
            page, "POST", "/control/agents/register",
            {"name": "From a page", "endpoint_url": "http://localhost:1"})
        self.assertRegex(made["agent"]["agent_id"], "^from-a-page-[0-9a-f]{6}$")
        agents = await self.succeed(page, "GET", "/control/agents")
        self.assertLessEqual(
            {bridge.agent_id, made["agent"]["agent_id"]},
            {x["agent_id"] for x in agents["agents"]})
        sent = await self.succeed(page, "POST", f"{agent}/dispatch",
                                  {"content": "grüße", "context": {}})
        self.assertEqual(sent["status"], "dispatched")

        async def is_done():
            task = await self.succeed(page, "GET", f"{agent}/task")
            return task["status"] == "completed"
        await eventually(is_done, "the task is completed")
        more = await self.succeed(page, "POST", f"{agent}/followup",
                                  {"content": "and then?"})
        self.assertEqual(more["message"], "Follow-up dispatched")
        session = await self.succeed(page, "POST", "/control/sessions")
        self.assertEqual(session["phase"], "QUESTIONNAIRE")
        events = f"/control/sessions/{context['control_session_id']}/events"
        found = await self.succeed(
            page, "GET", f"{events}/filter?event_type=task_dispatched"
                         f"&agent_id={bridge.agent_id}&limit=1")
        self.assertEqual(found["total"], 1)
        self.assertEqual(found["events"][0]["metadata"]["message_id"],
                         more["message_id"])

    async def test_a_page_follows_an_agent_and_its_session(self):
        page = await self.page()
        bridge = await self.bridge()
        context = await self.succeed(page, "GET", "/control/context")
        of_agent = f"/control/agents/{bridge.agent_id}/events"
        of_session = f"/control/sessions/{context['control_session_id']}/events"
        for path in (of_agent, of_session):
            await page.run("follow", path)
        sent = await self.succeed(
            page, "POST", f"/control/agents/{bridge.agent_id}/dispatch",
            {"content": "do it"})
        await bridge.progress(sent["message_id"], progress_text="half")
        await bridge.respond(sent["message_id"], "grüße")
        life = ["task_dispatched", "agent_progress", "agent_response"]
        for path, name in ((of_agent, "agent_event"),
                           (of_session, "session_event")):
            with self.subTest(path):
                told = await self.told(page, path, sent["message_id"], life)
                self.assertEqual([x["data"]["event_type"] for x in told], life)
                self.assertEqual({x["name"] for x in told}, {name})
                self.assertEqual(told[-1]["data"]["metadata"]["content"],
                                 "grüße")
                stamps = [x["data"]["timestamp"] for x in told]
                self.assertEqual(stamps, sorted(set(stamps)))
                seen = await page.run("seen", path)
                self.assertEqual((seen["opened"], seen["errors"],
                                  seen["open"]), (1, 0, True))

    async def told(self, page, path, message_id, life):
        """The events about one dispatch, once its life is over."""
        async def all_told():
            events = (await page.run("seen", path))["events"]
            ours = [x for x in events
                    if x["data"]["metadata"].get("message_id") == message_id]
            return ours if len(ours) >= len(life) else None
        return await eventually(all_told, f"{path} tells of {life}")

    async def test_a_429_shows_its_body_and_its_rates(self):
        daemon = self.start_daemon(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="1")
        await self.given(await Bridge.register(daemon, "alpha"))
        page = await self.page(daemon=daemon)
        task = ("POST", "/control/agents/alpha/dispatch", {"content": "do it"})
        await self.succeed(page, *task)
        answer = await page.call(*task)
        self.assertEqual((answer["status"], error_in(answer)),
                         (429, {"detail": "Rate limit exceeded"}))
        self.assertLessEqual({*RATES, "retry-after"}, set(answer["headers"]))
        self.assertEqual([answer["headers"][x] for x in RATES[:2]], ["1", "0"])

    async def test_a_401_shows_its_body(self):
        page = await self.page(token="wrong")
        answer = await page.call("GET", "/control/agents")
        self.assertEqual(
            (answer["status"], error_in(answer)),
            (401, {"detail": "Invalid authentication token"}))

    async def test_a_stream_with_a_wrong_token_does_not_open(self):
        page = await self.page(token="wrong")
        await self.assert_shut(page, "/control/agents/nobody/events")

    async def test_a_page_of_a_foreign_origin_is_kept_out(self):
        page = await self.page(self.foreign)
        bridge = await self.bridge()
        agent = f"/control/agents/{bridge.agent_id}"
        for request in (("GET", "/control/context"),
                        ("POST", f"{agent}/dispatch", {"content": "do it"})):
            with self.assertRaisesRegex(PageError, "Failed to fetch"):
                await page.call(*request)
        await self.assert_shut(page, f"{agent}/events")
        # Nothing but the echo reached the agent.
        await bridge.sync()
        self.assertEqual((await get(self.daemon, f"{agent}/task")).json[
            "status"], "idle")

    async def assert_shut(self, page, path):
        await page.run("follow", path)

        async def has_failed():
            return (await page.run("seen", path))["errors"]
        await eventually(has_failed, f"{path} fails")
        seen = await page.run("seen", path)
        self.assertEqual((seen["opened"], seen["events"]), (0, []))
