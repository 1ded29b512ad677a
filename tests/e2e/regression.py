#!/usr/bin/python3
"""Tests of repaired faults, and proof that they can fail.

A test marked with `@fails_at("8bd27b6")` protects a repair: run against the
program as it was at that commit, it fails. This file is also the script that
checks this:

    tests/e2e/regression.py 8bd27b6 path/to/that/bridgekeeper

It runs every test with that mark against that binary and prints a line a test.
Its exit status is 1 if one of them passes.
"""

import argparse
import os
import pathlib
import subprocess
import sys

_HERE = pathlib.Path(__file__).resolve().parent
_FOLDERS = (_HERE, _HERE.parent / "hostile")
_MARK = "_fails_at"


def fails_at(commit):
    """Marks a test that fails with the program of that commit."""
    def mark(test):
        setattr(test, _MARK, commit)
        return test
    return mark


def _marked(commit):
    """The names of the marked tests, as unittest takes them."""
    import unittest

    def cases(suite):
        for each in suite:
            if isinstance(each, unittest.TestSuite):
                yield from cases(each)
            else:
                yield each

    for folder in _FOLDERS:
        for module in sorted(folder.glob("test_*.py")):
            suite = unittest.defaultTestLoader.loadTestsFromName(module.stem)
            for case in cases(suite):
                if isinstance(case, unittest.loader._FailedTest):
                    raise SystemExit(f"cannot load {module}: "
                                     f"{case._exception}")
                test = getattr(case, case._testMethodName)
                if getattr(test, _MARK, None) == commit:
                    yield case.id()


def _fails(name, binary, limit_s):
    path = os.pathsep.join(map(str, _FOLDERS))
    env = dict(os.environ, BRIDGEKEEPER_BINARY=str(binary), PYTHONPATH=path,
               PYTHONDONTWRITEBYTECODE="1",
               # The marked commits are older than the second protocol.
               E2E_CONSOLE_GREETING="bridgekeeper-console/1")
    try:
        done = subprocess.run([sys.executable, "-m", "unittest", name],
                              env=env, capture_output=True, timeout=limit_s,
                              check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0])
    parser.add_argument("commit", help="the commit that the tests name")
    parser.add_argument("binary", type=pathlib.Path,
                        help="the program, built at that commit")
    parser.add_argument("--only", default="",
                        help="only tests whose name contains this text")
    parser.add_argument("--limit-s", type=float, default=120,
                        help="a test that takes longer has failed")
    arguments = parser.parse_args()
    sys.path[:0] = map(str, _FOLDERS)
    os.environ["BRIDGEKEEPER_BINARY"] = str(arguments.binary.resolve())
    names = [each for each in _marked(arguments.commit)
             if arguments.only in each]
    passing = []
    for name in names:
        fails = _fails(name, arguments.binary.resolve(), arguments.limit_s)
        print(f"{'fails' if fails else 'PASSES'}  {name}", flush=True)
        if not fails:
            passing.append(name)
    print(f"{len(names) - len(passing)} of {len(names)} tests fail at "
          f"{arguments.commit}, as they should.")
    return 1 if passing or not names else 0


if __name__ == "__main__":
    sys.exit(main())
