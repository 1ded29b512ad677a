"""Tests of what the crash test chooses."""

import random
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


if __name__ == "__main__":
    unittest.main()
