"""WebSocket frames by group: what RFC 6455 allows is understood, what it
forbids ends the connection with the right code, and nothing else happens."""

import json
import struct

from cases import DaemonCase
from raw import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawConnection,
                 frame)
from regression import fails_at

# What becomes of a connection: a close code, or that it goes on.
LIVES = "lives"


def close(code, reason=b"", **options):
    return frame(struct.pack(">H", code) + reason, CLOSE, **options)


def beat(agent_id, stamp="x", **extra):
    return json.dumps({"type": "heartbeat", "agent_id": agent_id,
                       "timestamp": stamp, **extra}).encode()


BEAT = beat("a")
HALF = len(BEAT) // 2

FRAMING = [
    ("text", frame(BEAT), LIVES),
    ("an empty text", frame(b""), LIVES),
    ("two frames at once", frame(BEAT) * 2, LIVES),
    ("a length in 2 bytes", frame(beat("a", "x" * 200)), LIVES),
    ("a length in 8 bytes", frame(beat("a", pad="x" * 70_000)), LIVES),
    ("a short length in 2 bytes", frame(BEAT, length_bytes=2), 1002),
    ("a short length in 8 bytes", frame(BEAT, length_bytes=8), 1002),
    ("a length for 2 bytes in 8", frame(beat("a", "x" * 200), length_bytes=8),
     1002),
    ("no length in 2 bytes", frame(b"", length_bytes=2), 1002),
    ("reserved bit 1", frame(BEAT, reserved=4), 1002),
    ("reserved bit 2", frame(BEAT, reserved=2), 1002),
    ("reserved bit 3", frame(BEAT, reserved=1), 1002),
    ("all reserved bits", frame(BEAT, reserved=7), 1002),
    ("a reserved bit on a ping", frame(b"", PING, reserved=4), 1002),
    ("a reserved bit on a close", close(1000, reserved=1), 1002),
    ("a reserved bit on a continuation",
     frame(BEAT[:HALF], fin=False)
     + frame(BEAT[HALF:], CONTINUATION, reserved=4), 1002),
    *[(f"opcode {opcode:#x}", frame(BEAT, opcode), 1002)
      for opcode in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)],
    ("a reserved opcode without a payload", frame(b"", 3), 1002),
    ("a reserved opcode without its end", frame(b"", 0xB, fin=False), 1002),
    ("more than 16 MiB claimed", frame(b"", length=16 * 2 ** 20 + 1), 1009),
    ("2^31 claimed", frame(b"", length=2 ** 31), 1009),
    ("2^32 claimed", frame(b"", length=2 ** 32), 1009),
    ("2^62 claimed", frame(b"", length=2 ** 62), 1009),
    ("2^63 claimed", frame(b"", length=2 ** 63), (1002, 1009)),
    ("2^64 - 1 claimed", frame(b"", length=2 ** 64 - 1), (1002, 1009)),
    ("binary", frame(BEAT, BINARY), 1003),
    ("empty binary", frame(b"", BINARY), 1003),
    ("binary in fragments", frame(BEAT[:HALF], BINARY, fin=False)
     + frame(BEAT[HALF:], CONTINUATION), 1003),
]

MASKS = [
    ("a mask of zeros", frame(BEAT, mask=0), LIVES),
    ("a mask of ones", frame(BEAT, mask=0xFFFFFFFF), LIVES),
    ("another mask", frame(BEAT, mask=0x01020304), LIVES),
    ("masks that change", frame(BEAT[:HALF], fin=False, mask=7)
     + frame(BEAT[HALF:], CONTINUATION, mask=0xA5A5A5A5), LIVES),
    ("a masked ping", frame(b"x", PING, mask=0x11223344), LIVES),
    ("a masked close", close(1000, mask=0x55AA55AA), 1000),
    ("no mask on text", frame(BEAT, masked=False), 1002),
    ("no mask on an empty text", frame(b"", masked=False), 1002),
    ("no mask on binary", frame(BEAT, BINARY, masked=False), 1002),
    ("no mask on a ping", frame(b"x", PING, masked=False), 1002),
    ("no mask on a pong", frame(b"x", PONG, masked=False), 1002),
    ("no mask on a close", close(1000, masked=False), 1002),
    ("no mask on a continuation", frame(BEAT[:HALF], fin=False)
     + frame(BEAT[HALF:], CONTINUATION, masked=False), 1002),
    ("no mask behind good frames", frame(BEAT)
     + frame(BEAT, masked=False), 1002),
]

CONTROL_FRAMES = [
    ("a ping", frame(b"", PING), LIVES),
    ("a ping of 125 bytes", frame(b"p" * 125, PING), LIVES),
    ("a ping of 126 bytes", frame(b"p" * 126, PING), 1002),
    ("a ping that is not UTF-8", frame(b"\xff\xfe", PING), LIVES),
    ("a ping of 65536 bytes", frame(b"p" * 65536, PING), 1002),
    ("a ping that claims 2^40", frame(b"", PING, length=2 ** 40), 1002),
    ("a ping without its end", frame(b"x", PING, fin=False), 1002),
    ("a ping in fragments", frame(b"x", PING, fin=False)
     + frame(b"y", CONTINUATION), 1002),
    ("100 pings", frame(b"p" * 125, PING) * 100, LIVES),
    ("a pong nobody asked for", frame(b"x", PONG), LIVES),
    ("a pong of 125 bytes", frame(b"x" * 125, PONG), LIVES),
    ("a pong of 126 bytes", frame(b"x" * 126, PONG), 1002),
    ("a pong without its end", frame(b"", PONG, fin=False), 1002),
    ("a close of 126 bytes", close(1000, b"x" * 124), 1002),
    ("a close without its end", close(1000, fin=False), 1002),
    ("a close that claims 2^40", frame(b"", CLOSE, length=2 ** 40), 1002),
]

FRAGMENTS = [
    ("two fragments", frame(BEAT[:HALF], fin=False)
     + frame(BEAT[HALF:], CONTINUATION), LIVES),
    ("a fragment a byte", frame(BEAT[:1], fin=False)
     + b"".join(frame(BEAT[i:i + 1], CONTINUATION, fin=False)
                for i in range(1, len(BEAT)))
     + frame(b"", CONTINUATION), LIVES),
    ("empty fragments", frame(b"", fin=False)
     + frame(b"", CONTINUATION, fin=False) * 100
     + frame(BEAT, CONTINUATION), LIVES),
    ("a ping between", frame(BEAT[:HALF], fin=False) + frame(b"x", PING)
     + frame(BEAT[HALF:], CONTINUATION), LIVES),
    ("a pong between", frame(BEAT[:HALF], fin=False) + frame(b"x", PONG)
     + frame(BEAT[HALF:], CONTINUATION), LIVES),
    ("a close between", frame(BEAT[:HALF], fin=False) + close(1000), 1000),
    ("a continuation of nothing", frame(BEAT, CONTINUATION), 1002),
    ("a continuation of nothing, not its end",
     frame(BEAT, CONTINUATION, fin=False), 1002),
    ("an empty continuation of nothing", frame(b"", CONTINUATION), 1002),
    ("a continuation of a message that has ended", frame(BEAT)
     + frame(b"", CONTINUATION), 1002),
    ("text within a message", frame(b"{", fin=False) + frame(BEAT), 1002),
    ("binary within a message", frame(b"{", fin=False)
     + frame(b"}", BINARY), 1002),
    ("text that begins within a message", frame(b"{", fin=False)
     + frame(b"}", fin=False), 1002),
    ("fragments of more than 16 MiB", frame(b"x" * 2 ** 20, fin=False)
     + frame(b"x" * 2 ** 20, CONTINUATION, fin=False) * 16, 1009),
    ("a fragment that claims too much", frame(b"x" * 2 ** 20, fin=False)
     + frame(b"", CONTINUATION, length=16 * 2 ** 20), 1009),
]

UTF_8 = [
    ("one to four bytes a character", frame('{"x":"aé€\U0001f600"}'), LIVES),
    ("a character in two fragments",
     frame(b'{"type":"heartbeat","agent_id":"a","x":"\xe2', fin=False)
     + frame(b'\x82\xac"}', CONTINUATION), LIVES),
    ("a character in four fragments",
     frame(b'{"x":"\xf0', fin=False)
     + frame(b"\x9f", CONTINUATION, fin=False)
     + frame(b"\x98", CONTINUATION, fin=False)
     + frame(b'\x80"}', CONTINUATION), LIVES),
    ("a noncharacter", frame('{"x":"\uffff"}'), LIVES),
    ("the last code point", frame('{"x":"\U0010ffff"}'), LIVES),
    ("a NUL", frame(b'{"x":"\0"}'), LIVES),
    *[(name, frame(b'{"x":"' + text + b'"}'), 1007) for name, text in (
        ("a byte that is never used", b"\xff"),
        ("a lone continuation byte", b"\x80"),
        ("half a character of two", b"\xc3"),
        ("half a character of three", b"\xe2\x82"),
        ("half a character of four", b"\xf0\x9f\x98"),
        ("two bytes for one", b"\xc0\xaf"),
        ("two bytes for a NUL", b"\xc0\x80"),
        ("three bytes for two", b"\xe0\x80\xaf"),
        ("four bytes for three", b"\xf0\x80\x80\xaf"),
        ("five bytes", b"\xf8\x88\x80\x80\x80"),
        ("six bytes", b"\xfc\x84\x80\x80\x80\x80"),
        ("half a surrogate pair", b"\xed\xa0\x80"),
        ("a surrogate pair", b"\xed\xa0\xbd\xed\xb8\x80"),
        ("beyond the last code point", b"\xf4\x90\x80\x80"),
        ("Latin-1", "é".encode("latin-1")),
        ("UTF-16", "é".encode("utf-16")))],
    ("a character that never ends", frame(b'{"x":"\xe2\x82'), 1007),
    ("a fragment that can never become right", frame(b"\xff", fin=False), 1007),
    ("a character broken off by a fragment", frame(b'"\xe2\x82', fin=False)
     + frame(b'"', CONTINUATION), 1007),
]

# The codes that a peer may send, and are echoed; and those it may not.
CLOSE_CODES = [
    ("no payload", frame(b"", CLOSE), 1000),
    ("half a code", frame(b"\x03", CLOSE), 1002),
    *[(f"{code}", close(code), code)
      for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012,
                   1013, 1014, 3000, 3333, 3999, 4000, 4002, 4999)],
    *[(f"{code} with a reason", close(code, b"why"), code)
      for code in (1000, 1014, 3000, 4999)],
    *[(f"{code}", close(code), 1002)
      for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999,
                   5000, 5001, 9999, 32768, 65535)],
    *[(f"{code} with a reason", close(code, b"why"), 1002)
      for code in (999, 1005, 2999, 5000, 65535)],
    ("a reason of 123 bytes", close(1000, b"x" * 123), 1000),
    ("1014 with a reason of 123 bytes", close(1014, b"x" * 123), 1014),
    ("a reason that is not UTF-8", close(1000, b"\xff"), (1002, 1007)),
    ("1014 with a reason that is not UTF-8", close(1014, b"\xff"),
     (1002, 1007)),
    ("5000 with a reason that is not UTF-8", close(5000, b"\xff"),
     (1002, 1007)),
    ("frames behind a close are not read", close(1001) + frame(BEAT), 1001),
    ("two closes", close(1001) + close(1002), 1001),
    ("a close in pieces of a message", frame(b"{", fin=False) + close(4999),
     4999),
]


class WebSocketFramesTest(DaemonCase):

    async def registered(self):
        agent_id = self.agent_name()
        raw = await RawConnection.registered(self.daemon, agent_id)
        return agent_id, raw

    async def check(self, group, data, outcome):
        agent_id, raw = await self.registered()
        async with raw:
            await raw.send_as_far_as_taken(data)
            if outcome == LIVES:
                await raw.send(frame(beat(agent_id, "still here")))
                while True:
                    opcode, payload = await raw.receive_frame()
                    self.assertIn(opcode, (TEXT, PONG), payload)
                    if b"still here" in payload:
                        return
            code, _ = await raw.receive_close()
            codes = outcome if isinstance(outcome, tuple) else (outcome,)
            self.assertIn(code, codes)
            # Nothing comes behind a close frame.
            self.assertEqual(await raw.receive_all(), b"")

    async def run_table(self, group, table):
        for name, data, outcome in table:
            with self.subTest(f"{group}: {name}"):
                await self.check(group, data, outcome)
        print(f"\n{group}: {len(table)} cases")

    async def test_framing(self):
        await self.run_table("framing", FRAMING)

    async def test_masks(self):
        await self.run_table("masks", MASKS)

    async def test_control_frames(self):
        await self.run_table("control frames", CONTROL_FRAMES)

    async def test_fragmentation(self):
        await self.run_table("fragmentation", FRAGMENTS)

    async def test_utf_8(self):
        await self.run_table("UTF-8", UTF_8)

    @fails_at("8bd27b6")
    async def test_close_codes(self):
        await self.run_table("close codes", CLOSE_CODES)

    async def test_every_ping_is_answered_with_its_payload(self):
        _, raw = await self.registered()
        async with raw:
            payloads = [b"", b"x", b"\xff\0", b"p" * 125]
            await raw.send(b"".join(frame(x, PING, mask=0x31415926)
                                    for x in payloads))
            for payload in payloads:
                self.assertEqual(await raw.receive_frame(), (PONG, payload))
