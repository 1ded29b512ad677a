"""The rows of the table without their peers, with two daemons instead: ours and
another binary, an older one for example. It shows what a change costs.

Both do the same work in every round, on a fresh daemon each: ours first in one
round, the other first in the next. A row's ratio is the median of its rounds'
ratios, so what slows the machine for a while slows both sides of it.
"""

import dataclasses
import statistics
import sys

import durable
import rows
import servers

# How much worse a row may be.
TOLERANCE = 1.05


@dataclasses.dataclass
class Line:
    """What is compared: one figure of a load's result."""

    what: str
    unit: str
    pick: callable
    more_is_better: bool = False


@dataclasses.dataclass
class Pair:
    """One line of the table. `ratio` is ours by the other's; `spread` the least
    and the largest ratio of a round."""

    what: str
    unit: str
    ours: float
    other: float
    ratio: float
    spread: tuple[float, float]
    more_is_better: bool

    @property
    def worse_by(self):
        """1 where they are equal, 1.1 where ours is 10 % worse."""
        return 1 / self.ratio if self.more_is_better else self.ratio

    @property
    def within(self):
        return self.worse_by <= TOLERANCE


def _mebibytes_after(result):
    return result["server_rss_after"] / 1024 / 1024


def _p50_ms(result):
    return result["latency_p50_us"] / 1000


def _p99_ms(result):
    return result["latency_p99_us"] / 1000


class Side:
    """One of the two daemons. Each load gets a fresh one."""

    def __init__(self, bench, binary):
        self._bench = bench
        self._binary = binary

    def has_store(self):
        binary = self._binary or self._bench.binaries / "bridgekeeper"
        return servers.has_store(binary)

    def load(self, mode, *flags, daemon=(), **how):
        with self._bench.fresh_daemon(*daemon, binary=self._binary,
                                      **how) as server:
            return self._bench.load(mode, server, *flags)

    def start_ms(self):
        with self._bench.fresh_daemon(binary=self._binary) as server:
            return server.start_seconds * 1000


# -- the rows: each yields what a load found, and what is compared of it -------

def _start(bench, side):
    times = [side.start_ms() for _ in range(1 if bench.quick else 5)]
    yield (statistics.median(times),
           [Line("start to listening", "ms", lambda result: result)])


def _dispatch(bench, side):
    flags = rows.dispatch_flags(bench.size(60_000), 50)
    what = "dispatch 100×50"
    yield (side.load("dispatch-http", *flags),
           [Line(f"{what}, HTTP: server CPU", "µs", rows.cpu)])
    yield (side.load("dispatch-ws", "--quiet", *flags),
           [Line(f"{what}, control WS: server CPU", "µs", rows.cpu)])
    yield (side.load("dispatch-ws", *flags),
           [Line("  the same, not quiet", "µs", rows.cpu)])


def _one(bench, side):
    flags = rows.dispatch_flags(bench.size(15_000), 1)
    yield (side.load("dispatch-ws", "--quiet", *flags),
           [Line("one in flight, control WS: round trip p50", "µs",
                 rows.round_trip)])


def _pipelined(bench, side):
    flags = rows.dispatch_flags(bench.size(100_000), 10, 16)
    yield (side.load("dispatch-ws", "--quiet", *flags),
           [Line("dispatch 10×16, control WS: server CPU", "µs", rows.cpu)])


def _threads(bench, side):
    flags = rows.dispatch_flags(bench.size(60_000), 50)
    yield (side.load("dispatch-ws", "--quiet", *flags, daemon=rows.THREADS),
           [Line("dispatch 100×50, 3 I/O threads: server CPU", "µs",
                 rows.cpu)])


def _echo(bench, side):
    yield (side.load("echo", *rows.echo_flags(bench)),
           [Line("heartbeat echo, 50 agents", "/s", rows.rate, True),
            Line("  server CPU", "µs", rows.cpu)])


def _storm(bench, side):
    yield (side.load("storm", *rows.STORM_FLAGS),
           [Line("connect + register, 3 000 agents", "/s", rows.rate, True)])


def _idle(bench, side):
    yield (side.load("idle", *rows.idle_flags(bench)),
           [Line("memory an idle agent", "KiB", rows.kibibytes_per_agent),
            Line(f"all CPU in a tick of {rows.TICK_S} s", "ms",
                 rows.tick_ms)])


def _sse(bench, side):
    for more, what in ((), "SSE, 10 000 events/s"), (
            ("--control",), "the same over the control WS"):
        yield (side.load("sse", *rows.sse_flags(bench), *more),
               [Line(f"{what}: p50", "ms", _p50_ms),
                Line("  p99", "ms", _p99_ms)])


def _scale(bench, side):
    yield (side.load("scale", *rows.scale_flags(bench, 10_000)),
           [Line("dispatch with 10 000 agents: server CPU", "µs", rows.cpu)])


def _growth(bench, side):
    what = f"memory after {bench.size(rows.GROWTH):,} dispatches"
    yield (side.load("deadlines", *rows.growth_flags(bench)),
           [Line(what.replace(",", " "), "MiB", _mebibytes_after)])


def _durable(bench, side):
    """Nothing is compared if one of the daemons has no store."""
    if not side.has_store():
        print("  left out: this binary has no store", file=sys.stderr)
        return
    for level in durable.LEVELS:
        what = f"durable, {level} in flight"
        yield (side.load("dispatch-ws", "--quiet",
                         *durable.own_flags(bench, level), durability="full",
                         where=bench.disk),
               [Line(f"{what}: rate", "/s", rows.rate, True),
                Line("  p50", "ms", lambda x: x["round_trip_p50_us"] / 1000),
                Line("  server CPU", "µs", rows.cpu)])


# By the names of run.ROWS.
LOADS = {
    "start": _start,
    "dispatch": _dispatch,
    "one": _one,
    "pipelined": _pipelined,
    "threads": _threads,
    "echo": _echo,
    "storm": _storm,
    "idle": _idle,
    "sse": _sse,
    "scale": _scale,
    "growth": _growth,
    "durable": _durable,
}


def _figures(bench, name, side):
    """What one daemon does in one round: lines and their figures."""
    return [(line, line.pick(result))
            for result, lines in LOADS[name](bench, side) for line in lines]


def _show(lines, mine, theirs):
    print("  " + ", ".join(f"{line.what.strip()} {a:.1f} / {b:.1f}"
                           for line, a, b in zip(lines, mine, theirs)),
          file=sys.stderr)


def measure(bench, name, other):
    """One row of both, as a list of Pair."""
    sides = {"ours": Side(bench, None), "other": Side(bench, other)}
    taken = {"ours": [], "other": []}
    for number in range(bench.rounds_wanted):
        for side in sorted(sides, reverse=number % 2 == 0):
            figures = _figures(bench, name, sides[side])
            lines = [line for line, _ in figures]
            taken[side].append([figure for _, figure in figures])
        _show(lines, taken["ours"][-1], taken["other"][-1])
    return [_pair(*each) for each in zip(lines, zip(*taken["ours"]),
                                         zip(*taken["other"]))]


def _pair(line, mine, theirs):
    ratios = [a / b for a, b in zip(mine, theirs)]
    return Pair(line.what, line.unit, statistics.median(mine),
                statistics.median(theirs), statistics.median(ratios),
                (min(ratios), max(ratios)), line.more_is_better)
