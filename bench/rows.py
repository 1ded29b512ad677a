"""The rows of the table: what is measured, beside whom, and what is the goal.

A row is a function of a Bench that returns a list of Figure. Peers take turns
with us in every round (A B C, A B C, ...); each figure is the median of its
rounds, and a ratio the median of the rounds' own ratios, so that what slows the
machine for a while slows both sides of it.
"""

import dataclasses
import statistics
import sys

import scrapes


@dataclasses.dataclass
class Figure:
    """One line of the table."""

    what: str
    goal: str
    ours: float
    unit: str
    meets: bool | None
    peer: str = ""
    peer_figure: float | None = None
    ratio: float | None = None


def cpu(result):
    return result["server_cpu_us_per_unit"]


def round_trip(result):
    return result["round_trip_p50_us"]


def rate(result):
    return result["per_second"]


def beside(rounds, pick, ours, peer):
    """Medians of ours and the peer's figure, and of their ratios."""
    mine = [pick(each[ours]) for each in rounds]
    theirs = [pick(each[peer]) for each in rounds]
    ratios = [a / b for a, b in zip(mine, theirs)]
    return (statistics.median(mine), statistics.median(theirs),
            statistics.median(ratios))


def compare(what, unit, rounds, pick, limits):
    """A figure for each peer that was measured and has a limit."""
    out = []
    for peer, limit, at_most in limits:
        sign = "≤" if at_most else "≥"
        goal = f"{sign} {peer}" if limit == 1 else f"{sign} {limit} × {peer}"
        if peer not in rounds[0]:
            mine = statistics.median(pick(each["ours"]) for each in rounds)
            out.append(Figure(what, goal, mine, unit, None, peer))
            continue
        mine, theirs, ratio = beside(rounds, pick, "ours", peer)
        meets = ratio <= limit if at_most else ratio >= limit
        out.append(Figure(what, goal, mine, unit, meets, peer, theirs, ratio))
    return out


# -- dispatch ------------------------------------------------------------------

def dispatch_flags(count, requesters, in_flight=1):
    return ["--agents", "100", "--requesters", requesters,
            "--in-flight", in_flight, "--count", count]


def dispatch_rounds(bench, count, requesters, in_flight=1, extra=()):
    """The same job over the control WebSocket, NATS and the bare relay."""
    flags = dispatch_flags(count, requesters, in_flight)
    daemon, relay = bench.daemon(), bench.relay()
    contenders = {
        "ours": lambda: bench.load("dispatch-ws", daemon, "--quiet", *flags)}
    nats = bench.nats()
    if nats is not None:
        contenders["NATS"] = lambda: bench.load("dispatch-nats", nats, *flags)
    contenders["relay"] = lambda: bench.load("dispatch-relay", relay, *flags)
    for name, mode, *more in extra:
        contenders[name] = lambda mode=mode, more=more: bench.load(
            mode, daemon, *more, *flags)
    return bench.rounds(contenders)


def dispatch(bench):
    rounds = dispatch_rounds(
        bench, bench.size(60_000), 50,
        extra=[("http", "dispatch-http"), ("with accepted", "dispatch-ws")])
    http = statistics.median(cpu(each["http"]) for each in rounds)
    told = statistics.median(cpu(each["with accepted"]) for each in rounds)
    return [
        Figure("dispatch 100×50, HTTP: server CPU", "≤ 30 µs", http, "µs",
               http <= 30),
        *compare("dispatch 100×50, control WS: server CPU", "µs", rounds, cpu,
                 [("NATS", 1, True), ("relay", 1.25, True)]),
        Figure("  the same, not quiet", "", told, "µs", None),
    ]


def one_in_flight(bench):
    rounds = dispatch_rounds(bench, bench.size(15_000), 1)
    return [
        *compare("one in flight, control WS: round trip p50", "µs", rounds,
                 round_trip, [("NATS", 1, True)]),
        *without_goal(compare("  beside the relay", "µs", rounds, round_trip,
                              [("relay", 1, True)])),
    ]


def pipelined(bench):
    rounds = dispatch_rounds(bench, bench.size(100_000), 10, 16)
    return compare("dispatch 10×16, control WS: server CPU", "µs", rounds, cpu,
                   [("NATS", 1, True), ("relay", 1.25, True)])


# Of a daemon whose dispatches cross from one thread to another.
THREADS = ("--io-threads", "3")


def threads(bench):
    flags = ["--quiet", *dispatch_flags(bench.size(60_000), 50)]
    several, single = bench.daemon(*THREADS), bench.daemon("--io-threads", "1")
    rounds = bench.rounds({
        "ours": lambda: bench.load("dispatch-ws", several, *flags),
        "1 thread": lambda: bench.load("dispatch-ws", single, *flags)})
    return [
        *without_goal(compare(
            "dispatch 100×50, control WS, 3 I/O threads: server CPU", "µs",
            rounds, cpu, [("1 thread", 1, True)])),
        *without_goal(compare("  rate", "/s", rounds, rate,
                              [("1 thread", 1, False)])),
    ]


def without_goal(figures):
    for each in figures:
        each.goal, each.meets = "", None
    return figures


def scale_flags(bench, agents):
    return ["--agents", agents, "--active", 100,
            "--count", bench.size(100_000)]


def scale(bench):
    def run(agents):
        with bench.fresh_daemon() as daemon:
            return bench.load("scale", daemon, *scale_flags(bench, agents))

    rounds = bench.rounds({"ours": lambda: run(10_000),
                           "100 agents": lambda: run(100)})
    return compare("dispatch with 10 000 agents: server CPU", "µs", rounds,
                   cpu, [("100 agents", 1.5, True)])


GROWTH = 1_000_000


def growth_flags(bench):
    count = bench.size(GROWTH)
    return ["--count", count, "--warm-up", min(50_000, count)]


def growth(bench):
    count = bench.size(GROWTH)
    with bench.fresh_daemon() as daemon:
        result = bench.once("deadlines", daemon, *growth_flags(bench))
    grown = result["server_rss_after"] - result["server_rss_before"]
    mebibytes = grown / 1024 / 1024
    return [Figure(f"growth after {count:,} dispatches".replace(",", " "),
                   "≤ 8 MiB", mebibytes, "MiB", mebibytes <= 8)]


# -- connections ---------------------------------------------------------------

def echo_flags(bench):
    return ["--agents", "50", "--count", bench.size(300_000)]


def echo(bench):
    flags = echo_flags(bench)
    daemon = bench.daemon()
    parsing, raw = bench.relay("--echo-json"), bench.relay("--echo")
    rounds = bench.rounds({
        "ours": lambda: bench.load("echo", daemon, *flags),
        "JSON echo": lambda: bench.load("echo", parsing, "--bare", *flags),
        "raw echo": lambda: bench.load("echo", raw, "--bare", *flags),
    })
    return [
        *compare("heartbeat echo, 50 agents", "/s", rounds, rate,
                 [("JSON echo", 0.9, False)]),
        *without_goal(compare("  beside the raw echo", "/s", rounds, rate,
                              [("raw echo", 1, False)])),
        *without_goal(compare("  server CPU", "µs", rounds, cpu,
                              [("JSON echo", 1, True)])),
    ]


STORM_FLAGS = ("--agents", 3_000)


def storm(bench):
    def run():
        with bench.fresh_daemon() as daemon:
            return bench.load("storm", daemon, *STORM_FLAGS)

    rounds = bench.rounds({"ours": run})
    figure = statistics.median(rate(each["ours"]) for each in rounds)
    return [Figure("connect + register, 3 000 agents", "≥ 4 500 /s", figure,
                   "/s", figure >= 4_500)]


TICK_S = 5


def idle_flags(bench, seconds=3 * TICK_S):
    return ["--agents", bench.size(10_000), "--seconds", seconds]


def kibibytes_per_agent(result):
    return result["rss_bytes_per_agent"] / 1024


def tick_ms(result):
    return result["idle_cpu_us"] / 1000 / (result["idle_seconds"] / TICK_S)


def idle(bench):
    agents = bench.size(10_000)
    with bench.fresh_daemon() as daemon:
        ours = bench.once("idle", daemon, *idle_flags(bench))
    relay = bench.once("idle", bench.relay("--echo"), "--bare",
                       *idle_flags(bench, 1))
    memory, least = kibibytes_per_agent(ours), kibibytes_per_agent(relay)
    tick = tick_ms(ours)
    shown = f"{agents:,}".replace(",", " ")
    return [
        Figure(f"memory an idle agent ({shown})", "≤ 12 KiB", memory, "KiB",
               memory <= 12, "relay", least, memory / least),
        Figure(f"all CPU in a tick of {TICK_S} s, {shown} idle agents",
               "≤ 20 ms", tick, "ms", tick <= 20),
    ]


def scrape(bench):
    agents = bench.size(10_000)
    with bench.fresh_daemon() as daemon:
        times = scrapes.times_with(bench, daemon, agents, idle_flags(bench))
    print(f"  {[round(1000 * x, 1) for x in times]} ms", file=sys.stderr)
    shown = f"{agents:,}".replace(",", " ")
    figure = scrapes.median_ms(times)
    return [Figure(f"scrape of /metrics, {shown} agents", "≤ 50 ms", figure,
                   "ms", figure <= 50)]


def sse_flags(bench):
    return ["--agents", 100, "--rate", 10_000,
            "--seconds", 1 if bench.quick else 5]


def sse(bench):
    flags = sse_flags(bench)

    def run(*more):
        # Without the history that another run would leave behind.
        with bench.fresh_daemon() as daemon:
            return bench.load("sse", daemon, *flags, *more)

    rounds = bench.rounds({"ours": run, "control": lambda: run("--control")})
    out = []
    for name, what in (("ours", "SSE, 10 000 events/s: p99"),
                       ("control", "  the same over the control WS")):
        figure = statistics.median(each[name]["latency_p99_us"]
                                   for each in rounds) / 1000
        lost = sum(each[name]["count"] - each[name]["seen"]
                   for each in rounds)
        if lost:
            what += f" ({lost} lost)"
        reached = min(rate(each[name]) for each in rounds)
        if reached < 0.95 * 10_000:
            what += f" (only {reached:.0f} /s)"
        out.append(Figure(what, "≤ 5 ms", figure, "ms", figure <= 5
                          and not lost and reached >= 0.95 * 10_000))
    return out


def start(bench):
    times = []
    for _ in range(1 if bench.quick else 5):
        with bench.fresh_daemon() as daemon:
            times.append(daemon.start_seconds * 1000)
    figure = statistics.median(times)
    print(f"  {times}", file=sys.stderr)
    return [Figure("start to listening", "≤ 100 ms", figure, "ms",
                   figure <= 100)]


ROWS = {
    "start": start,
    "dispatch": dispatch,
    "one": one_in_flight,
    "pipelined": pipelined,
    "threads": threads,
    "echo": echo,
    "storm": storm,
    "idle": idle,
    "scrape": scrape,
    "sse": sse,
    "scale": scale,
    "growth": growth,
}
