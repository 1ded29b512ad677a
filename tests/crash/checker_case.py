"""What the tests of the checker have in common."""

import pathlib
import tempfile
import unittest

from scene import Scene


class CheckerCase(unittest.TestCase):
    make_scene = Scene

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="bridgekeeper-scene-")
        self.addCleanup(directory.cleanup)
        self.scene = self.make_scene(pathlib.Path(directory.name))

    def finds(self, *invariants, has_file=True):
        """The checker finds that these do not hold, and that all others do."""
        report = self.scene.check(has_file)
        self.assertEqual(report.violated(), set(invariants),
                         report.violations)
