"""The scanner of messages that others read."""

import json
import unittest

from messages import MessageScanner


def frame(payload, opcode=1, is_last=True, key=None):
    head = bytes([opcode | (0x80 if is_last else 0)])
    mask = 0x80 if key else 0
    if len(payload) < 126:
        head += bytes([mask | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mask | 126]) + len(payload).to_bytes(2, "big")
    else:
        head += bytes([mask | 127]) + len(payload).to_bytes(8, "big")
    if key:
        payload = bytes(x ^ key[n % 4] for n, x in enumerate(payload))
    return head + (key or b"") + payload


def text(number, size=0):
    return json.dumps({"number": number, "padding": "x" * size}).encode()


class MessagesTest(unittest.TestCase):
    def setUp(self):
        self.scanner = MessageScanner()

    def numbers(self, data):
        return [x["number"] for x in self.scanner.feed(data)]

    def upgrade(self):
        self.assertEqual(self.numbers(b"HTTP/1.1 101 Switching\r\n\r\n"), [])

    def test_messages_of_every_length_are_read_byte_by_byte(self):
        stream = b"GET / HTTP/1.1\r\n\r\n" + b"".join(
            frame(text(size, size), key=b"\x01\x02\x03\x04")
            for size in (0, 200, 70_000))
        found = [x for n in range(len(stream))
                 for x in self.numbers(stream[n:n + 1])]
        self.assertEqual(found, [0, 200, 70_000])

    def test_a_message_in_parts_is_one_message(self):
        self.upgrade()
        whole = text(7)
        self.assertEqual(self.numbers(frame(whole[:5], is_last=False)), [])
        self.assertEqual(self.numbers(frame(b"", opcode=9)), [])
        self.assertEqual(self.numbers(frame(whole[5:], opcode=0)), [7])

    def test_frames_that_are_no_messages_are_skipped(self):
        self.upgrade()
        self.assertEqual(
            self.numbers(frame(b"ping", opcode=9) + frame(b"not JSON")
                         + frame(text(1)) + frame(b"\x03\xe8", opcode=8)), [1])

    def test_nothing_is_read_after_a_refused_upgrade(self):
        self.assertEqual(
            self.numbers(b"HTTP/1.1 503 No\r\n\r\n" + frame(text(1))), [])
        self.assertEqual(self.numbers(frame(text(2))), [])


if __name__ == "__main__":
    unittest.main()
