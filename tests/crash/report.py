"""What the checker found."""

import collections

# In the order of the table; docs/store.md explains each.
INVARIANTS = {
    "I1": "a dispatch that was accepted is on record, with its task",
    "I2": "a dispatch has exactly one end and never leaves it",
    "I3": "every outcome that was shown is the stored one",
    "I4": "an attempt is sent and executed once, and only allowed ones are",
    "I5": "what was acknowledged, or finished in time, can be read",
    "I6": "a request and its repetitions are one dispatch",
    "I7": "event numbers rise, are used once and miss nothing without a gap",
    "I8": "nothing is unfinished twice the grace after calm",
    "I9": "costs are the sum of the results, each counted once",
    "I10": "the file is not damaged",
    "I11": "what was refused for certain is not on record",
    "I12": "what waits is not lost, and does not time out too early",
    "I13": "the tasks of a bridge that was killed end, too",
    "up": "the daemon starts again after a kill; programs end only when killed",
}


class Report:
    """How often each invariant was checked, and where it does not hold."""

    def __init__(self):
        self.checked = collections.Counter()
        self.violations = []

    def check(self, invariant, holds, text):
        """Counts one check; `text` says what is wrong unless it holds."""
        self.checked[invariant] += 1
        if not holds:
            self.violations.append((invariant, text))

    def add(self, other):
        self.checked.update(other.checked)
        self.violations += other.violations

    def violated(self):
        """The invariants that do not hold."""
        return {invariant for invariant, _ in self.violations}

    def table(self):
        broken = collections.Counter(x for x, _ in self.violations)
        lines = [f"{'':4}  {'checks':>8}  {'violations':>10}"]
        lines += [f"{x:4}  {self.checked[x]:>8}  {broken[x]:>10}  {text}"
                  for x, text in INVARIANTS.items()]
        return "\n".join(lines)
