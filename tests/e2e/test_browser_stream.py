"""A browser's event stream over a minute in which nothing happens."""

from browser_case import BrowserCase
from client import dispatch
from waiting import eventually, pace


class QuietStreamTest(BrowserCase):

    async def test_a_quiet_stream_is_the_same_one_after_a_minute(self):
        page = await self.page()
        bridge = await self.bridge()
        path = f"/control/agents/{bridge.agent_id}/events"
        await page.run("follow", path)
        for _ in range(12):
            await bridge.sync()
            await pace(5)
        answer = await dispatch(self.daemon, bridge.agent_id)
        await bridge.receive_dispatch()
        await bridge.respond(answer.json["message_id"], "done")

        async def has_ended():
            events = (await page.run("seen", path))["events"]
            return events[-1]["data"]["event_type"] == "agent_response"
        await eventually(has_ended, "the response is seen")
        seen = await page.run("seen", path)
        self.assertEqual((seen["opened"], seen["errors"], seen["open"]),
                         (1, 0, True))
        self.assertEqual([x["data"]["event_type"] for x in seen["events"]],
                         ["agent_connected", "task_dispatched",
                          "agent_response"])
