"""The fake agents behave as the real ones do where a bridge depends on it."""

import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(__file__).parent
_DEADLINE = 30

COMMANDS = {
    "claude": ["--print", "--output-format", "stream-json", "--verbose"],
    "codex": ["exec", "--json"],
    "gemini": ["--output-format", "stream-json"],
    "opencode": ["run", "--format", "json"],
}


class FakeAgentsTest(unittest.TestCase):

    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.environment = os.environ | {"FAKE_AGENT_HOME": home.name}

    def run_agent(self, agent, arguments, prompt="hello"):
        return subprocess.run([FOLDER / agent, *arguments], input=prompt,
                              capture_output=True, text=True,
                              env=self.environment, timeout=_DEADLINE)

    def events(self, agent, arguments, prompt="hello"):
        out = self.run_agent(agent, arguments, prompt)
        self.assertEqual(out.returncode, 0, out.stderr)
        return [json.loads(x) for x in out.stdout.splitlines()]

    def test_unknown_flags_are_refused(self):
        for agent, arguments in (COMMANDS | {"aider": []}).items():
            with self.subTest(agent):
                out = self.run_agent(agent, [*arguments, "--no-such-flag"])
                self.assertNotEqual(out.returncode, 0)
                self.assertIn("--no-such-flag", out.stderr)

    def test_every_line_is_an_event(self):
        for agent, arguments in COMMANDS.items():
            with self.subTest(agent):
                events = self.events(agent, arguments)
                self.assertTrue(all("type" in x for x in events))

    def test_sessions_go_on(self):
        claude = COMMANDS["claude"]
        session = self.events("claude", claude)[0]["session_id"]
        last = self.events("claude", [f"--resume={session}", *claude],
                           "recall")[-1]
        self.assertEqual(last["result"], "earlier: hello")
        self.assertEqual(last["session_id"], session)
        self.assertEqual(last["total_cost_usd"], 0.5)
        session = self.events("codex", ["exec", "--json"])[0]["thread_id"]
        events = self.events(
            "codex", ["exec", "--json", "resume", session, "-"], "recall")
        self.assertEqual(events[0]["thread_id"], session)
        self.assertEqual(events[-2]["item"]["text"], "earlier: hello")

    def test_unknown_sessions_fail_in_the_agents_own_words(self):
        for agent, arguments, words in (
                ("claude", ["-p", "--resume", "x"], "No conversation found"),
                ("codex", ["exec", "--json", "resume", "x", "-"],
                 "no rollout found"),
                ("gemini", ["--resume=x"], "Error resuming session"),
                ("opencode", ["run", "--session=x"], "Session not found")):
            with self.subTest(agent):
                out = self.run_agent(agent, arguments)
                self.assertNotEqual(out.returncode, 0)
                self.assertIn(words, out.stderr)

    def test_words_in_the_prompt_choose_the_end(self):
        claude = COMMANDS["claude"]
        self.assertEqual(self.run_agent("claude", claude, "fail").returncode, 1)
        self.assertEqual(
            self.run_agent("claude", claude, "crash").returncode,
            -signal.SIGKILL)
        self.assertEqual(self.run_agent("gemini", [], "auth").returncode, 41)
        self.assertEqual(
            self.run_agent("opencode", ["run"], "fail").returncode, 0)

    def test_aider_reads_its_message_from_a_file(self):
        out = self.run_agent(
            "aider", ["--message-file", "/dev/stdin", "--no-pretty"])
        self.assertIn("echo: hello\nTokens: ", out.stdout)

    def test_claude_needs_verbose_for_its_stream(self):
        out = self.run_agent("claude", ["-p", "--output-format", "stream-json"])
        self.assertEqual(out.returncode, 1)
        self.assertIn("requires --verbose", out.stderr)


if __name__ == "__main__":
    unittest.main()
