"""The metrics of a daemon, as Prometheus reads them."""

import re
from dataclasses import dataclass, field

from client import get

_SAMPLE = re.compile(r"^([a-z_:]+)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'([a-z_]+)="([^"]*)"')


@dataclass
class Scrape:
    text: str
    # The type of each family.
    types: dict = field(default_factory=dict)
    # (name, sorted labels) -> value
    samples: dict = field(default_factory=dict)

    def __post_init__(self):
        for line in self.text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                self.types[name] = kind
            elif not line.startswith("#"):
                name, labels, value = _SAMPLE.match(line).groups()
                key = tuple(sorted(_LABEL.findall(labels or "")))
                assert (name, key) not in self.samples, line
                self.samples[name, key] = float(value)

    def value(self, name, **labels):
        """0 if there is no such sample: reasons are shown once they occur."""
        return self.samples.get((name, tuple(sorted(labels.items()))), 0)

    def total(self, name, **labels):
        """The sum over the labels that are not given."""
        wanted = set(labels.items())
        return sum(x for (found, key), x in self.samples.items()
                   if found == name and wanted <= set(key))


async def scrape(daemon, **options):
    answer = await get(daemon, "/metrics", **options)
    assert answer.status == 200, answer
    return Scrape(answer.body.decode())
