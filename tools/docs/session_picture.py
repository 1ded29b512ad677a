#!/usr/bin/env python3
"""Draws docs/session.svg: a terminal with what a built bridgekeeper really
prints in a short session.

  BRIDGEKEEPER_BINARY=build/dev/bridgekeeper tools/docs/session_picture.py

Run it again when the output of these commands has changed."""

import html
import os
import pathlib
import shutil
import time

os.environ.setdefault("BRIDGEKEEPER_BINARY", "build/dev/bridgekeeper")

from place import ROOT, Place  # noqa: E402 (reads the variable)

# Where the agents work, with a short name for the picture, and what build-1
# runs there.
SHOP = pathlib.Path("/tmp/shop")
TESTS = '''import unittest


class Cart(unittest.TestCase):

    def test_discount(self):
        self.assertEqual(100 - 20, 80)

    def test_empty_cart(self):
        self.assertEqual(sum([]), 0)
'''

COLUMNS = 96
# Pixels of a character and of a line, and the space around the text.
WIDTH, HEIGHT, MARGIN = 8.4, 20, 20
COLOURS = {"prompt": "#7ee787", "command": "#f0f6fc", "note": "#8b949e",
           "output": "#c9d1d9"}


def session():
    """(kind, text) for each line of the terminal."""
    place = Place()
    try:
        SHOP.mkdir()
        (SHOP / "test_cart.py").write_text(TESTS)
        place.go_on("bridgekeeper serve", "listening on")
        place.go_on(f"bridgekeeper bridge --id build-1 --workdir {SHOP} "
                    "--capability python --exec "
                    "'python3 -B -m unittest -v 2>&1 | grep -i [a-z]'",
                    "registered as build-1")
        place.go_on("bridgekeeper bridge --id shop-1 --label gpu=a100 "
                    f"--workdir {SHOP} --exec 'claude --print'",
                    "registered as shop-1")
        watched = place.go_on("bridgekeeper watch & sleep 1; echo watching; wait",
                              "watching")
        dispatch = "bridgekeeper dispatch build-1 'run the tests' --wait"
        answer = place.run(dispatch)
        _wait_for(lambda: "agent_response" in watched.output)
        parts = [(None, "bridgekeeper agents",
                  place.run("bridgekeeper agents")),
                 (None, dispatch, answer),
                 ("meanwhile, in another terminal", "bridgekeeper watch",
                  watched.output.replace("watching\n", "")),
                 (None, "bridgekeeper dispatches",
                  place.run("bridgekeeper dispatches"))]
    finally:
        place.close()
        shutil.rmtree(SHOP)
    for note, command, output in parts:
        if note:
            yield "note", f"# {note}"
        yield "command", command
        for line in output.rstrip("\n").split("\n"):
            yield "output", line
        yield "output", ""


def _wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the session did not go as expected")
        time.sleep(0.05)


def _text(x, row, kind, text):
    """A run of characters. The stated length keeps columns aligned, whatever
    font the viewer has."""
    if not text.strip():
        return ""
    weight = ' font-weight="bold"' if kind == "command" else ""
    return (f'<text x="{MARGIN + x * WIDTH:.1f}" y="{MARGIN + 24 + row * HEIGHT}"'
            f' fill="{COLOURS[kind]}"{weight} xml:space="preserve"'
            f' textLength="{len(text) * WIDTH:.1f}">{html.escape(text)}</text>\n')


def draw(lines):
    lines = list(lines)
    while lines and not lines[-1][1]:
        lines.pop()
    width = int(2 * MARGIN + COLUMNS * WIDTH)
    height = 2 * MARGIN + 24 + len(lines) * HEIGHT
    out = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
           f'height="{height}" viewBox="0 0 {width} {height}" role="img" '
           'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, '
           '\'DejaVu Sans Mono\', monospace" font-size="14">\n'
           "<title>A session with bridgekeeper</title>\n"
           f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>\n')
    for index, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        out += (f'<circle cx="{MARGIN + index * 20}" cy="18" r="6" '
                f'fill="{colour}"/>\n')
    for row, (kind, text) in enumerate(lines):
        if kind == "command":
            out += _text(0, row, "prompt", "$")
            out += _text(2, row, kind, text)
        else:
            out += _text(0, row, kind, text[:COLUMNS])
    return out + "</svg>\n"


if __name__ == "__main__":
    picture = ROOT / "docs/session.svg"
    picture.write_text(draw(session()))
    print(f"wrote {picture.relative_to(ROOT)}")
