"""What keeps silent connections open, at the pace the contract names."""

import asyncio

from cases import DaemonCase
from raw import RawConnection
from waiting import Stopwatch


class KeepAliveTest(DaemonCase):

    async def test_a_silent_stream_gets_a_comment_every_15_seconds(self):
        bridge = await self.bridge()
        async with await RawConnection.open(self.daemon) as raw:
            await raw.send(
                f"GET /control/agents/{bridge.agent_id}/events HTTP/1.0\r\n"
                f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
            await raw.receive_until(b"\nevent: agent_event")
            await raw.receive_until(b"\n\n")
            watch = Stopwatch()
            comment, _ = await asyncio.gather(
                raw.receive_until(b"\n\n", 20), self.beat_meanwhile(bridge))
            self.assertTrue(comment.startswith(b":"), comment)
            self.assertGreater(watch.seconds, 10)

    async def beat_meanwhile(self, bridge):
        """Heartbeats are no events."""
        for _ in range(10):
            await bridge.sync()
