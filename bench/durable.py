"""The row `durable`: a task is stored before it is acknowledged, a worker gets
it, and its result is stored before the requester gets it.

Bridgekeeper does so with the durability `full`, beside itself with `none` and
beside PostgreSQL, Redis and NATS JetStream on the same disk.
"""

import statistics
import sys

import durable_peers as peers
import durable_work
import machine
import rows

# Dispatches in flight: requesters, and how many each of them waits for.
LEVELS = {1: (1, 1), 50: (50, 1), 160: (10, 16)}
# Each has a connection of its own.
AGENTS = 100

# The forms in which each peer was fastest: requesters, dispatches in flight on
# each, and workers. A connection to PostgreSQL has one transaction at a time.
# "Redis" has one program that submits everything and one that does all the work;
# "Redis, many" has as many requesters as Bridgekeeper. "Redis, addressed" also
# has as many workers, and the requester chooses the worker of each task.
POSTGRES = {1: (1, 1, 1), 50: (50, 1, 16), 160: (32, 5, 16)}
REDIS = {1: (1, 1, 1), 50: (1, 50, 1), 160: (1, 160, 1)}
REDIS_MANY = {50: (50, 1, 10), 160: (10, 16, 10)}
REDIS_ADDRESSED = {level: (*shape, AGENTS) for level, shape in LEVELS.items()}
JETSTREAM = {1: (1, 1, 1), 50: (50, 1, 2), 160: (10, 16, 2)}

COUNTS = {1: 3_000, 50: 20_000, 160: 30_000}


def _flags(shape, count):
    requesters, in_flight, workers = shape
    return ["--requesters", requesters, "--in-flight", in_flight, "--agents",
            workers, "--count", count, "--warm-up", min(1_000, count)]


def own_flags(bench, level):
    """For Bridgekeeper, whose bridges carry one agent each."""
    return _flags((*LEVELS[level], AGENTS), bench.size(COUNTS[level]))


def _own_contenders(bench, level):
    """Loads that may be given more flags."""
    if not bench.has_store():
        return {}
    full = bench.daemon(durability="full", where=bench.disk)
    none = bench.daemon(where=bench.disk)
    flags = own_flags(bench, level)

    def run(daemon, *said):
        return lambda *more: bench.load("dispatch-ws", daemon, *said, *flags,
                                        *more)

    # `told` asks for `accepted` frames, because the peers acknowledge tasks, too.
    return {"ours": run(full, "--quiet"), "none": run(none, "--quiet"),
            "told": run(full)}


def _peer_contenders(bench, level, running):
    out = {}

    def add(name, mode, server, shape, *more):
        flags = _flags(shape, bench.size(COUNTS[level]))
        out[name] = lambda: bench.load(mode, server, *more, *flags)

    for name, server in running.items():
        if name == "PostgreSQL":
            add(name, "durable-postgres", server, POSTGRES[level])
        elif name == "Redis":
            add(name, "durable-redis", server, REDIS[level], "--window", 200)
            if level in REDIS_MANY:
                add("Redis, many", "durable-redis", server,
                    REDIS_MANY[level], "--window", 16)
            add("Redis, addressed", "durable-redis", server,
                REDIS_ADDRESSED[level], "--addressed", "--window", 16)
        else:
            add(name, "durable-jetstream", server, JETSTREAM[level])
    return out


def _start_peers(bench):
    """Those that are installed, by name."""
    out = {}
    postgres = machine.find_postgres()
    if postgres is None or not bench.load_has("durable-postgres"):
        _leave_out("PostgreSQL: its server or libpq is not installed")
    else:
        out["PostgreSQL"] = bench.enter(peers.Postgres(postgres, bench.disk))
    redis = machine.find_redis()
    if redis is None:
        _leave_out("Redis: it is not installed")
    else:
        out["Redis"] = bench.enter(peers.Redis(redis, bench.disk, AGENTS))
    nats = machine.find_nats_server()
    if nats is None:
        _leave_out("JetStream: nats-server is not installed")
        return out
    out["JetStream, not synced"] = bench.enter(
        peers.JetStream(nats, bench.disk))
    if peers.can_sync_always(nats, bench.disk):
        out["JetStream, synced"] = bench.enter(
            peers.JetStream(nats, bench.disk, sync_always=True))
    else:
        _leave_out("JetStream, synced: this nats-server has no "
                   "`sync_interval: always`")
    return out


def _leave_out(what):
    print(f"  left out: {what}", file=sys.stderr)


def _p50_ms(result):
    return result["round_trip_p50_us"] / 1000


def _p99_ms(result):
    return result["round_trip_p99_us"] / 1000


METRICS = [("rate", "/s", rows.rate), ("p50", "ms", _p50_ms),
           ("p99", "ms", _p99_ms), ("server CPU", "µs", rows.cpu)]

# Compared with `none`: in flight, metric, how many times it, whether at most.
OWN_GOALS = {(50, "server CPU"): (2, True), (160, "rate"): (0.5, False)}


def _goal(level, metric, peer):
    if peer == "none":
        return OWN_GOALS.get((level, metric))
    if not peer.startswith("JetStream") and metric != "p99":
        return (1, metric != "rate")
    return None


def _figures(level, rounds):
    """Each metric beside each contender."""
    out = []
    names = [name for name in rounds[0] if name not in ("ours", "told")]
    for metric, unit, pick in METRICS:
        what = f"durable, {level} in flight: {metric}"
        for name in names:
            out.append(_figure(what, unit, pick, rounds, name,
                               _goal(level, metric, name)))
    return out


def _figure(what, unit, pick, rounds, peer, goal):
    mine = "ours" if peer == "none" else "told"
    if mine not in rounds[0]:
        theirs = statistics.median(pick(each[peer]) for each in rounds)
        return rows.Figure(what, "", None, unit, None, peer, theirs)
    ours, theirs, ratio = rows.beside(rounds, pick, mine, peer)
    if goal is None:
        return rows.Figure(what, "", ours, unit, None, peer, theirs, ratio)
    limit, at_most = goal
    sign = "≤" if at_most else "≥"
    return rows.Figure(what, f"{sign} {limit} × {peer}", ours, unit,
                       ratio <= limit if at_most else ratio >= limit, peer,
                       theirs, ratio)


def durable(bench):
    if not machine.is_disk(bench.disk):
        raise RuntimeError(f"{bench.disk} is in memory; name a directory on a "
                           "disk with --disk")
    if not bench.has_store():
        _leave_out("Bridgekeeper: this binary has no store")
    running = _start_peers(bench)
    out = []
    fsyncs = [machine.fsync_us(bench.disk)]
    for level in LEVELS:
        own = _own_contenders(bench, level)
        rounds = bench.rounds({**own,
                               **_peer_contenders(bench, level, running)})
        fsyncs.append(machine.fsync_us(bench.disk))
        out += _figures(level, rounds)
        if level == 50 and own:
            limit = statistics.median(fsyncs) / 1000 + 1
            out.append(durable_work.within_one_fsync(
                "durable, 50 in flight: p50", rounds, "ours", _p50_ms, limit))
            out += durable_work.figures(bench, own, limit)
    fsync = statistics.median(fsyncs) / 1000
    out.insert(0, rows.Figure("one fsync, after appending 4 KiB", "", fsync,
                              "ms", None))
    if not bench.has_store():
        out.insert(0, rows.Figure("durable: this binary has no store", "",
                                  None, "", None))
    return out
