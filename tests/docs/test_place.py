"""A page's commands fail when they should, and share a terminal."""

import time
import unittest

from place import Failure, Place


class PlaceTest(unittest.TestCase):

    def setUp(self):
        self.place = Place()
        self.addCleanup(self.place.close)

    def test_a_failing_command_is_noticed_wherever_it_is(self):
        for text in ("false\ntrue\n", "false | cat", "no-such-command"):
            with self.assertRaises(Failure):
                self.place.run(text)

    def test_variables_and_the_directory_pass_to_the_next_block(self):
        self.place.run("id='a b'\nmkdir there\ncd there\n")
        self.place.run("test \"$id\" = 'a b'\n")
        self.assertEqual(self.place.run("pwd"), f"{self.place.home}/there\n")

    def test_a_block_that_ends_early_is_not_waited_for(self):
        began = time.monotonic()
        with self.assertRaisesRegex(Failure, "only this"):
            self.place.go_on("echo only this", "that")
        self.assertLess(time.monotonic() - began, 30)

    def test_what_goes_on_ends_with_the_page(self):
        going = self.place.go_on("echo ready; sleep 1000", "ready")
        self.place.close()
        self.assertFalse(going.is_running())

    def test_the_home_is_not_the_callers(self):
        self.assertEqual(self.place.run("cd; pwd; env | grep -c VIBEFORGE "
                                        "|| true"), f"{self.place.home}\n0\n")


if __name__ == "__main__":
    unittest.main()
