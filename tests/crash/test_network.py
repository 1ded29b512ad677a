"""What the network of the crash test notes of the messages that pass."""

import json
import types
import unittest

from facts import Log
from network import LinkWatch
from test_messages import frame

AGENT = "agent-01"
REGISTER = {"type": "register", "labels": {"process": "process-1"},
            "resume": [{"message_id": "one"}]}
REGISTERED = {"type": "registered", "incarnation": 7, "cancelled": ["two"]}


class LinkWatchTest(unittest.TestCase):
    def setUp(self):
        self.log = Log()
        self.newest = {}
        self.watch = LinkWatch(types.SimpleNamespace(log=self.log), AGENT,
                               self.newest)
        self.watch.sent_by_bridge(b"GET / HTTP/1.1\r\n\r\n")
        self.watch.sent_by_daemon(b"HTTP/1.1 101 Switching\r\n\r\n")

    def up(self, *messages):
        self.watch.sent_by_bridge(self._frames(messages))

    def down(self, *messages):
        self.watch.sent_by_daemon(self._frames(messages))

    @staticmethod
    def _frames(messages):
        return b"".join(frame(json.dumps(x).encode()) for x in messages)

    def kinds(self):
        return [x["kind"] for x in self.log.facts]

    def test_what_passes_is_noted(self):
        self.up(REGISTER)
        self.down(REGISTERED)
        linked, = self.log.of("linked")
        self.assertEqual(
            (linked["agent"], linked["process"], linked["incarnation"],
             linked["listed"]), (AGENT, "process-1", 7, ["one"]))
        self.assertEqual(self.log.of("called_off")[0]["wire"], "two")
        self.watch.ended(by_daemon=True)
        self.assertEqual(self.kinds(),
                         ["dropped", "linked", "called_off", "unlinked"])

    def test_a_message_that_cannot_be_read_is_noted_and_ends_nothing(self):
        for send, bad in ((self.up, {"type": "register", "labels": {}}),
                          (self.up, {"type": "response"}), (self.up, [1]),
                          (self.down, {"type": "dispatch"}),
                          (self.down, {"no": "type"})):
            with self.subTest(message=bad):
                self.log.facts.clear()
                send(bad)
                fact, = self.log.facts
                self.assertEqual((fact["kind"], fact["agent"], fact["text"]),
                                 ("misread", AGENT, str(bad)))
                self.assertIn("Error", fact["error"])

    def test_messages_after_one_that_cannot_be_read_are_noted(self):
        self.up({"type": "response"}, REGISTER)
        self.down({"type": "ack"}, REGISTERED,
                  {"type": "ack", "message_id": "one"})
        self.assertEqual(self.kinds(), ["misread", "misread", "dropped",
                                        "linked", "called_off", "acked"])


if __name__ == "__main__":
    unittest.main()
