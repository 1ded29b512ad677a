#!/usr/bin/python3
"""Takes every figure that Bridgekeeper is held to, beside its peers, and prints
a table. Needs a release build (cmake --preset release && cmake --build --preset
release) and nothing beyond Python's standard library. Peers that are not
installed are left out."""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import against
import durable
import machine
import rows
import servers
import stored

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOAD_LIMIT_S = 240
# Servers clean up connections after the generator has gone.
PAUSE_S = 0.3
ROWS = {**rows.ROWS, "durable": durable.durable, "stored": stored.stored}
# Cores that others may use meanwhile before a figure is doubted.
DISTURBED = 0.2


class Bench:
    """What the rows work with: servers and loads on them."""

    def __init__(self, arguments, stack):
        self.quick = arguments.quick
        self.binaries = arguments.binaries
        # Even, because what runs first in a round is often slower.
        usual = 6 if arguments.against else 3
        self.rounds_wanted = arguments.rounds or (1 if self.quick else usual)
        self.disk = arguments.disk
        self._stack = stack
        self._nats_binary = machine.find_nats_server()
        self.results = []
        self.disturbed = 0

    def size(self, count):
        return count // 10 if self.quick else count

    # -- servers: the row's own, ended with it --------------------------------

    def fresh_daemon(self, *flags, binary=None, **how):
        return servers.Daemon(binary or self.binaries / "bridgekeeper", *flags,
                              **how)

    def daemon(self, *flags, **how):
        return self.enter(self.fresh_daemon(*flags, **how))

    def has_store(self):
        return servers.has_store(self.binaries / "bridgekeeper")

    def enter(self, server):
        """Starts a server that ends with the row."""
        return self._stack.enter_context(server)

    def relay(self, *flags):
        return self._stack.enter_context(servers.Relay(self.binaries, *flags))

    def nats(self):
        if self._nats_binary is None:
            return None
        return self._stack.enter_context(servers.Nats(self._nats_binary))

    # -- loads ----------------------------------------------------------------

    def load_has(self, mode):
        """Whether the generator was built with this mode."""
        done = subprocess.run([self.binaries / "bridgekeeper_load"],
                              capture_output=True, text=True, check=False)
        return mode in done.stderr.split()

    def load(self, mode, server, *flags):
        """Runs the generator once and returns its figures."""
        command = [self.binaries / "bridgekeeper_load", mode,
                   "--port", server.port, "--server-pid", server.pid,
                   "--limit-s", LOAD_LIMIT_S, *flags]
        env = dict(os.environ, VIBEFORGE_AUTH_TOKEN=server.token)
        others = machine.Bystanders(server.pid)
        done = subprocess.run([str(part) for part in command], env=env,
                              capture_output=True, text=True,
                              timeout=LOAD_LIMIT_S + 30, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{done.stderr.strip()}\n"
                               f"{server.name} says: {server.log()}")
        result = json.loads(done.stdout)
        result["cores_used_by_others"] = others.share()
        if result["cores_used_by_others"] > DISTURBED:
            self.disturbed += 1
        time.sleep(PAUSE_S)
        return result

    def rounds(self, contenders):
        """Lets the contenders take turns; one dict of results a round."""
        out = []
        for _ in range(self.rounds_wanted):
            out.append({name: run() for name, run in contenders.items()})
            print("  " + ", ".join(summary(name, result) for name, result
                                   in out[-1].items()), file=sys.stderr)
        self.results.extend(out)
        return out

    def once(self, mode, server, *flags):
        result = self.load(mode, server, *flags)
        self.results.append({mode: result})
        return result


def summary(name, result):
    return (f"{name} {result['per_second']:.0f}/s at "
            f"{result['server_cpu_us_per_unit']:.1f} µs")


def measure(name, arguments):
    """One row: its figures as dicts, and everything that was measured."""
    print(f"{name} …", file=sys.stderr)
    with contextlib.ExitStack() as stack:
        bench = Bench(arguments, stack)
        try:
            figures = ROWS[name](bench)
        except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
            print(f"  failed: {problem}", file=sys.stderr)
            return {"row": name, "failed": str(problem), "figures": []}
    return {"row": name,
            "figures": [dataclasses.asdict(each) for each in figures],
            "disturbed": bench.disturbed, "results": bench.results}


def compare(name, arguments):
    """One row with two daemons; see against.py."""
    print(f"{name} …", file=sys.stderr)
    with contextlib.ExitStack() as stack:
        bench = Bench(arguments, stack)
        try:
            pairs = against.measure(bench, name, arguments.against)
        except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
            print(f"  failed: {problem}", file=sys.stderr)
            return {"row": name, "failed": str(problem), "pairs": []}
    return {"row": name, "disturbed": bench.disturbed,
            "pairs": [{**dataclasses.asdict(each), "within": each.within,
                       "worse_by": each.worse_by} for each in pairs]}


# -- the table -----------------------------------------------------------------

def shown(value, unit):
    if value is None:
        return ""
    digits = 0 if abs(value) >= 1000 else 1
    return f"{value:,.{digits}f} {unit}".replace(",", " ")


def verdict(figure):
    if figure["meets"] is not None:
        return "meets" if figure["meets"] else "MISSES"
    return "no peer" if figure["goal"] else ""


def lines_of(done):
    if "failed" in done:
        problem = done["failed"].partition("\n")[0]
        return [(done["row"], problem, "", "", "", "FAILED")]
    out = []
    for each in done["figures"]:
        peer = ""
        if each["peer_figure"] is not None:
            peer = (f"{each['peer']} "
                    f"{shown(each['peer_figure'], each['unit'])}")
        ratio = "" if each["ratio"] is None else f"{each['ratio']:.2f}"
        out.append((each["what"], each["goal"],
                    shown(each["ours"], each["unit"]), peer, ratio,
                    verdict(each)))
    return out


def compared_lines_of(done):
    if "failed" in done:
        problem = done["failed"].partition("\n")[0]
        return [(done["row"], problem, "", "", "", "FAILED")]
    return [(each["what"], shown(each["ours"], each["unit"]),
             shown(each["other"], each["unit"]), f"{each['ratio']:.3f}",
             "{:.2f} – {:.2f}".format(*each["spread"]),
             "within 5 %" if each["within"]
             else f"WORSE by {100 * each['worse_by'] - 100:.1f} %")
            for each in done["pairs"]]


def print_table(report):
    if report["against"]:
        head = ("what", "ours", "other", "ratio", "of rounds", "")
        lines = [line for done in report["rows"]
                 for line in compared_lines_of(done)]
    else:
        head = ("what", "goal", "ours", "peer", "ratio", "")
        lines = [line for done in report["rows"] for line in lines_of(done)]
    lines.insert(0, head)
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(text.ljust(width)
                        for text, width in zip(line, widths)).rstrip())
    print()
    disturbed = [done["row"] for done in report["rows"]
                 if done.get("disturbed")]
    if disturbed:
        print(f"Something else used more than {DISTURBED} cores meanwhile; "
              f"doubt: {', '.join(disturbed)}.\n")
    for name, value in report["machine"].items():
        print(f"{name}: {'not installed' if value is None else value}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of the work and one round: shows that "
                        "it runs, not how fast")
    parser.add_argument("--only", metavar="ROW", action="append",
                        choices=list(ROWS), help="one of "
                        + ", ".join(ROWS) + "; may be repeated")
    parser.add_argument("--rounds", type=int, help="rounds of each row")
    parser.add_argument("--against", metavar="BINARY", type=pathlib.Path,
                        help="instead of the peers, another daemon: the rows "
                        "with both by turns, their ratios, and whether ours is "
                        "worse by more than 5 %%")
    parser.add_argument("--binaries", type=pathlib.Path,
                        default=ROOT / "build" / "release")
    parser.add_argument("--disk", metavar="DIR", type=pathlib.Path,
                        default="/var/tmp", help="where the rows `durable` "
                        "and `stored` make their stores; not a tmpfs "
                        "(default: %(default)s)")
    parser.add_argument("--output", type=pathlib.Path,
                        default=ROOT / "build" / "bench.json")
    return parser.parse_args()


def main():
    # So that context managers end what they started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = parse_arguments()
    arguments.binaries = arguments.binaries.resolve()
    for program in ("bridgekeeper", "bridgekeeper_load", "beast_relay"):
        if not (arguments.binaries / program).exists():
            sys.exit(f"{arguments.binaries / program} is missing: build with "
                     "cmake --preset release && cmake --build --preset "
                     "release")
    if arguments.against:
        for name in set(arguments.only or ()) - set(against.LOADS):
            sys.exit(f"the row {name} cannot be measured with --against")
        arguments.against = arguments.against.resolve()
        if not os.access(arguments.against, os.X_OK):
            sys.exit(f"{arguments.against} is no program")
    report = {"machine": machine.describe(ROOT), "quick": arguments.quick,
              "against": arguments.against and str(arguments.against),
              "rows": []}
    take = compare if arguments.against else measure
    # Two daemons are not compared with a million dispatches on record.
    every = against.LOADS if arguments.against else ROWS
    for name in arguments.only or every:
        report["rows"].append(take(name, arguments))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(report, indent=2) + "\n")
    print_table(report)
    failed = any("failed" in done for done in report["rows"])
    # A tenth of the work says nothing about 5 %.
    worse = not arguments.quick and any(
        not each["within"] for done in report["rows"]
        for each in done.get("pairs", []))
    sys.exit(1 if failed or worse else 0)


if __name__ == "__main__":
    main()
