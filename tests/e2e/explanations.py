"""What the tests of explanations have in common."""

import pathlib
import re

from client import get

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The reasons that tests bring about, by the names of their tests.
COVERED = {}


def brings(*reasons):
    """Marks a test that brings about these reasons and reads why."""
    def mark(test):
        for reason in reasons:
            COVERED.setdefault(reason, set()).add(test.__name__)
        return test
    return mark


def all_reasons():
    """The enumerators of `errc`."""
    text = (ROOT / "domain/errc.hpp").read_text()
    body = re.search(r"enum class errc.*?\{(.*?)\n\};", text, re.S)[1]
    return set(re.findall(r"^\s+([a-z_]+)(?: = \d+)?,$", body, re.M))


def reasons_of_unit_tests():
    """Those that only a harness can bring about: see the test file."""
    text = (ROOT / "tests/api/explain_reasons_test.cpp").read_text()
    return set(re.findall(r"brought_about\(errc::([a-z_]+)\b", text))


class Explaining:
    """For test cases."""

    async def explanation(self, daemon, kind, id, **options):
        answer = await get(daemon, f"/control/{kind}/{id}/explain", **options)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    async def step(self, daemon, reason, kind="reasons", id=None, **options):
        """The newest step with this reason, and the whole explanation."""
        whole = await self.explanation(daemon, kind, id or reason, **options)
        found = [x for x in whole["steps"] if x["reason"] == reason]
        self.assertTrue(found, f"no step says {reason}: {whole}")
        return found[-1], whole

    async def check(self, daemon, reason, kind="reasons", id=None,
                    setting=None, value=None, says=None, **options):
        """The explanation says what was decided, by which rule, with which
        value, and what to do next."""
        step, whole = await self.step(daemon, reason, kind, id, **options)
        self.assertTrue(step["text"].endswith("."), step)
        self.assertTrue(step["rule"].endswith("."), step)
        self.assertEqual(step["setting"], setting, step)
        if setting is None:
            self.assertIsNone(step["value"], step)
        elif value is None:
            self.assertTrue(step["value"], step)
        else:
            self.assertEqual(step["value"], value, step)
        self.assertTrue(whole["summary"].rstrip(".") != "", whole)
        # An agent is advised on the present; what a step of the past advises
        # is told with the step.
        self.assertTrue(step["advice"].endswith("."), step)
        if kind != "agents":
            self.assertTrue(whole["next"], whole)
        for advice in whole["next"]:
            self.assertTrue(advice.endswith("."), advice)
        if says:
            self.assertIn(says, step["text"])
        return step, whole
