"""The checker of the crash test, on bridges that are programs."""

import pathlib
import tempfile
import unittest

from checker_case import CheckerCase
from executions import add_executions
from facts import Log, digest, outcome
from mishaps import count_mishaps
from scene import id_of
from scene_programs import (FIRST, N, PROGRAM_AGENT, SECOND, ProgramScene)

WIRE = id_of(N)


class ProgramCase(CheckerCase):
    make_scene = ProgramScene

    def test_a_good_history_passes(self):
        self.finds()

    def test_a_good_history_passes_without_a_file(self):
        self.finds(has_file=False)


class ProgramFrames(ProgramCase):
    """I4."""

    def test_a_command_that_is_executed_twice(self):
        self.scene.execute(FIRST)
        self.finds("I4")

    def test_a_command_that_the_next_process_executes_again(self):
        self.scene.pass_on(SECOND, 3)
        self.scene.execute(SECOND)
        self.finds("I4")

    def test_a_frame_that_the_next_process_is_sent(self):
        self.scene.fact("linked", agent=PROGRAM_AGENT, incarnation=3)[
            "listed"] = []
        self.scene.pass_on(SECOND, 3)
        acked = self.scene.fact("acked", wire=WIRE)
        self.scene.log.facts[-1]["at"] = acked["at"] - 0.1
        self.finds("I4")

    def test_a_frame_that_is_sent_twice_on_one_link(self):
        self.scene.fact("frame", agent=PROGRAM_AGENT, incarnation=2)[
            "incarnation"] = 1
        self.finds("I4")

    def test_a_frame_of_a_dispatch_that_the_bridge_has_listed(self):
        self.scene.fact("linked", agent=PROGRAM_AGENT, incarnation=2)[
            "listed"] = [WIRE]
        self.finds("I4")

    def test_a_frame_of_a_dispatch_whose_result_was_acknowledged(self):
        frame = self.scene.fact("frame", agent=PROGRAM_AGENT, incarnation=2)
        self.scene.fact("acked", wire=WIRE)["at"] = frame["at"] - 0.1
        self.finds("I4")

    def test_a_frame_that_is_sent_again_before_that_is_on_record(self):
        self.scene.sql("DELETE FROM changes WHERE dispatch = ?"
                       " AND incarnation = 2", N)
        self.finds("I4")

    def test_another_text_is_executed_than_was_sent(self):
        self.scene.fact("executed", wire=WIRE)["content"] = "another"
        self.finds("I4")

    def test_a_part_of_the_text_reaches_the_command_of_a_killed_bridge(self):
        at = self.scene.fact("ended", process=FIRST)["at"]
        self.scene.fact("executed", wire=WIRE).update(content="part",
                                                      at=at + 0.1)
        self.finds("I4")

    def test_a_command_that_is_executed_and_was_never_sent(self):
        self.scene.add("executed", agent=PROGRAM_AGENT, wire="unknown",
                       process=FIRST, task="task", content="content")
        self.finds("I4")


class ProgramResults(ProgramCase):
    """I5."""

    def finished(self):
        return self.scene.fact("finished", wire=WIRE)

    def test_a_bridge_that_sends_another_result_than_its_command_made(self):
        self.finished()["made"] = ["another", 0, None]
        self.finds("I5")

    def test_a_bridge_may_send_another_result_of_what_was_cancelled(self):
        self.finished().update(made=["another", 0, None], is_called_off=True)
        self.finds()

    def test_a_bridge_may_send_another_result_of_what_is_over_its_deadline(
            self):
        frame = self.scene.fact("frame", agent=PROGRAM_AGENT)
        frame["due_s"] = self.finished()["at"] - frame["at"] - 2
        self.finished()["made"] = ["another", 0, None]
        self.finds()

    def _forget(self):
        """The second process does not find the result."""
        self.scene.fact("restarted", kept=[WIRE])["kept"] = []

    def test_a_result_that_is_missing_in_the_state_directory(self):
        self._forget()
        self.finds("I5")

    def test_a_result_that_is_missing_there_after_a_second_kill(self):
        self.scene.fact("acked", wire=WIRE)["at"] += 100
        self.finds("I5")

    def test_a_result_that_was_made_at_the_moment_of_the_kill(self):
        self._forget()
        self.finished()["at"] = self.scene.fact(
            "ended", process=FIRST)["at"] - 0.1
        self.finds()

    def test_a_result_that_was_made_while_the_bridge_was_stopped(self):
        self._forget()
        at = self.finished()["at"]
        self.scene.add("stopped", agent=PROGRAM_AGENT, at=at - 5)
        self.scene.add("continued", agent=PROGRAM_AGENT, at=at + 1)
        self.finds()

    def test_a_result_that_was_made_after_the_bridge_was_continued(self):
        self._forget()
        at = self.finished()["at"]
        self.scene.add("stopped", agent=PROGRAM_AGENT, at=at - 5)
        self.scene.add("continued", agent=PROGRAM_AGENT, at=at - 1)
        self.finds("I5")

    def test_a_result_of_a_bridge_without_a_state_directory(self):
        self._forget()
        for fact in self.scene.log.of("restarted"):
            fact["has_state_dir"] = False
        self.finds()

    def _lose(self):
        """The dispatch is lost; its result is late."""
        self.scene.sql("UPDATE dispatches SET state = 8, reason = 41, late = 1"
                       " WHERE n = ?", N)
        self.scene.sql("UPDATE results SET late = 1 WHERE dispatch = ?", N)
        self.scene.sql("UPDATE events SET type = 6"
                       " WHERE dispatch = ? AND type = 5", N)
        for fact in self.scene.log.facts:
            if fact["kind"] == "seen" and fact["id"] == WIRE:
                fact.update(outcome("error", "agent_lost"))
            if fact["kind"] == "event" and fact["dispatch"] == WIRE \
                    and fact["type"] == "agent_response":
                fact["type"] = "agent_error"

    def test_a_result_that_was_finished_in_time_and_is_late(self):
        self._lose()
        self.finds("I5")

    def test_a_result_that_a_stalled_network_has_delayed(self):
        self._lose()
        at = self.finished()["at"]
        self.scene.add("stalled", agent=PROGRAM_AGENT, at=at)
        self.scene.add("flowing", agent=PROGRAM_AGENT, at=at + 0.2)
        self.finds()

    def test_a_result_that_is_never_acknowledged(self):
        self.scene.remove("acked", wire=WIRE)
        self.scene.log.facts.remove(self.scene.log.of("restarted")[-1])
        self.finds("I5")

    def test_an_acknowledged_result_that_is_not_on_record(self):
        self._lose()
        self.finished()["is_called_off"] = True
        self.scene.sql("DELETE FROM results WHERE dispatch = ?", N)
        self.scene.sql("UPDATE dispatches SET late = 0 WHERE n = ?", N)
        self.finds("I5")


class ProgramEnds(ProgramCase):
    """up."""

    def test_a_bridge_that_ends_by_itself(self):
        self.scene.fact("ended", process=SECOND)["status"] = 7
        self.finds("up")

    def test_a_message_that_the_test_does_not_understand(self):
        self.scene.add("misread", agent=PROGRAM_AGENT, error="KeyError('x')",
                       text="{}")
        self.finds("up")


class ProgramSurvivors(ProgramCase):
    """I13."""

    def _outlive(self, seconds):
        at = self.scene.fact("ended", process=FIRST)["at"]
        self.scene.add("outlived", agent=PROGRAM_AGENT, wire=WIRE,
                       process=FIRST, note="finished", at=at + seconds)

    def test_a_task_that_goes_on_after_its_bridge_was_killed(self):
        self._outlive(3.1)
        self.finds("I13")

    def test_a_task_may_take_a_while_to_end(self):
        self._outlive(2.9)
        self.finds()


class Executions(unittest.TestCase):
    """What the commands have logged."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(
            tempfile.TemporaryDirectory(prefix="bridgekeeper-executions-")))
        (self.folder / PROGRAM_AGENT).mkdir()
        self.log = Log()
        self.log.add("frame", at=1.0, agent=PROGRAM_AGENT, wire=WIRE,
                     process=FIRST, is_passed=True)

    def note(self, *fields):
        with open(self.folder / PROGRAM_AGENT / "executions", "a") as file:
            file.write(repr(fields) + "\n")

    def finished(self):
        self.note("executed", WIRE, FIRST, 2.0, "task text")
        self.note("finished", WIRE, FIRST, 3.0, "result", 5, None)
        add_executions(self.log, self.folder)
        return self.log.of("finished")

    def test_what_was_executed_and_made_is_known(self):
        fact, = self.finished()
        self.assertEqual(fact["made"], [digest("result"), 5, None])
        self.assertEqual((fact["at"], fact["process"], fact["agent"],
                          fact["is_called_off"]),
                         (3.0, FIRST, PROGRAM_AGENT, False))
        executed, = self.log.of("executed")
        self.assertEqual((executed["task"], executed["content"]),
                         ("task", digest("task text")))

    def test_the_newline_that_the_bridge_adds_is_no_part_of_the_text(self):
        self.note("executed", WIRE, FIRST, 2.0, "task text\n")
        add_executions(self.log, self.folder)
        executed, = self.log.of("executed")
        self.assertEqual(executed["content"], digest("task text"))

    def test_what_the_command_of_a_killed_bridge_makes_is_no_result(self):
        self.log.add("ended", at=2.5, process=FIRST)
        self.assertEqual(self.finished(), [])

    def test_what_goes_on_after_a_bridge_was_killed_is_known(self):
        self.log.add("ended", at=1.5, process=FIRST)
        self.note("lingered", WIRE, FIRST, 9.0)
        self.finished()
        self.assertEqual(
            [(x["note"], x["at"], x["process"], x["wire"], x["agent"])
             for x in self.log.of("outlived")],
            [(note, at, FIRST, WIRE, PROGRAM_AGENT) for note, at in
             (("lingered", 9.0), ("executed", 2.0), ("finished", 3.0))])

    def test_what_a_task_leaves_while_its_bridge_runs_is_no_result(self):
        self.note("lingered", WIRE, FIRST, 2.5)
        self.assertEqual(len(self.finished()), 1)
        self.assertEqual(self.log.of("outlived"), [])

    def test_what_the_bridge_has_sent_is_its_result(self):
        self.log.add("called_off", wire=WIRE)
        self.log.add("response", wire=WIRE, content="other", cost_musd=0,
                     error="cancelled")
        fact, = self.finished()
        self.assertEqual((fact["content"], fact["error"],
                          fact["is_called_off"]), ("other", "cancelled", True))
        self.assertEqual(fact["made"], [digest("result"), 5, None])

    def test_what_an_earlier_round_knows_is_not_added_again(self):
        self.log.add("finished", wire=WIRE)
        self.assertEqual(len(self.finished()), 1)

    def test_mishaps_are_counted(self):
        self.log.add("fault", agent="agent-03", fault="cut")
        self.log.add("duplicated", count=3)
        self.log.add("stopped", agent=PROGRAM_AGENT, at=1.0)
        self.log.add("continued", agent=PROGRAM_AGENT, at=4.0)
        self.log.add("restarted", agent=PROGRAM_AGENT, kept=[],
                     is_first=True)
        self.log.add("restarted", agent=PROGRAM_AGENT, kept=[WIRE],
                     is_first=False)
        self.log.add("ended", agent=PROGRAM_AGENT, process=FIRST)
        self.assertEqual(
            dict(count_mishaps(self.log.facts)),
            {"cut": 1, "duplicates": 3, "stops": 1, "long stops": 1,
             "restarts": 1, "kept": 1})


if __name__ == "__main__":
    unittest.main()
