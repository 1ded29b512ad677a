"""Parts of HTTP requests that have no end: each is refused, and none of it is
kept. A flood is as long as the daemon takes it, up to 128 MiB."""

from bystander import MEBIBYTE, undisturbed
from cases import DaemonCase
from daemon import SANITIZED
from raw import RawConnection
from regression import fails_at
from waiting import pace

HEAD = "POST /control/sessions HTTP/1.1\r\nHost: x\r\nX-Auth-Token: TOKEN\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"

# How a flood begins, and what it is made of.
FLOODS = [
    ("a target", "GET /", "x" * 1000),
    ("a header's name", "GET / HTTP/1.1\r\n", "x" * 1000),
    ("a header's value", "GET / HTTP/1.1\r\nX: ", "x" * 1000),
    ("headers", "GET / HTTP/1.1\r\nHost: x\r\n", "X: y\r\n" * 160),
    ("long headers", "GET / HTTP/1.1\r\nHost: x\r\n",
     f"X: {'y' * 4000}\r\n"),
    ("empty lines", "", "\r\n" * 500),
    ("an extension", CHUNKED + "1;", "x" * 1000),
    ("extensions", CHUNKED, f"1;{'x' * 4000}\r\ny\r\n"),
    ("an extension of the last chunk", CHUNKED + "0;", "x" * 1000),
    ("zeros of a chunk's size", CHUNKED, "0" * 1000),
    ("a trailer", CHUNKED + "0\r\nX: ", "x" * 1000),
    ("trailers", CHUNKED + "0\r\n", "X: y\r\n" * 160),
    ("a body", HEAD + "Content-Length: 99999999999\r\n\r\n", "x" * 1000),
    ("chunks", CHUNKED, f"{1000:x}\r\n{'x' * 1000}\r\n"),
]

_GROWTH = 24 * MEBIBYTE * (4 if SANITIZED else 1)


class HttpFloodTest(DaemonCase):

    async def flood(self, begin, piece):
        """The status of the answer."""
        piece = piece.encode() * (MEBIBYTE // len(piece))
        async with await RawConnection.open(self.daemon) as raw:
            await raw.send(begin.replace("TOKEN", self.daemon.token))
            for _ in range(128):
                if not await raw.send_as_far_as_taken(piece):
                    break
            try:
                return (await raw.receive_answer())[0]
            except (EOFError, ConnectionError):
                return None

    @fails_at("8bd27b6")
    async def test_floods_are_not_kept(self):
        refused = 0
        for name, begin, piece in FLOODS:
            with self.subTest(name):
                async with undisturbed(self.daemon, _GROWTH):
                    status = await self.flood(begin, piece)
                # The answer may be lost where the flood goes on for longer than
                # the daemon waits for its end.
                self.assertIn(status, (400, 413, 431, None))
                refused += status is not None
        print(f"\nfloods: {len(FLOODS)} cases, {refused} answers read")

    async def test_a_header_in_small_pieces_is_bounded_all_the_same(self):
        async with await RawConnection.open(self.daemon) as raw:
            await raw.send("GET /health HTTP/1.1\r\nHost: x\r\n")
            for _ in range(100):
                await raw.send_as_far_as_taken("X: y\r\n" * 100)
                await pace(0.002)
            await raw.send_as_far_as_taken("\r\n")
            self.assertEqual((await raw.receive_answer())[0], 431)
