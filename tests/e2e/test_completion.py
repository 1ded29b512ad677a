"""The completion scripts, in the shells that they are for."""

import os
import pathlib
import pty
import select
import shutil
import subprocess
import tempfile
import unittest

from daemon import BINARY
from waiting import DEADLINE

# Prints what bash offers for the last word of its arguments.
BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_bridgekeeper
printf '%s\\n' "${COMPREPLY[@]}"
"""

# For a zsh that completes, and writes its line to $LINE_FILE on ^X.
ZSHRC = """
PS1='ready> '
fpath=($ZDOTDIR $fpath)
autoload -Uz compinit && compinit -D -u
show() { print -r -- "$BUFFER" > $LINE_FILE; BUFFER=exit; zle accept-line }
zle -N show
bindkey '^X' show
"""


class CompletionCase(unittest.TestCase):

    SHELL = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="bridgekeeper-e2e-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.script = self.directory / "_bridgekeeper"
        self.script.write_text(subprocess.run(
            [BINARY, "completion", self.SHELL], check=True, text=True,
            stdout=subprocess.PIPE).stdout)


class BashCompletionTest(CompletionCase):

    SHELL = "bash"

    def offered(self, *words):
        return set(subprocess.run(
            ["bash", "-uc", BASH, "bash", self.script, *words], check=True,
            text=True, stdout=subprocess.PIPE).stdout.split())

    def test_values_of_flags_are_offered(self):
        for words, wanted in (
                (("dispatches", "--state", "ti"), {"timed_out"}),
                (("serve", "--log-level", "de"), {"debug"}),
                (("token", "new", "--scope", ""),
                 {"bridge", "control", "read", "admin"}),
                (("dispatch", "--durability", ""), {"full", "commit"}),
                (("bridge", "--agent", "c"), {"claude", "codex", "command"})):
            with self.subTest(words):
                self.assertEqual(self.offered("bridgekeeper", *words), wanted)

    def test_values_after_a_comma_and_after_an_equals_sign_are_offered(self):
        self.assertEqual(
            self.offered("bridgekeeper", "dispatches", "--state",
                         "failed,ti"), {"failed,timed_out"})
        # As bash splits --state=ti.
        self.assertEqual(
            self.offered("bridgekeeper", "dispatches", "--state", "=", "ti"),
            {"timed_out"})

    def test_help_offers_commands_and_completion_offers_shells(self):
        self.assertLessEqual({"serve", "token"},
                             self.offered("bridgekeeper", "help", ""))
        self.assertEqual(self.offered("bridgekeeper", "help", "token", ""),
                         {"new", "list", "revoke"})
        self.assertLessEqual({"bash", "zsh"},
                             self.offered("bridgekeeper", "completion", ""))

    def test_flags_follow_a_switch(self):
        self.assertIn("--listen", self.offered("bridgekeeper", "serve",
                                               "--tls-self-signed", "--"))


@unittest.skipUnless(shutil.which("zsh"), "needs zsh")
class ZshCompletionTest(CompletionCase):

    SHELL = "zsh"

    def completed(self, line):
        """What the line becomes with a tab."""
        (self.directory / ".zshrc").write_text(ZSHRC)
        result = self.directory / "line"
        terminal, other = pty.openpty()
        shell = subprocess.Popen(
            ["zsh", "-i"], stdin=other, stdout=other, stderr=other,
            start_new_session=True, env={
                **os.environ, "TERM": "dumb", "ZDOTDIR": str(self.directory),
                "LINE_FILE": str(result)})
        os.close(other)
        try:
            self.read_until(terminal, b"ready> ")
            os.write(terminal, line.encode() + b"\t\x18")
            self.read_until(terminal, None)
            self.assertEqual(shell.wait(DEADLINE), 0)
        finally:
            shell.kill()
            shell.wait()
            os.close(terminal)
        return result.read_text().rstrip("\n")

    def read_until(self, terminal, end):
        """Reads until this was written; None: until the shell has ended."""
        seen = b""
        while end is None or end not in seen:
            ready, _, _ = select.select([terminal], [], [], DEADLINE)
            self.assertTrue(ready, seen)
            try:
                seen += os.read(terminal, 4096)
            except OSError:  # The other side is closed.
                return

    def test_values_commands_and_files_are_completed(self):
        (self.directory / "settings.toml").touch()
        for line, wanted in (
                ("bridgekeeper dispatches --state ti", "timed_out"),
                ("bridgekeeper dispatches --state=failed,ti",
                 "--state=failed,timed_out"),
                ("bridgekeeper help disp", "dispatch"),
                ("bridgekeeper completion zs", "zsh"),
                (f"bridgekeeper serve --config={self.directory}/set",
                 f"--config={self.directory}/settings.toml"),
                (f"bridgekeeper serve --config {self.directory}/set",
                 f"{self.directory}/settings.toml"),
                ("bridgekeeper-bridge --agent cla", "claude")):
            with self.subTest(line):
                self.assertIn(wanted, self.completed(line))


if __name__ == "__main__":
    unittest.main()
