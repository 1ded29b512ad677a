"""Tests of what the crash test chooses."""

import random
import tempfile
import unittest

import features
from kills import choose_kills, due_point


def chosen(first_seed, rounds):
    """The points that kills of these rounds name."""
    out = set()
    for seed in range(first_seed, first_seed + rounds):
        is_new = seed == first_seed or seed % 3 != 0
        for kill in choose_kills(random.Random(seed), True, is_new,
                                 due=due_point(seed)):
            if kill.point:
                out.add(kill.point.partition(":")[0])
    return out


class Kills(unittest.TestCase):

    def test_each_point_is_chosen_within_20_rounds(self):
        for first_seed in range(1, 200):
            with self.subTest(first_seed=first_seed):
                self.assertEqual(chosen(first_seed, 20), set(features.POINTS))

    def test_a_store_that_exists_is_not_killed_while_it_is_made(self):
        for seed in range(200):
            for kill in choose_kills(random.Random(seed), True, False,
                                     due=due_point(seed)):
                self.assertNotIn("migration", kill.point or "")

    def test_the_first_kill_is_never_one_of_recovery(self):
        for seed in range(200):
            first, *_ = choose_kills(random.Random(seed), True, True,
                                     due=due_point(seed))
            self.assertNotIn("recovery", first.point or "")


class Binaries(unittest.TestCase):

    def has_points(self, *texts):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"\0".join(texts))
            file.flush()
            return features.has_crash_points(file.name)

    def test_a_daemon_that_names_its_points_has_some(self):
        self.assertTrue(self.has_points(b"BRIDGEKEEPER_CRASH_AT",
                                        b"before_frame"))

    def test_a_daemon_that_never_visits_a_point_has_none(self):
        self.assertFalse(self.has_points(b"BRIDGEKEEPER_CRASH_AT"))

    def test_the_point_that_is_looked_for_exists(self):
        self.assertIn("before_frame", features.POINTS)


if __name__ == "__main__":
    unittest.main()
