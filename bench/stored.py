"""The row `stored`: a daemon with a million dispatches on record. How long do
pages and look-ups take, how long does a start, how much memory does it use, and
what do a backup and the removal of old rows cost the requesters meanwhile?"""

import contextlib
import http.client
import json
import pathlib
import sqlite3
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import machine
import rows

COUNT = 1_000_000
# How many of them retention removes.
SURPLUS = 100_000
ASKED = 200
LIMIT = "BRIDGEKEEPER_STORE_MAX_DISPATCHES"
LOAD = ("--quiet", "--requesters", 10, "--in-flight", 16, "--agents", 100)


class Client:
    """One connection that asks the daemon's HTTP API."""

    def __init__(self, daemon):
        self._token = daemon.token
        self._connection = http.client.HTTPConnection("127.0.0.1", daemon.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def ask(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} "
                               f"{text[:200]}")
        return json.loads(text)

    def timed(self, paths):
        """The milliseconds that each of these took."""
        out = []
        for path in paths:
            began = time.monotonic()
            self.ask("GET", path)
            out.append((time.monotonic() - began) * 1000)
        return out


def _rss_mib(daemon):
    status = pathlib.Path(f"/proc/{daemon.pid}/status").read_text()
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the process has no VmRSS")


def _settled_rss_mib(daemon):
    time.sleep(1)
    return _rss_mib(daemon)


def _figure(what, ours, unit, limit=None):
    if limit is None:
        return rows.Figure(what, "", ours, unit, None)
    return rows.Figure(what, f"≤ {limit} {unit}", ours, unit, ours <= limit)


def _slowest(what, times):
    """Nine in ten requests, so that a pause of the machine is not the figure;
    the slowest of all is beside it."""
    p90 = statistics.quantiles(times, n=10)[-1]
    return [_figure(f"{what}, p90", p90, "ms", 10),
            _figure(f"{what}, slowest of {len(times)}", max(times), "ms")]


def _walk(client, pages):
    """Cursors and ids from all over the store."""
    cursor, ids, cursors = "", [], []
    first = client.ask("GET", "/control/dispatches?limit=1000")
    for _ in range(pages):
        page = client.ask("GET", f"/control/dispatches?limit=1000{cursor}")
        ids += [x["message_id"] for x in page["dispatches"][::100]]
        if page["next"] is None:
            break
        cursor = f"&after={page['next']}"
        cursors.append(cursor)
    return first["dispatches"][0]["agent_id"], cursors, ids


def _questions(daemon):
    with Client(daemon) as client:
        agent, cursors, ids = _walk(client, ASKED)
        some = (cursors * ASKED)[:ASKED]
        out = []
        for what, query in (("a page of 100", ""),
                            ("a page of one state", "&state=completed"),
                            ("a page of one agent", f"&agent={agent}"),
                            ("a page of what failed", "&state=failed,lost")):
            out += _slowest(what, client.timed(
                f"/control/dispatches?limit=100{query}{x}" for x in some))
        out += _slowest("a record", client.timed(
            f"/control/dispatches/{x}" for x in ids[:ASKED]))
        out += _slowest("a short id", client.timed(
            f"/control/dispatches/{x[-8:]}" for x in ids[:ASKED]))
    return out


def _load(bench, daemon, count):
    return bench.load("dispatch-ws", daemon, *LOAD, "--count", count,
                      "--warm-up", 1_000)


def _p99(what, busy, quiet):
    return rows.Figure(f"{what}: p99 of dispatches meanwhile", "",
                       busy["round_trip_p99_us"] / 1000, "ms", None, "else",
                       quiet["round_trip_p99_us"] / 1000,
                       busy["round_trip_p99_us"] / quiet["round_trip_p99_us"])


def _backup(bench, daemon, quiet):
    def back_up():
        with Client(daemon) as client:
            began = time.monotonic()
            client.ask("POST", "/control/store/backup",
                       {"file": str(daemon.directory / "copy.db")})
            return time.monotonic() - began

    with ThreadPoolExecutor() as pool:
        copying = pool.submit(back_up)
        busy = _load(bench, daemon, bench.size(100_000))
        seconds = copying.result()
    size = (daemon.directory / "copy.db").stat().st_size / 2**20
    return [_figure(f"a backup of {size:.0f} MiB", seconds, "s"),
            _p99("a backup", busy, quiet)]


def _on_record(daemon):
    where = f"file:{daemon.directory}/data/store.db?mode=ro"
    with contextlib.closing(sqlite3.connect(where, uri=True)) as store:
        return store.execute("SELECT count(*) FROM dispatches").fetchone()[0]


def _retention(bench, daemon, quiet, kept):
    """Old rows are removed while new ones are written."""
    daemon.restart(**{LIMIT: str(kept)})
    before, began, load = _on_record(daemon), time.monotonic(), 100_000
    busy = _load(bench, daemon, bench.size(load))
    seconds = time.monotonic() - began
    removed = before + bench.size(load) - _on_record(daemon)
    return [_figure("old dispatches removed meanwhile", removed / seconds,
                    "/s"),
            _p99("removal of old rows", busy, quiet)]


def stored(bench):
    if not machine.is_disk(bench.disk):
        raise RuntimeError(f"{bench.disk} is in memory; name a directory on a "
                           "disk with --disk")
    count = bench.size(COUNT)
    daemon = bench.daemon(durability="full", where=bench.disk,
                          **{LIMIT: str(2 * COUNT)})
    empty = _settled_rss_mib(daemon)
    out = [_figure("start, empty store", daemon.start_seconds * 1000, "ms",
                   50)]
    _load(bench, daemon, count)
    daemon.restart()
    out += [_figure(f"start, {count:,} dispatches".replace(",", " "),
                    daemon.start_seconds, "s", 2),
            _figure("memory above that of an empty store",
                    _settled_rss_mib(daemon) - empty, "MiB", 64)]
    out += _questions(daemon)
    out.append(_figure("memory above that, after all questions",
                       _settled_rss_mib(daemon) - empty, "MiB", 64))
    quiet = _load(bench, daemon, bench.size(100_000))
    out += _backup(bench, daemon, quiet)
    out += _retention(bench, daemon, quiet, count - bench.size(SURPLUS))
    return out
