"""WebSocket handshakes: those that RFC 6455, 4.2.1 describes are accepted,
others get an answer that says what is wrong."""

from cases import DaemonCase
from raw import RawConnection
from regression import fails_at

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = "Sec-WebSocket-Version: 13"
UPGRADE = "Upgrade: websocket"
CONNECTION = "Connection: Upgrade"
HOST = "Host: localhost"
WHOLE = (HOST, UPGRADE, CONNECTION, KEY, VERSION)


def request(*lines, method="GET", version="1.1", target="/ws/agent-bridge"):
    return "\r\n".join([f"{method} {target} HTTP/{version}", *lines]) \
        + "\r\n\r\n"


def instead(line, *others):
    """The whole header, with others in this line's place."""
    lines = list(WHOLE)
    place = lines.index(line)
    lines[place:place + 1] = others
    return request(*lines)


HANDSHAKES = [
    ("whole", request(*WHOLE), 101),
    ("in another order", request(*reversed(WHOLE)), 101),
    ("names in any case", request(*[
        x.split(":")[0].upper() + ":" + x.split(":", 1)[1] for x in WHOLE]),
     101),
    ("Upgrade in any case", instead(UPGRADE, "Upgrade: WebSocket"), 101),
    ("Connection in any case", instead(CONNECTION, "Connection: upgrade"),
     101),
    ("Connection with other options",
     instead(CONNECTION, "Connection: keep-alive, Upgrade"), 101),
    ("an extension", request(*WHOLE, "Sec-WebSocket-Extensions: "
                             "permessage-deflate; client_max_window_bits"),
     101),
    ("an extension nobody knows", request(
        *WHOLE, "Sec-WebSocket-Extensions: x-nothing"), 101),
    ("any origin", request(*WHOLE, "Origin: https://elsewhere.example"), 101),
    ("a whole URL", request(*WHOLE,
                            target="http://localhost/ws/agent-bridge"), 101),
    ("a query", request(*WHOLE, target="/ws/agent-bridge?x=1"), 101),
    # -- the key
    ("no key", instead(KEY), 400),
    ("an empty key", instead(KEY, "Sec-WebSocket-Key:"), 400),
    ("a short key", instead(KEY, "Sec-WebSocket-Key: AAAA"), 400),
    ("a key of 15 bytes",
     instead(KEY, "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1"), 400),
    ("a key of 17 bytes",
     instead(KEY, "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Njc="), 400),
    ("a key of 24 characters without padding",
     instead(KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA"), 400),
    ("a key that is not base64",
     instead(KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j*Q=="), 400),
    ("a key in base64 for URLs",
     instead(KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-_=="), 400),
    ("a key with a blank",
     instead(KEY, "Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZQ="), 400),
    ("a long key", instead(KEY, "Sec-WebSocket-Key: " + "A" * 1000), 400),
    ("two keys", instead(KEY, KEY, KEY), 400),
    ("two different keys", instead(
        KEY, KEY, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="), 400),
    ("two keys in one line", instead(KEY, KEY + ", " + KEY[19:]), 400),
    # -- the version
    ("no version", instead(VERSION), 426),
    ("version 8", instead(VERSION, "Sec-WebSocket-Version: 8"), 426),
    ("version 14", instead(VERSION, "Sec-WebSocket-Version: 14"), 426),
    ("version 013", instead(VERSION, "Sec-WebSocket-Version: 013"), 426),
    ("version thirteen", instead(VERSION, "Sec-WebSocket-Version: XIII"), 426),
    ("two versions", instead(VERSION, VERSION, VERSION), 400),
    ("two different versions", instead(
        VERSION, "Sec-WebSocket-Version: 8", VERSION), 400),
    ("two versions in one line",
     instead(VERSION, "Sec-WebSocket-Version: 13, 8"), 400),
    # -- what proxies make of it
    ("no Upgrade", instead(UPGRADE), 426),
    ("another Upgrade", instead(UPGRADE, "Upgrade: h2c"), 426),
    ("no Connection", instead(CONNECTION), 426),
    ("Connection: close", instead(CONNECTION, "Connection: close"), 426),
    ("neither", request(HOST, KEY, VERSION), 426),
    ("nothing of it", request(HOST), 426),
    ("HTTP/1.0", request(*WHOLE, version="1.0"), 426),
    ("HEAD", request(*WHOLE, method="HEAD"), 426),
    ("POST", request(*WHOLE, method="POST"), 405),
    ("PUT", request(*WHOLE, method="PUT"), 405),
    ("OPTIONS", request(*WHOLE, method="OPTIONS"), 405),
    # -- HTTP itself
    ("no Host", instead(HOST), 400),
    ("two Hosts", instead(HOST, HOST, HOST), 400),
    ("a frame with the request", request(*WHOLE) + "\x81\x80\0\0\0\0", 400),
    ("a body with the request", request(*WHOLE, "Content-Length: 1") + "x",
     (101, 400)),
    # -- other places
    ("where no socket is", request(*WHOLE, target="/nothing"), 404),
    ("behind a slash too many", request(*WHOLE, target="/ws/agent-bridge/"),
     307),
    ("without a token where one is needed",
     request(*WHOLE, target="/ws/control"), 401),
]


class WebSocketHandshakeTest(DaemonCase):

    async def answer_to(self, text):
        raw = await self.given(await RawConnection.open(self.daemon))
        await raw.send(text.encode("latin-1"))
        head = (await raw.receive_until(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        headers = dict(x.lower().split(": ", 1) for x in lines[1:] if x)
        return int(lines[0].split()[1]), headers

    @fails_at("8bd27b6")
    async def test_handshakes(self):
        for name, text, expected in HANDSHAKES:
            with self.subTest(name):
                status, headers = await self.answer_to(text)
                allowed = expected if isinstance(expected, tuple) \
                    else (expected,)
                self.assertIn(status, allowed)
                if status == 426:
                    self.assertEqual(headers["upgrade"], "websocket")
                    self.assertIn("upgrade", headers["connection"])
                    self.assertEqual(headers["sec-websocket-version"], "13")
                if status == 101:
                    self.assertNotIn("sec-websocket-extensions", headers)
                    self.assertEqual(headers["sec-websocket-accept"],
                                     "s3pplmbitxaq9kygzzhzrbk+xoo=")
        print(f"\nhandshakes: {len(HANDSHAKES)} cases")

    @fails_at("8bd27b6")
    async def test_the_answer_to_an_upgrade_has_a_date(self):
        status, headers = await self.answer_to(request(*WHOLE))
        self.assertEqual(status, 101)
        self.assertIn("date", headers)
