"""Bytes on a TCP connection, for what no client library would send."""

import asyncio
import base64
import json
import os
import socket
import struct

from waiting import DEADLINE, within

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
CONTINUATION = 0x0


def frame(payload, opcode=TEXT, fin=True, length=None, reserved=0, mask=0,
          masked=True, length_bytes=None):
    """A client's WebSocket frame. `length` is what its header claims, in so
    many bytes behind the first one (0, 2, 8); `reserved` are the three bits
    that nobody uses. The mask 0 is allowed and leaves the payload as it is."""
    if isinstance(payload, str):
        payload = payload.encode()
    length = len(payload) if length is None else length
    if length_bytes is None:
        length_bytes = 0 if length < 126 else 2 if length < 65536 else 8
    head = bytes([opcode | reserved << 4 | (0x80 if fin else 0)])
    mark = 0x80 if masked else 0
    if length_bytes == 0:
        head += bytes([mark | length])
    elif length_bytes == 2:
        head += bytes([mark | 126]) + struct.pack(">H", length)
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", length)
    if not masked:
        return head + payload
    key = struct.pack(">I", mask)
    if mask:
        payload = bytes(x ^ key[i % 4] for i, x in enumerate(payload))
    return head + key + payload


def upgrade_text(path, token=None):
    """A WebSocket client's opening request."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
             "Connection: Upgrade", f"Sec-WebSocket-Key: {key}",
             "Sec-WebSocket-Version: 13"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def register_text(daemon, agent_id):
    return json.dumps({"type": "register", "agent_id": agent_id,
                       "auth_token": daemon.token})


class RawConnection:
    """A TCP connection that reads only when it is asked to."""

    def __init__(self, sock):
        self._socket = sock
        self._unread = b""

    @classmethod
    async def open(cls, daemon, receive_buffer=None, source=None):
        """`source`: the address of this machine to come from."""
        sock = socket.socket()
        if source:
            sock.bind((source, 0))
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                            receive_buffer)
        # What is sent in two parts arrives in two, and at once.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, (daemon.host, daemon.port))
        return cls(sock)

    # -- sending --------------------------------------------------------------

    async def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        await within(
            asyncio.get_running_loop().sock_sendall(self._socket, data),
            f"{len(data)} bytes to be taken")

    async def send_as_far_as_taken(self, data):
        """False if the daemon hung up first."""
        try:
            await self.send(data)
            return True
        except (ConnectionError, BrokenPipeError):
            return False

    # -- receiving ------------------------------------------------------------

    async def _receive_more(self, deadline):
        data = await within(
            asyncio.get_running_loop().sock_recv(self._socket, 65536),
            "bytes from the daemon", deadline)
        self._unread += data
        return bool(data)

    async def receive_until(self, mark, deadline=DEADLINE):
        while mark not in self._unread:
            if not await self._receive_more(deadline):
                raise EOFError(f"closed after {self._unread!r}")
        out, self._unread = self._unread.split(mark, 1)
        return out + mark

    async def receive_exactly(self, count, deadline=DEADLINE):
        while len(self._unread) < count:
            if not await self._receive_more(deadline):
                raise EOFError(f"closed after {self._unread!r}")
        out, self._unread = self._unread[:count], self._unread[count:]
        return out

    async def receive_all(self, deadline=DEADLINE):
        """Everything up to the daemon's close."""
        try:
            while await self._receive_more(deadline):
                pass
        except ConnectionResetError:
            pass
        out, self._unread = self._unread, b""
        return out

    async def receive_answer(self, to_head=False):
        """One HTTP answer: status, headers, body. HEAD's has no body."""
        head = (await self.receive_until(b"\r\n\r\n")).decode()
        status_line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, value
                   in (line.split(":", 1) for line in lines)}
        body = b""
        if "content-length" in headers and not to_head:
            body = await self.receive_exactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked" and not to_head:
            body = await self.receive_chunks()
        return int(status_line.split()[1]), headers, body

    async def receive_chunks(self):
        """A body in chunks, to its end."""
        body = b""
        while True:
            size = int(await self.receive_until(b"\r\n"), 16)
            body += (await self.receive_exactly(size + 2))[:-2]
            if size == 0:
                return body

    async def receive_frame(self, deadline=DEADLINE):
        """One of the daemon's frames: opcode, payload."""
        head = await self.receive_exactly(2, deadline)
        length = head[1] & 0x7F
        if length == 126:
            length, = struct.unpack(">H", await self.receive_exactly(2))
        elif length == 127:
            length, = struct.unpack(">Q", await self.receive_exactly(8))
        return head[0] & 0x0F, await self.receive_exactly(length)

    async def receive_close(self, deadline=DEADLINE):
        """Skips to the close frame; its code and reason."""
        while True:
            opcode, payload = await self.receive_frame(deadline)
            if opcode == CLOSE:
                code, = struct.unpack(">H", payload[:2])
                return code, payload[2:].decode()

    # -- WebSockets -----------------------------------------------------------

    @classmethod
    async def upgraded(cls, daemon, path="/ws/agent-bridge", token=None,
                       **options):
        connection = await cls.open(daemon, **options)
        await connection.send(upgrade_text(path, token))
        head = await connection.receive_until(b"\r\n\r\n")
        assert b" 101 " in head, head
        return connection

    @classmethod
    async def registered(cls, daemon, agent_id, **options):
        connection = await cls.upgraded(daemon, **options)
        await connection.send(frame(register_text(daemon, agent_id)))
        _, payload = await connection.receive_frame()
        assert json.loads(payload)["type"] == "registered", payload
        return connection

    # -- the end --------------------------------------------------------------

    def half_close(self):
        self._socket.shutdown(socket.SHUT_WR)

    def close(self):
        self._socket.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()
