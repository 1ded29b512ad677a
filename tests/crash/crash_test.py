#!/usr/bin/python3
"""Kills the daemon under load, starts it again, and checks what it promises.

A round has one to three kills: at random moments, or at named points of a build
with BRIDGEKEEPER_CRASH_POINTS. Bridges are killed and stopped, too. docs/store.md explains the invariants."""

import argparse
import collections
import logging
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

# At most so many violations of a round are printed; violations.txt has all.
_SHOWN = 8


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="./dev crash-test", description=__doc__.partition("\n")[0],
        epilog="With --power-loss, it tests the store instead, and takes only"
        " --images and --seed: docs/store.md.")
    parser.add_argument("--rounds", type=positive, metavar="N",
                        help="default: 5, with --mutation at most 20")
    parser.add_argument("--seed", type=int, metavar="S",
                        help="of the first round; each next round has the next"
                        " number. Default: by chance")
    parser.add_argument("--point", metavar="NAME",
                        help="kill only at this point")
    parser.add_argument("--mutation", metavar="NAME",
                        help="build in this defect, and succeed as soon as a"
                        " round detects it")
    parser.add_argument("--no-kills", action="store_true",
                        help="only load and checks")
    parser.add_argument("--binary", type=pathlib.Path, required=True,
                        metavar="PATH", help="the daemon; ./dev crash-test"
                        " builds one unless this is given")
    parser.add_argument("--keep", action="store_true",
                        help="keep the logs of good rounds, too")
    arguments = parser.parse_args()
    if not os.access(arguments.binary, os.X_OK):
        parser.error(f"{arguments.binary} is not a program")
    if arguments.rounds is None:
        arguments.rounds = 20 if arguments.mutation else 5
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1, 100_000)
    return arguments


def main():
    arguments = parse_arguments()
    # A reader that ends while its curl starts makes asyncio warn of a process
    # that is already gone.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    # daemon.py reads it when it is imported.
    os.environ["BRIDGEKEEPER_BINARY"] = str(arguments.binary.resolve())
    import features
    from mishaps import count_mishaps, describe_mishaps
    from report import Report
    from rounds import Round, Settings
    for name, known in ((arguments.point, features.POINTS),
                        (arguments.mutation, features.MUTATIONS)):
        if name is not None and name not in known:
            sys.exit(f"there is no {name}; there are {', '.join(known)}")
    mutation = features.MUTATIONS.get(arguments.mutation)
    settings = Settings(
        pathlib.Path(tempfile.mkdtemp(prefix="bridgekeeper-crash-")),
        os.environ["BRIDGEKEEPER_BINARY"],
        arguments.point or (mutation and mutation.point),
        arguments.mutation, not arguments.no_kills)
    if not settings.is_durable:
        print("This daemon has no store: only what needs none is checked.")
    if not settings.has_points:
        print("This daemon has no crash points: it is killed at random"
              " moments.")
        if arguments.point or arguments.mutation:
            return 2

    began = time.monotonic()
    total, reached, failed, last = Report(), [], [], None
    mishaps = collections.Counter()
    for number in range(arguments.rounds):
        seed = arguments.seed + number
        # Every third round finds what the one before it has left.
        last = Round(settings, seed, last if seed % 3 == 0 else None).run()
        total.add(last.report)
        reached += last.reached
        mishaps += count_mishaps(last.log.of_this_round())
        found = last.report.violations
        print(f"round {number + 1:>3}, {last.line}:",
              "ok" if not found else "VIOLATED", flush=True)
        if found:
            failed.append(last)
            show(last, arguments)
            if mutation and mutation.shows_in & last.report.violated():
                break
    print(f"\n{total.table()}")
    show_points(reached)
    print(describe_mishaps(mishaps))
    print(f"{number + 1} rounds in {time.monotonic() - began:.0f} s.")
    if failed or arguments.keep:
        print(f"Logs: {settings.folder}")
    else:
        shutil.rmtree(settings.folder)
    if mutation:
        return judge_mutation(arguments.mutation, mutation.shows_in,
                              total.violated())
    return judge([x.seed for x in failed], total.violated())


def show(failing, arguments):
    """Prints and keeps what is violated, and how to see it again."""
    lines = [f"{x}: {text}" for x, text in failing.report.violations]
    (failing.folder / "violations.txt").write_text("\n".join(lines) + "\n")
    for line in lines[:_SHOWN]:
        print(f"  {line}")
    if len(lines) > _SHOWN:
        print(f"  … and {len(lines) - _SHOWN} more")
    first = failing.previous or failing
    again = f"--rounds {2 if failing.previous else 1} --seed {first.seed}"
    for name in ("point", "mutation"):
        if getattr(arguments, name):
            again += f" --{name} {getattr(arguments, name)}"
    print(f"  logs: {failing.folder}\n  again: ./dev crash-test {again}")


def show_points(reached):
    for name in sorted({x for x, _ in reached}):
        hits = [hit for x, hit in reached if x == name]
        print(f"point {name}: reached {sum(hits)} of {len(hits)} times")


def judge(seeds, violated):
    """The exit status; `seeds`: those of failed rounds."""
    if seeds:
        print(f"VIOLATED: {', '.join(sorted(violated))}; seeds"
              f" {', '.join(map(str, seeds))}.")
    return 1 if seeds else 0


def judge_mutation(name, shows_in, violated):
    """The exit status: whether the daemon with this defect violates what it
    must, and not only something else."""
    if violated & shows_in:
        print(f"The defect {name} was detected:"
              f" {', '.join(sorted(violated))}.")
        return 0
    print(f"The defect {name} was NOT detected. It shows in"
          f" {', '.join(sorted(shows_in))}; violated:"
          f" {', '.join(sorted(violated)) or 'nothing'}.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
