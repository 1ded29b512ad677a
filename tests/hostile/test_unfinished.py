"""Things that are begun and never finished, by how much memory they take."""

import asyncio
import contextlib
import json
import socket

from bridge import Bridge
from cases import AsyncCase
from daemon import SANITIZED
from raw import PONG, RawConnection, frame, register_text, upgrade_text
from regression import fails_at
from waiting import eventually, pace

MEBIBYTE = 1024 * 1024

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
OF_EACH_ADDRESS = 60

# A first frame may have 512 KiB.
FIRST_FRAME = 500 * 1024

# What each connection costs by itself, and what the allocator rounds up.
SLACK = 24 * MEBIBYTE * (4 if SANITIZED else 1)


async def visitor(daemon, address):
    """A connection from this address that has upgraded to a bridge's."""
    sock = socket.socket()
    sock.bind((address, 0))
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(
        sock, (daemon.host, daemon.port))
    connection = RawConnection(sock)
    await connection.send(upgrade_text("/ws/agent-bridge"))
    head = await connection.receive_until(b"\r\n\r\n")
    assert b" 101 " in head, head
    return connection


class UnfinishedTest(AsyncCase):

    async def sends(self, connection, data):
        """Sends while the daemon reads; how it ends does not matter."""
        with contextlib.suppress(OSError, AssertionError):
            await connection.send(data)

    def begin(self, work):
        task = asyncio.create_task(work)
        self.addCleanup(task.cancel)
        return task

    @fails_at("8bd27b6")
    async def test_first_frames_of_many_addresses_share_a_budget(self):
        budget = 8 * MEBIBYTE
        daemon = self.start_daemon(
            BRIDGEKEEPER_BRIDGE_MAX_UNREGISTERED_BYTES=str(budget))
        before = daemon.memory()
        daemon.forget_peak_memory()
        attackers = [await visitor(daemon, address) for address in ADDRESSES
                     for _ in range(OF_EACH_ADDRESS)]
        data = frame("x" * (FIRST_FRAME - 1), length=FIRST_FRAME)
        for each in attackers:
            self.begin(self.sends(each, data))

        def is_used_up():
            return daemon.memory() - before > budget
        await eventually(is_used_up, "the budget is used up")
        # A bridge with something ordinary to say is not in the way of it.
        async with await Bridge.register(daemon, "ordinary") as bridge:
            await bridge.sync()
        # All that fits in the kernel has arrived by now and is not read.
        await pace(1)
        grown = daemon.memory("VmHWM") - before
        unbudgeted = len(attackers) * 16 * 1024
        self.assertLess(grown, budget + unbudgeted + SLACK)
        for each in attackers:
            each.close()

        def is_given_back():
            return daemon.memory() - before < SLACK
        await eventually(is_given_back, "the memory is given back")
        print(f"\n{len(attackers)} first frames from {len(ADDRESSES)} "
              f"addresses: {grown / MEBIBYTE:.0f} MiB more")

    @fails_at("8bd27b6")
    async def test_messages_that_pongs_keep_alive_do_not_keep_memory(self):
        bridges = 10
        size = 10 * MEBIBYTE
        daemon = self.start_daemon(
            BRIDGEKEEPER_SERVER_PEER_TIMEOUT="1",
            BRIDGEKEEPER_BRIDGE_PING_INTERVAL="0.2")
        before = daemon.memory()
        connections = []
        for number in range(bridges):
            connection = await RawConnection.upgraded(daemon)
            await connection.send(
                frame(register_text(daemon, f"agent-{number}")))
            _, payload = await connection.receive_frame()
            self.assertEqual(json.loads(payload)["type"], "registered")
            await connection.send(frame("x" * size, fin=False))
            connections.append(connection)

        async def go_on(connection):
            while await connection.send_as_far_as_taken(frame(b"", PONG)):
                await pace(0.1)
        going_on = [self.begin(go_on(each)) for each in connections]
        for connection in connections:
            code, _ = await connection.receive_close()
            self.assertEqual(code, 1008)
            connection.close()
        for task in going_on:
            task.cancel()

        def is_given_back():
            return daemon.memory() - before < SLACK
        await eventually(is_given_back, "the memory is given back")
        print(f"\n{bridges} messages that pongs kept alive: ended")
