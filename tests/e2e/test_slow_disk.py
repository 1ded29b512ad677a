"""What users see of a disk that synchronizes slowly."""

import re

from store_faults import StoreFaultCase
from waiting import eventually

TEXT = (r"The disk with the data directory is slow: of the commits in the "
        r"last minute, one in a hundred took longer than (\d+) ms")


class SlowDiskTest(StoreFaultCase):

    async def test_it_is_reported_after_a_minute(self):
        daemon = self.on_failing_disk()
        await self.worker(daemon, "a")
        self.disk.delay("s", 150)
        for _ in range(5):
            await self.accept(daemon)

        async def warned():
            status, body = await self.readiness(daemon)
            self.assertEqual(status, 200, body)
            return body.get("warnings")
        warning, = await eventually(warned, "a warning", 90)
        self.assertRegex(warning, f"^{TEXT}\\.$")
        self.assertGreaterEqual(int(re.match(TEXT, warning)[1]), 150)
        await daemon.logs(warning.removesuffix("."))
        self.disk.heal()
        await self.check_promises(daemon)
