"""The checker of the crash test: a good history passes, and each violation that
is planted in one is found."""

import unittest

from checker_case import CheckerCase
from facts import outcome
from report import INVARIANTS
from scene import AGENT, id_of


class GoodHistories(CheckerCase):
    def test_a_good_history_passes_and_every_invariant_is_checked(self):
        report = self.scene.check()
        self.assertEqual(report.violations, [])
        # Those of programs: test_programs.py.
        self.assertEqual(set(report.checked), set(INVARIANTS) - {"I13", "up"})

    def test_a_good_history_passes_without_a_file(self):
        self.finds(has_file=False)

    def test_an_uncertain_request_may_be_on_record_or_not(self):
        self.scene.log.facts = [
            x for x in self.scene.log.facts
            if x["kind"] != "accepted" or x["id"] != id_of(2)]
        for task in ("task-2", "not-stored"):
            self.scene.refuse(task, is_definite=False)
        self.finds()

    def test_a_refused_repetition_says_nothing_about_an_unanswered_request(
            self):
        self.scene.remove("accepted", id=id_of(2))
        self.scene.refuse("task-2")
        self.finds()


class Acceptances(CheckerCase):
    """I1."""

    def test_an_accepted_dispatch_that_is_not_on_record(self):
        self.scene.accept(9)
        self.finds("I1")

    def test_an_accepted_dispatch_with_another_task(self):
        self.scene.fact("asked", request=1)["content"] = "another"
        self.finds("I1")

    def test_an_accepted_dispatch_for_another_agent(self):
        self.scene.fact("asked", request=1)["agent"] = "agent-02"
        self.finds("I1")

    def test_an_accepted_dispatch_that_the_daemon_cannot_find(self):
        self.scene.add("absent", id=id_of(1), since=1000.0)
        self.finds("I1")


class Ends(CheckerCase):
    """I2."""

    def test_two_events_that_end_a_dispatch(self):
        self.scene.publish("agent_error", 1, is_read=False)
        self.scene.fact("calm")["wall_us"] = 0
        self.finds("I2")

    def test_two_events_that_end_a_dispatch_without_a_file(self):
        end = self.scene.fact("seen", id=id_of(1), via="stream")
        self.scene.log.facts.append({**end, "n": 99})
        self.finds("I2", has_file=False)

    def test_an_end_without_an_event(self):
        self.scene.sql("UPDATE events SET type = 4 WHERE type = 5")
        self.finds("I2", "I7")

    def test_an_end_in_an_event_of_another_kind(self):
        self.scene.sql("UPDATE events SET type = 6 WHERE type = 5")
        self.finds("I2", "I7")

    def test_an_end_that_was_left(self):
        self.scene.see(1, status="unfinished")
        self.scene.remove("calm")
        self.finds("I2")


class Outcomes(CheckerCase):
    """I3."""

    def test_an_outcome_with_another_content(self):
        self.scene.see(1, "ws", **outcome("completed", content="another"))
        self.finds("I3")

    def test_an_outcome_with_another_reason(self):
        self.scene.see(3, **outcome("error", "agent_lost"))
        self.finds("I3")

    def test_an_error_with_another_text(self):
        self.scene.see(2, **outcome("error", "task_failed", error="another"))
        self.finds("I3")

    def test_an_outcome_of_a_dispatch_that_is_not_on_record(self):
        self.scene.see(9, **outcome("error", "timeout"))
        self.finds("I3")

    def test_a_late_result_is_not_the_outcome(self):
        self.scene.sql("UPDATE results SET late = 1 WHERE dispatch = 1")
        self.scene.sql("UPDATE dispatches SET late = 1 WHERE n = 1")
        self.finds("I3")

    def test_two_outcomes_without_a_file(self):
        self.scene.see(3, **outcome("error", "agent_lost"))
        self.finds("I3", has_file=False)


class Repetitions(CheckerCase):
    """I6."""

    def test_one_key_that_is_answered_with_two_ids(self):
        self.scene.fact("accepted", request=1)["id"] = id_of(2)
        self.finds("I1", "I6")

    def test_a_key_that_is_kept_for_another_dispatch(self):
        self.scene.sql("UPDATE idempotency SET dispatch = 2")
        self.finds("I6")

    def test_a_request_that_is_stored_as_two_dispatches(self):
        self.scene.sql("UPDATE tasks SET content ="
                       " (SELECT content FROM tasks WHERE n = 1) WHERE n = 2")
        self.finds("I1", "I4", "I6")


class Events(CheckerCase):
    """I7."""

    def test_a_number_that_falls(self):
        self.scene.fact("event", n=3)["n"] = 1
        self.finds("I7")

    def test_a_number_that_two_events_have(self):
        event = self.scene.fact("event", n=2)
        self.scene.add("opened", reader="s", stream=f"agent:{AGENT}",
                       after=None)
        self.scene.tell_gap("s")
        self.scene.log.facts.append(
            {**event, "reader": "s", "print": "another"})
        self.scene.tell_gap("s")
        self.finds("I7")

    def test_an_event_that_is_missing_without_a_gap(self):
        self.scene.remove("gap")
        self.finds("I7")

    def test_an_event_that_is_missing_after_a_reconnect(self):
        self.scene.add("closed", reader="r")
        event = self.scene.fact("event", n=3)
        self.scene.add("opened", reader="s", stream=f"agent:{AGENT}", after=1)
        self.scene.log.facts.append({**event, "reader": "s"})
        self.scene.add("closed", reader="s", at=0.0)
        self.finds("I7")

    def test_a_gap_excuses_events_that_waited_with_it(self):
        self.scene.add("opened", reader="s", stream=f"agent:{AGENT}",
                       after=None)
        self.scene.tell_gap("s")
        for n in (1, 3, 8):
            event = self.scene.fact("event", n=n)
            self.scene.log.facts.append({**event, "reader": "s"})
        self.finds()

    def test_a_gap_does_not_excuse_later_events(self):
        self.scene.tell_gap("r")
        self.scene.publish("agent_progress", 1, is_read=False)
        self.scene.publish("agent_progress", 1)
        self.finds("I7")

    def test_an_event_that_never_comes(self):
        self.scene.publish("agent_progress", 1, is_read=False)
        self.finds("I7")

    def test_an_event_that_is_published_and_not_on_record(self):
        self.scene.publish("agent_progress", 1, is_stored=False)
        self.finds("I7")

    def test_an_event_of_another_time_than_on_record(self):
        self.scene.sql("UPDATE events SET at_us = at_us + 1 WHERE n = 1")
        self.finds("I7")

    def test_stored_times_that_do_not_rise(self):
        self.scene.sql("UPDATE events SET at_us = 1 WHERE type = 3 AND n > 4")
        self.finds("I7")


class Leftovers(CheckerCase):
    """I8."""

    def test_a_dispatch_that_is_unfinished_in_the_file(self):
        self.scene.sql("UPDATE dispatches SET state = 3 WHERE n = 3")
        self.scene.sql("UPDATE events SET type = 4"
                       " WHERE dispatch = 3 AND type = 6")
        self.finds("I3", "I7", "I8")

    def test_a_dispatch_that_is_shown_as_unfinished(self):
        self.scene.accept(6)
        self.scene.see(6, status="unfinished")
        self.finds("I8", has_file=False)


class Costs(CheckerCase):
    """I9."""

    def test_a_cost_that_counts_twice(self):
        self.scene.sql("UPDATE sessions SET spent_musd = 2500")
        self.scene.sql("UPDATE days SET spent_musd = 2500")
        self.scene.fact("costs")["session_musd"] = 2500
        self.finds("I9")

    def test_a_daemon_that_forgets_what_the_day_has_cost(self):
        self.scene.fact("costs")["day_musd"] = 0
        self.finds("I9")

    def test_a_day_without_a_cost(self):
        self.scene.sql("UPDATE days SET spent_musd = 500")
        self.finds("I9")

    def test_the_cost_of_an_earlier_attempt_that_does_not_count(self):
        self.scene.sql("UPDATE sessions SET spent_musd = 1500")
        self.scene.sql("UPDATE days SET spent_musd = 1500")
        self.scene.fact("costs")["session_musd"] = 1500
        self.finds("I9")

    def test_a_failed_attempt_without_its_result(self):
        self.scene.sql("DELETE FROM results WHERE dispatch = 3")
        self.scene.sql("UPDATE sessions SET spent_musd = 1500")
        self.scene.sql("UPDATE days SET spent_musd = 1500")
        self.scene.fact("costs")["session_musd"] = 1500
        self.finds("I9")

    def test_a_result_of_an_attempt_that_has_not_begun(self):
        self.scene.sql("UPDATE results SET attempt = 2 WHERE dispatch = 2")
        self.scene.fact("response", wire=id_of(2))["wire"] += ".2"
        self.finds("I3", "I9")

    def test_a_late_result_that_is_not_counted(self):
        self.scene.sql("UPDATE results SET late = 1 WHERE dispatch = 3")
        self.scene.sql("UPDATE changes SET reason = 32")
        self.finds("I9")

    def test_a_cost_that_no_bridge_reported(self):
        self.scene.fact("response", wire=id_of(2))["cost_musd"] = 501
        self.finds("I9")

    def test_a_sum_that_the_daemon_does_not_tell(self):
        self.scene.fact("costs")["session_musd"] = 1000
        self.finds("I9")

    def test_a_sum_without_a_file(self):
        self.scene.fact("costs")["session_musd"] = 1000
        self.finds("I9", has_file=False)


class Damage(CheckerCase):
    """I10."""

    def test_a_file_that_is_damaged(self):
        self.scene.sql("DROP INDEX dispatches_in_state")
        self.scene.sql("CREATE INDEX dispatches_in_state ON"
                       " dispatches(state, n) WHERE state > 99")
        self.scene.sql("PRAGMA writable_schema = ON")
        self.scene.sql("UPDATE sqlite_schema SET sql = 'CREATE INDEX"
                       " dispatches_in_state ON dispatches(state, n)'"
                       " WHERE name = 'dispatches_in_state'")
        self.finds("I10")

    def test_a_file_that_is_no_database(self):
        self.scene.path.write_bytes(b"not a database" * 1000)
        self.finds("I10")


class Refusals(CheckerCase):
    """I11."""

    def test_a_refused_dispatch_that_is_on_record(self):
        self.scene.sql("INSERT INTO tasks VALUES(6, 'refused 1', NULL, NULL)")
        self.scene.sql("INSERT INTO dispatches(n, id, agent, session, state,"
                       " reason, created_us, sent_us, changed_us)"
                       " VALUES(6, 'any', 1, 1, 8, 41, 0, 1, 1)")
        self.scene.publish("agent_error", 6, is_read=False)
        self.scene.fact("calm")["wall_us"] = 0
        self.finds("I11")

    def test_a_refused_dispatch_that_a_bridge_gets(self):
        self.scene.refuse("task-9")
        self.scene.send(9)
        self.finds("I11", has_file=False)


if __name__ == "__main__":
    unittest.main()
