"""HTTP/1 bodies: where they end, and that nothing in them or behind them is
taken for something else."""

from http_cases import (ENDS, GOES_ON, NEXT, HttpTableCase, asks, chunked,
                        get, post)
from regression import fails_at

# Each is followed by a request that must not be answered where its beginning
# is not certain.
LENGTHS = [
    ("Content-Length", post("Content-Length: 2", body="{}"), [200, 200],
     GOES_ON),
    ("Content-Length: 0", post("Content-Length: 0"), [200, 200], GOES_ON),
    ("no Content-Length", post(), [200, 200], GOES_ON),
    ("a body of GET", get("Content-Length: 2") + "{}", [200, 200], GOES_ON),
    ("leading zeros", post("Content-Length: 0002", body="{}"), [200, 200],
     GOES_ON),
    ("blanks around", post("Content-Length: \t2 ", body="{}"), [200, 200],
     GOES_ON),
    *[(f"Content-Length: {x}", post(f"Content-Length: {x}", body="{}"), [400],
       ENDS)
      for x in ("", "x", "-1", "+2", "2x", "0x2", "2 2", "2.0", "2,", ",2",
                "2, 3", "1e1", "\uff12".encode("utf-8").decode("latin-1"),
                "18446744073709551616", "99999999999999999999999999")],
    ("a byte too many", post("Content-Length: 1048577"), [413], ENDS),
    ("a byte too many of a stranger",
     post("Content-Length: 1048577", token=False), [413], ENDS),
    ("too many bytes that wait to be asked for",
     post("Content-Length: 99999999999999", "Expect: 100-continue"), [413],
     ENDS),
    ("Content-Length: 2^64 - 1",
     post("Content-Length: 18446744073709551615"), [413], ENDS),
    ("Content-Length: 2^63", post("Content-Length: 9223372036854775808"),
     [413], ENDS),
    ("two lengths", post("Content-Length: 2", "Content-Length: 3", body="{}"),
     [400], ENDS),
    ("two lengths, the shorter first",
     post("Content-Length: 1", "Content-Length: 2", body="{}"), [400], ENDS),
    ("a length and chunks", post("Content-Length: 5",
                                 "Transfer-Encoding: chunked",
                                 body="0\r\n\r\n"), [400], ENDS),
    ("chunks and a length", post("Transfer-Encoding: chunked",
                                 "Content-Length: 5", body="0\r\n\r\n"),
     [400], ENDS),
    *[(f"{a}, then {b}, in HTTP/1.0", post(a, b, body="0\r\n\r\n",
                                           version="1.0"), [400], ENDS)
      for a, b in (("Content-Length: 5", "Transfer-Encoding: chunked"),
                   ("Transfer-Encoding: chunked", "Content-Length: 5"),
                   ("Transfer-Encoding:", "Content-Length: 5"),
                   ("Content-Length: 5", "Transfer-Encoding:"),
                   ("Transfer-Encoding:", "Transfer-Encoding: chunked"),
                   ("Transfer-Encoding: chunked", "Transfer-Encoding:"))],
    ("a length of 0 and chunks", post("Content-Length: 0",
                                      "Transfer-Encoding: chunked",
                                      body="0\r\n\r\n"), [400], ENDS),
    ("an empty coding", post("Transfer-Encoding:", body="0\r\n\r\n"), [400],
     ENDS),
    ("an empty coding and a length", post(
        "Transfer-Encoding:", "Content-Length: 2", body="{}"), [400], ENDS),
    ("a length and an empty coding", post(
        "Content-Length: 2", "Transfer-Encoding:", body="{}"), [400], ENDS),
    ("an empty coding and chunks", post(
        "Transfer-Encoding:", "Transfer-Encoding: chunked",
        body="0\r\n\r\n"), [400], ENDS),
    ("chunks and an empty coding", post(
        "Transfer-Encoding: chunked", "Transfer-Encoding:",
        body="0\r\n\r\n"), [400], ENDS),
    *[(f"Transfer-Encoding: {x}", post(f"Transfer-Encoding: {x}",
                                       body="0\r\n\r\n"), [400], ENDS)
      for x in ("identity", "gzip", "gzip, identity", "xchunked", "chunkedx", "x chunked",
                '"chunked"', "chunked;x=y", "gzip, chunked", "chunked, gzip",
                "chunked, identity", "chunked, chunked", "identity, chunked",
                ",", "chunked,", "\x0bchunked", "chunk", "nothing")],
    ("a coding in any case", post("Transfer-Encoding: CHUNKED",
                                  body="0\r\n\r\n"), [200, 200], GOES_ON),
    ("two codings", post("Transfer-Encoding: chunked",
                         "Transfer-Encoding: chunked", body="0\r\n\r\n"),
     [400], ENDS),
    ("a coding in HTTP/1.0", post("Transfer-Encoding: chunked",
                                  body="0\r\n\r\n", version="1.0"), [400],
     ENDS),
    *[(f"Transfer-Encoding: {x} in HTTP/1.0", post(
        f"Transfer-Encoding: {x}", body="0\r\n\r\n", version="1.0"), [400],
       ENDS)
      for x in ("", ",", "identity", "gzip, identity", "gzip, chunked",
                "xchunked")],
    ("a coding of GET", get("Transfer-Encoding: chunked") + "0\r\n\r\n",
     [200], ENDS),
    ("a coding of another name", post("Transfer_Encoding: chunked",
                                      "Content-Length: 2", body="{}"),
     [200, 200], GOES_ON),
    ("Expect: 100-continue in HTTP/1.0", post(
        "Expect: 100-continue", "Content-Length: 2", body="{}",
        version="1.0"), [200], ENDS),
    ("another Expect", post("Expect: x", "Content-Length: 2", body="{}"),
     [200, 200], GOES_ON),
]

CHUNKS = [
    ("one", chunked("2\r\n{}\r\n0\r\n\r\n"), [200, 200], GOES_ON),
    ("several", chunked("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), [200, 200], GOES_ON),
    ("none", chunked("0\r\n\r\n"), [200, 200], GOES_ON),
    ("zeros before the size", chunked("0002\r\n{}\r\n000\r\n\r\n"),
     [200, 200], GOES_ON),
    ("a size in capitals", chunked("A\r\n" + "{" + " " * 8 + "}\r\n0\r\n\r\n"),
     [200, 200], GOES_ON),
    ("an extension", chunked("2;a=b\r\n{}\r\n0;c\r\n\r\n"), [200, 200],
     GOES_ON),
    ("an extension in quotes", chunked('2;a="b;c"\r\n{}\r\n0\r\n\r\n'),
     [200, 200], GOES_ON),
    ("10 KiB of extension", chunked(f"2;{'a' * 10_000}\r\n{{}}\r\n0\r\n\r\n"),
     [200, 200], GOES_ON),
    ("20 KiB of extension", chunked(f"2;{'a' * 20_000}\r\n{{}}\r\n0\r\n\r\n"),
     [431], ENDS),
    ("20 KiB of extensions in pieces", chunked(
        f"1;{'a' * 1000}\r\nx\r\n" * 20 + "0\r\n\r\n"), [431], ENDS),
    ("an extension of the last", chunked(f"0;{'a' * 20_000}\r\n\r\n"), [431],
     ENDS),
    ("an extension without end", chunked("2;" + "a" * 200_000), [431], ENDS),
    *[(f"a size {size!r}", chunked(f"{size}\r\n{{}}\r\n0\r\n\r\n"), [400],
       ENDS)
      for size in ("", "x", "-2", "+2", "0x2", "2x", " 2", "2 x", "g", "2,2",
                   "\t2", "ffffffffffffffffff", ";a")],
    ("a size of 2^64 - 1", chunked("ffffffffffffffff\r\n{}\r\n"), [413], ENDS),
    ("more than a body may have", chunked("100001\r\n"), [413], ENDS),
    ("more than a body may have, in chunks",
     chunked(f"10000\r\n{'x' * 65536}\r\n" * 40), [413], ENDS),
    ("a chunk that is longer than its size",
     chunked("1\r\n{}\r\n0\r\n\r\n"), [400], ENDS),
    ("a chunk that ends with a bare LF", chunked("2\r\n{}\n0\r\n\r\n"), [400],
     ENDS),
    ("a size that ends with a bare CR", chunked("2\r{}\r\n0\r\n\r\n"), [400],
     ENDS),
    ("no line end behind a chunk", chunked("2\r\n{}0\r\n\r\n"), [400], ENDS),
]

TRAILERS = [
    ("one", chunked("0\r\nA: b\r\n\r\n"), [200, 200], GOES_ON),
    ("some", chunked("2\r\n{}\r\n0\r\nA: b\r\nC: d\r\n\r\n"), [200, 200],
     GOES_ON),
    ("Connection: close is no header any more",
     chunked("0\r\nConnection: close\r\n\r\n"), [200, 200], GOES_ON),
    ("a token in a trailer is none", post(
        "Transfer-Encoding: chunked", token=False,
        body="0\r\nAuthorization: Bearer TOKEN\r\n\r\n"), [401], ENDS),
    ("a second token in a trailer is none either", chunked(
        "0\r\nX-Auth-Token: wrong\r\nAuthorization: Bearer wrong\r\n\r\n"),
     [200, 200], GOES_ON),
    ("a second Host", chunked("0\r\nHost: evil.example\r\n\r\n"), [200, 200],
     GOES_ON),
    ("an Upgrade", chunked("0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "\r\n"), [200, 200], GOES_ON),
    ("a length", chunked("0\r\nContent-Length: 5\r\n\r\n"), [400], ENDS),
    ("a coding", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), [400],
     ENDS),
    ("10 KiB", chunked(f"0\r\nA: {'b' * 10_000}\r\n\r\n"), [200, 200],
     GOES_ON),
    ("20 KiB", chunked(f"0\r\nA: {'b' * 20_000}\r\n\r\n"), [431], ENDS),
    ("20 KiB in many", chunked("0\r\n" + "A: b\r\n" * 4000 + "\r\n"), [431],
     ENDS),
    ("without end", chunked("0\r\n" + "A: b\r\n" * 50_000), [431], ENDS),
    ("one without a colon", chunked("0\r\nA\r\n\r\n"), [400], ENDS),
    ("one with a NUL", chunked("0\r\nA: \0\r\n\r\n"), [400], ENDS),
]

PIPELINES = [
    ("ten", get() * 10, [200] * 10, GOES_ON),
    ("different ones", get() + asks("/nothing") + asks("/health", method="PUT")
     + post("Content-Length: 2", body="{}") + get(),
     [200, 404, 405, 200, 200], GOES_ON),
    ("bodies between", (post("Content-Length: 2", body="{}")
                        + chunked("2\r\n{}\r\n0\r\n\r\n")) * 5, [200] * 10,
     GOES_ON),
    ("nothing behind what is not HTTP", get() + "x\r\n\r\n" + get(),
     [200, 400], ENDS),
    ("nothing behind a close", get("Connection: close") + get(), [200], ENDS),
    ("nothing behind HTTP/1.0", get(version="1.0") + get(), [200], ENDS),
    ("a request in a body is none",
     post(f"Content-Length: {len(NEXT)}", body=NEXT), [200], GOES_ON),
    ("a request in a chunk is none",
     chunked(f"{len(NEXT):x}\r\n{NEXT}\r\n0\r\n\r\n"), [200], GOES_ON),
    ("a stranger's large body is not read", post(
        "Content-Length: 100000", token=False, body=NEXT), [401], ENDS),
    ("a stranger's small body is skipped", post(
        f"Content-Length: {len(NEXT)}", token=False, body=NEXT) + get(),
     [401, 200], GOES_ON),
    ("HEAD has no body to mix up", asks("/health", method="HEAD") + get(),
     [200, 200], GOES_ON),
]


class HttpBodiesTest(HttpTableCase):

    @fails_at("8bd27b6")
    async def test_lengths_and_codings(self):
        await self.run_table("lengths and codings", LENGTHS, followed=True)

    @fails_at("8bd27b6")
    async def test_chunks(self):
        await self.run_table("chunks", CHUNKS, followed=True)

    @fails_at("8bd27b6")
    async def test_trailers(self):
        await self.run_table("trailers", TRAILERS, followed=True)

    @fails_at("8bd27b6")
    async def test_pipelines(self):
        await self.run_table("pipelines", PIPELINES)
