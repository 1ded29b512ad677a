"""Part of the row `durable`: 50 dispatches in flight to agents that take time,
so that they do not saturate the machine. What Bridgekeeper adds to an agent's
work is compared with the time of one fsync."""

import statistics

import rows

# Milliseconds of work on a dispatch, and by how many they vary. If all work
# takes equally long, dispatches that began together stay together: the daemon
# gets 50 responses at once, and then nothing for almost 20 ms.
LOADS = {"20 ms": (20, 0), "10 to 30 ms": (20, 10)}
COUNT = 5_000


def _p50_ms(result):
    return result["round_trip_p50_us"] / 1000


def _work_ms(result):
    return result["work_p50_us"] / 1000


def _beyond_ms(result):
    """Of each dispatch, the latency less the time that its own work took."""
    return result["beyond_work_p50_us"] / 1000


def _p99_beyond_ms(result):
    return result["beyond_work_p99_us"] / 1000


METRICS = [("rate", "/s", rows.rate), ("p50", "ms", _p50_ms),
           ("work, p50", "ms", _work_ms),
           ("p50 beyond the work", "ms", _beyond_ms),
           ("p99 beyond the work", "ms", _p99_beyond_ms),
           ("server CPU", "µs", rows.cpu)]


def within_one_fsync(what, rounds, name, pick, limit):
    """The goal of a p50: one fsync and 1 ms, which is `limit`."""
    p50 = statistics.median(pick(each[name]) for each in rounds)
    return rows.Figure(what, "≤ one fsync + 1 ms", p50, "ms", p50 <= limit,
                       "limit", limit, p50 / limit)


def figures(bench, contenders, limit):
    """`contenders` are loads on daemons, which get more flags here."""
    out = []
    for shown, (work, spread) in LOADS.items():
        flags = ["--count", bench.size(COUNT), "--warm-up",
                 bench.size(COUNT) // 10, "--work-ms", work,
                 "--work-spread-ms", spread]
        rounds = bench.rounds({
            name: lambda load=load: load(*flags)
            for name, load in contenders.items()})
        out += _figures(f"durable, 50 in flight, work of {shown}", rounds,
                        limit)
    return out


def _figures(what, rounds, limit):
    out = []
    for metric, unit, pick in METRICS:
        full, none, ratio = rows.beside(rounds, pick, "ours", "none")
        out.append(rows.Figure(f"{what}: {metric}", "", full, unit, None,
                               "none", none, ratio))
    for name, more in ("ours", ""), ("told", ", acknowledged"):
        out.append(within_one_fsync(f"{what}: p50 beyond the work{more}",
                                    rounds, name, _beyond_ms, limit))
    return out
