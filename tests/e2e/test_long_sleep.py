"""A laptop's lid, with the daemon's own times (protocol 1.1)."""

import signal

from test_bridge_resume import BridgeCase
from waiting import pace

# Longer than any silence that the daemon allows (`heartbeat.timeout` and its
# adaptation), and shorter than `bridge.resume_grace`.
ASLEEP = 95


class LongSleepTest(BridgeCase):

    async def test_the_result_of_a_laptop_that_slept_for_95_s_arrives_once(
            self):
        daemon = self.daemon()
        bridge, sent = await self.at_work(daemon)
        bridge.signal(signal.SIGSTOP)
        self.task.finish()
        await self.task.finished(sent)
        await pace(ASLEEP)
        await self.is_connected(daemon, "disconnected")
        bridge.signal(signal.SIGCONT)
        await self.check_result(daemon, sent)
