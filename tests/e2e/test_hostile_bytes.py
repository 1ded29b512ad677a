"""Hostile bytes on the wire: the daemon lives on, and so do others."""

import os
import random
import resource

from bystander import undisturbed
from cases import AsyncCase, DaemonCase
from client import agent_status
from daemon import FEW_DESCRIPTORS
from raw import PING, RawConnection, frame
from raw import upgrade_text
from waiting import eventually, pace


class HostileBytesTest(DaemonCase):
    flags = ("--request-timeout", "0.5", "--register-timeout", "1",
             "--io-threads", "2")

    async def raw(self, **options):
        return await self.given(
            await RawConnection.open(self.daemon, **options))

    async def upgraded(self):
        return await self.given(await RawConnection.upgraded(self.daemon))

    async def nobody_is_left(self):
        """Only the operator's own question is a connection now."""
        async def is_empty():
            rows = (await self.daemon.ask_console("threads")).splitlines()
            return sum(int(x.split()[1]) for x in rows[1:]) == 0
        await eventually(is_empty, "all connections are gone")

    async def test_random_garbage_hurts_nobody(self):
        generator = random.Random(7)
        async with undisturbed(self.daemon):
            for _ in range(200):
                raw = await self.raw()
                await raw.send_as_far_as_taken(
                    generator.randbytes(generator.randrange(1, 4096)))
                raw.close()

    async def test_garbage_after_the_upgrade_hurts_nobody(self):
        generator = random.Random(8)
        async with undisturbed(self.daemon):
            for _ in range(100):
                raw = await self.upgraded()
                await raw.send_as_far_as_taken(
                    generator.randbytes(generator.randrange(1, 4096)))
                raw.close()

    async def test_half_frames_and_half_requests_hurt_nobody(self):
        halves = [frame("x" * 1000)[:cut] for cut in (1, 2, 5, 8, 500)]
        whole = upgrade_text("/ws/agent-bridge")
        async with undisturbed(self.daemon):
            for half in halves:
                raw = await self.upgraded()
                await raw.send(half)
                raw.close()
            for cut in range(1, len(whole), 7):
                raw = await self.raw()
                await raw.send(whole[:cut])
                raw.close()

    async def test_connections_that_say_nothing_are_closed(self):
        async with undisturbed(self.daemon):
            connections = [await self.raw() for _ in range(100)]
            for raw in connections:
                self.assertEqual(await raw.receive_all(), b"")

    async def test_headers_that_trickle_in_are_cut_off(self):
        async with undisturbed(self.daemon):
            connections = [await self.raw() for _ in range(50)]
            for raw in connections:
                await raw.send("GET /health HTTP/1.1\r\n")

            async def all_are_cut():
                left = []
                for raw in connections:
                    if await raw.send_as_far_as_taken("X: y\r\n"):
                        left.append(raw)
                connections[:] = left
                await pace(0.05)
                return not left
            await eventually(all_are_cut, "nobody may go on", 10)

    async def test_a_storm_of_pings_is_survived(self):
        async with undisturbed(self.daemon):
            raw = await RawConnection.registered(self.daemon, "pinger",
                                                 receive_buffer=4096)
            await self.given(raw)
            # Nobody reads the pongs.
            await raw.send(frame(os.urandom(100), PING) * 5000)
            self.assertEqual(await agent_status(self.daemon, "pinger"),
                             "connected")

    async def test_after_all_that_no_connection_is_left_over(self):
        for _ in range(20):
            raw = await self.raw()
            await raw.send(os.urandom(100))
            raw.close()
            raw = await self.upgraded()
            await raw.send(os.urandom(100))
            raw.close()
        await self.nobody_is_left()


class ConnectionLimitTest(AsyncCase):

    async def test_connections_over_the_limit_get_503(self):
        daemon = self.start_daemon("--max-connections", "3")
        held = [await RawConnection.open(daemon) for _ in range(3)]
        # Connections without a good token would make room.
        for raw in held:
            await raw.send("GET /control/agents HTTP/1.1\r\nHost: x\r\n"
                           f"X-Auth-Token: {daemon.token}\r\n\r\n")
            self.assertEqual((await raw.receive_answer())[0], 200)
        async with await RawConnection.open(daemon) as extra:
            status, headers, _ = await extra.receive_answer()
            self.assertEqual(status, 503)
            self.assertIn("retry-after", headers)
        held.pop().close()

        async def is_let_in():
            async with await RawConnection.open(daemon) as raw:
                await raw.send_as_far_as_taken(
                    "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                try:
                    return (await raw.receive_answer())[0] == 200
                except (EOFError, ConnectionError):
                    return False
        await eventually(is_let_in, "room for another connection")
        for raw in held:
            raw.close()

    async def test_running_out_of_file_descriptors_is_survived(self):
        daemon = self.start_daemon(**FEW_DESCRIPTORS)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE,
                         (64, 64))
        held = [await RawConnection.open(daemon) for _ in range(100)]
        for raw in held:
            raw.close()
        async with await RawConnection.open(daemon) as raw:
            await raw.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual((await raw.receive_answer())[0], 200)
