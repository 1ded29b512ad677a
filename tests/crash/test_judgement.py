"""How the crash test judges what its rounds have found."""

import contextlib
import io
import unittest

import features
from crash_test import judge, judge_mutation
from report import INVARIANTS


class JudgementCase(unittest.TestCase):
    def setUp(self):
        self.said = io.StringIO()
        self.enterContext(contextlib.redirect_stdout(self.said))


class Judgement(JudgementCase):
    def test_rounds_without_a_violation_are_good(self):
        self.assertEqual(judge([], set()), 0)
        self.assertEqual(self.said.getvalue(), "")

    def test_a_violation_in_a_round_is_a_failure(self):
        self.assertEqual(judge([3, 4], {"I7", "I1"}), 1)
        self.assertIn("I1, I7; seeds 3, 4.", self.said.getvalue())


class Mutations(JudgementCase):
    def judge(self, name, *violated):
        return judge_mutation(name, features.MUTATIONS[name].shows_in,
                              set(violated))

    def test_each_defect_is_detected_by_each_invariant_that_it_breaks(self):
        for name, mutation in features.MUTATIONS.items():
            self.assertTrue(mutation.shows_in)
            for invariant in mutation.shows_in:
                with self.subTest(name=name, invariant=invariant):
                    self.assertEqual(self.judge(name, invariant), 0)
                    self.assertEqual(self.judge(name, invariant, "up"), 0)

    def test_a_defect_is_not_detected_by_anything_else(self):
        for name, mutation in features.MUTATIONS.items():
            with self.subTest(name=name):
                others = set(INVARIANTS) - mutation.shows_in
                self.assertEqual(self.judge(name, *others), 1)

    def test_a_defect_is_not_detected_if_nothing_is_violated(self):
        self.assertEqual(self.judge("send_first"), 1)
        self.assertIn("NOT detected. It shows in I4; violated: nothing.",
                      self.said.getvalue())

    def test_defects_name_invariants_and_points_that_exist(self):
        for name, mutation in features.MUTATIONS.items():
            with self.subTest(name=name):
                self.assertLessEqual(mutation.shows_in, set(INVARIANTS))
                self.assertIn(mutation.point, (None, *features.POINTS))


if __name__ == "__main__":
    unittest.main()
