"""Commands of a user who may not read what they need."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from daemon import BINARY, environment


@unittest.skipUnless(os.geteuid() == 0, "only root can be another user")
class WrongUserTest(unittest.TestCase):

    def test_token_list_asks_for_the_owner_of_the_file(self):
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        directory.chmod(0o755)
        file = directory / "scoped-tokens"
        file.touch(mode=0o600)
        done = subprocess.run(
            [BINARY, "token", "list", "--file", file], user=65534,
            env=environment(), text=True, capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"Cannot read {file}: Permission denied."
                         " Run the command as the file's owner.\n")
