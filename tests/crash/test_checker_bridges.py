"""The checker of the crash test, on what bridges get and send."""

import unittest

from checker_case import CheckerCase
from facts import outcome
from scene import AGENT, PROCESS, id_of
from tasks import RESUME_GRACE


class Frames(CheckerCase):
    """I4."""

    def test_a_frame_that_is_sent_twice(self):
        self.scene.send(1)
        self.finds("I4")

    def test_more_wire_ids_than_attempts_are_allowed(self):
        self.scene.send(3, attempt=3)
        self.finds("I4")

    def test_more_wire_ids_than_attempts_are_allowed_without_a_file(self):
        self.scene.send(1, attempt=2)
        self.finds("I4", has_file=False)

    def test_a_wire_id_of_an_attempt_that_has_not_begun(self):
        self.scene.fact("asked", task="task-3")["max_attempts"] = 5
        self.scene.sql("UPDATE dispatches SET max_attempts = 5 WHERE n = 3")
        self.scene.send(3, attempt=3)
        self.finds("I4")

    def test_other_attempts_on_record_than_were_asked_for(self):
        self.scene.sql("UPDATE dispatches SET max_attempts = 3 WHERE n = 3")
        self.finds("I4")

    def test_an_attempt_on_record_that_has_not_ended(self):
        self.scene.sql("DELETE FROM changes")
        self.finds("I4")

    def test_an_attempt_that_is_sent_after_a_later_one(self):
        first = self.scene.fact("frame", wire=id_of(3))
        self.scene.remove("frame", wire=id_of(3))
        self.scene.log.facts.append(first)
        self.finds("I4")

    def test_a_wire_id_that_no_attempt_has(self):
        self.scene.fact("frame", wire=id_of(1))["wire"] += ".1"
        self.finds("I4")

    def test_a_frame_of_a_dispatch_that_is_not_on_record(self):
        self.scene.send(9)
        self.finds("I4")

    def test_a_frame_to_another_agent(self):
        self.scene.fact("frame", wire=id_of(1))["agent"] = "agent-02"
        self.finds("I4")


class ResumedFrames(CheckerCase):
    """I4, of bridges that speak protocol 1.1."""

    def test_an_execution_that_is_repeated(self):
        self.scene.add("executed", agent=AGENT, wire=id_of(5),
                       process=PROCESS)
        self.finds("I4")

    def test_an_execution_that_is_repeated_without_a_file(self):
        self.scene.add("executed", agent=AGENT, wire=id_of(5),
                       process=PROCESS)
        self.finds("I4", has_file=False)

    def test_a_frame_that_two_processes_get(self):
        self.scene.send(5, process="process-2", incarnation=2, due_s=60)
        self.scene.link(2, process="process-2")
        self.finds("I4")

    def test_a_frame_that_is_sent_again_before_that_is_on_record(self):
        self.scene.sql("DELETE FROM changes WHERE dispatch = 5 AND k = 1")
        self.finds("I4")


class Results(CheckerCase):
    """I5."""

    def _lose(self, is_late=False):
        """The result of dispatch 5 does not arrive, or not in time."""
        self.scene.sql("UPDATE dispatches SET state = 8, reason = 41, late = ?"
                       " WHERE n = 5", int(is_late))
        self.scene.sql("UPDATE results SET late = 1 WHERE dispatch = 5")
        if not is_late:
            self.scene.sql("DELETE FROM results WHERE dispatch = 5")
        self.scene.sql("UPDATE events SET type = 6"
                       " WHERE dispatch = 5 AND type = 5")
        lost = outcome("error", "agent_lost")
        for fact in self.scene.log.facts:
            if fact["kind"] == "seen" and fact["id"] == id_of(5):
                fact.update(lost)
            if fact["kind"] == "event" and fact["dispatch"] == id_of(5) \
                    and fact["type"] == "agent_response":
                fact["type"] = "agent_error"

    def _read_late(self, *late):
        """The record, as it is read last."""
        self.scene.see(5, late=list(late), **outcome("error", "agent_lost"))

    def _excuse(self):
        """It was not finished in time."""
        self.scene.fact("frame", wire=id_of(5))["due_s"] = 1

    def test_an_acknowledged_result_that_is_not_on_record(self):
        self._lose()
        self._excuse()
        self.finds("I5")

    def test_an_acknowledged_result_that_is_kept_as_late(self):
        self._lose(is_late=True)
        self._excuse()
        sent = self.scene.fact("finished")["content"]
        self._read_late([1, sent, None])
        self.finds()

    def test_a_late_result_that_cannot_be_read(self):
        self._lose(is_late=True)
        self._excuse()
        self._read_late()
        self.finds("I5")

    def test_an_acknowledged_result_with_another_error(self):
        self.scene.fact("finished")["error"] = "another"
        self.finds("I5")

    def test_a_result_that_is_never_acknowledged(self):
        self.scene.remove("acked")
        self.finds("I5")

    def test_a_result_without_acknowledgement_of_a_process_that_is_gone(self):
        self.scene.remove("acked")
        self.scene.add("restarted", agent=AGENT, kept=[],
                       at=self.scene.fact("finished")["at"] + 1)
        self.finds()

    def test_a_result_that_was_finished_in_time_and_is_late(self):
        self._lose(is_late=True)
        self.finds("I5")

    def test_a_result_of_a_bridge_that_came_back_too_late(self):
        self._lose(is_late=True)
        back = self.scene.fact("linked", incarnation=3)
        back["at"] += RESUME_GRACE
        self.finds()

    def test_a_result_of_a_bridge_that_came_back_soon_after_a_restart(self):
        self._lose(is_late=True)
        back = self.scene.fact("linked", incarnation=3)
        self.scene.add("listening", at=back["at"])
        back["at"] += 0.5
        self.scene.fact("unlinked")["at"] -= 1
        self.finds("I5")

    def test_a_result_of_a_bridge_that_was_stopped(self):
        self._lose(is_late=True)
        at = self.scene.fact("unlinked")["at"]
        self.scene.add("stopped", agent=AGENT, at=at)
        self.scene.add("continued", agent=AGENT, at=at + 0.1)
        self.finds()


if __name__ == "__main__":
    unittest.main()
