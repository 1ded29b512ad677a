"""The checker of the crash test, on how dispatches that wait end."""

import unittest

from checker_case import CheckerCase
from scene import AGENT, START_US, id_of
from vocabulary import reasons

_REASONS = {name: number for number, name in reasons().items()}


class Waiting(CheckerCase):
    """I12."""

    def _lose(self, n, is_patient):
        """The n-th dispatch, which has not been sent, is lost."""
        self.scene.fact("asked", task=f"task-{n}")["is_patient"] = is_patient
        for fact in self.scene.log.facts:
            if fact["kind"] == "seen" and fact["id"] == id_of(n):
                fact["reason"] = "agent_lost"
        self.scene.sql("UPDATE dispatches SET state = 8, reason = 41"
                       " WHERE n = ?", n)

    def _drop(self, seconds):
        """The agent's link ends so long after dispatch 4 was accepted."""
        since = self.scene.fact("asked", task="task-4")["wall_us"]
        self.scene.add("dropped", agent=AGENT,
                       wall_us=since + int(seconds * 1e6))

    def test_a_loss_while_no_link_ended(self):
        self._lose(4, is_patient=False)
        self.finds("I12")

    def test_a_loss_with_the_link(self):
        self._lose(4, is_patient=False)
        self._drop(0.5)
        self.finds()

    def test_a_loss_with_an_earlier_link(self):
        self._lose(4, is_patient=False)
        self._drop(-5)
        self.finds("I12")

    def test_a_loss_of_what_waits_for_absent_agents(self):
        self._lose(4, is_patient=True)
        self._drop(0.5)
        self.finds("I12")

    def test_a_loss_of_what_waits_for_its_next_attempt(self):
        self._lose(3, is_patient=False)
        self.scene.sql("UPDATE dispatches SET sent_us = NULL WHERE n = 3")
        self._drop(0.5)
        self.finds("I12")

    def _end(self, reason):
        """Dispatch 4 ended for this reason."""
        for fact in self.scene.log.facts:
            if fact["kind"] == "seen" and fact["id"] == id_of(4):
                fact["reason"] = reason
        self.scene.sql("UPDATE dispatches SET reason = ? WHERE n = 4",
                       _REASONS[reason])

    def test_another_end_while_it_waited(self):
        self._end("internal")
        self.finds("I12")

    def test_an_end_by_a_cancellation(self):
        self._end("cancelled")
        self.scene.add("cancelling", id=id_of(4))
        self.finds()

    def test_an_end_by_a_cancellation_that_nobody_asked_for(self):
        self._end("cancelled")
        self.finds("I12")

    def test_a_timeout_that_came_too_early(self):
        self.scene.sql("UPDATE dispatches SET changed_us = changed_us - 50000"
                       " WHERE n = 4")
        self.finds("I12")

    def _time_out_while_it_waits_again(self, seconds):
        """Dispatch 3, this long after its second attempt could begin."""
        self.scene.sql("UPDATE dispatches SET sent_us = NULL, changed_us = ?"
                       " WHERE n = 3",
                       START_US + 1_000_000 + int(seconds * 1e6))

    def test_a_timeout_after_a_retry(self):
        self._time_out_while_it_waits_again(1.5)
        self.finds()

    def test_a_timeout_that_came_too_early_after_a_retry(self):
        self._time_out_while_it_waits_again(1.4)
        self.finds("I12")

    def test_a_timeout_of_all_attempts_may_come_earlier(self):
        self.scene.fact("asked", task="task-4")["total_timeout"] = 1.0
        self.scene.sql("UPDATE dispatches SET changed_us = changed_us - 500000"
                       " WHERE n = 4")
        self.finds()


if __name__ == "__main__":
    unittest.main()
