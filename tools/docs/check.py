#!/usr/bin/env python3
"""Checks what can be checked of the documentation without running it: links and
anchors, the marks of shell blocks, command lines, settings and source files.

  tools/docs/check.py [--program build/dev/bridgekeeper]

Without a program, command lines are not checked. Exit codes: 0 nothing found,
1 something found, 2 wrong usage."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

import command_lines
import markdown
from settings import Settings

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHELL = ("sh", "bash", "shell")
# The notes that a block marked `sh` may have; see CONTRIBUTING.md.
NOT_RUN = re.compile(r"^not-run: \S+( \S+)+$")
UNTIL = re.compile(r"^until: \S.*$")
# `net/server/listener.hpp`, `actors/agent.*` or `actors/agent_queue.cpp: enqueue`
SOURCE = re.compile(r"^((?:app|api|actors|net|store|protocol|domain|tests|tools"
                    r"|bench|conf|fuzz|cmake)/[\w./*-]*\w\.[\w*]+)(?:: (\w+))?$")
# A command of ours at the beginning of a line that no mark covers.
UNMARKED = re.compile(r"^(\w+=\S* )*(sudo )?(bridgekeeper(-bridge)?|\./dev) ",
                      re.M)


class Checker:
    """Collects complaints about pages. Paths are relative to the root."""

    def __init__(self, root, program=None):
        self.root = root
        self.cli = command_lines.Cli(program) if program else None
        self.dev = command_lines.Dev((root / "dev").read_text())
        self.settings = Settings(
            (root / "app/config/config_options.cpp").read_text())
        self.complaints = []
        self._pages = {}

    def page(self, path):
        if path not in self._pages:
            self._pages[path] = markdown.read((self.root / path).read_text())
        return self._pages[path]

    def check(self, path):
        page = self.page(path)
        for line, target in page.links:
            self._complain(path, line, self._broken(path, target))
        # It also tells of what is gone.
        if path == "CHANGELOG.md":
            return
        for block in page.blocks:
            self._complain(path, block.line, _bad_mark(block))
            self._check_commands(path, block)
            if block.language == "toml":
                self._check_toml(path, block)
        for line, span in page.spans:
            self._complain(path, line, self.settings.complaint(span))
            self._complain(path, line, self._missing_source(span))
            for _, words in command_lines.in_shell(span):
                self._check_command(path, line, words)

    def check_index(self, index, pages):
        """Each of the pages is reached from the index."""
        linked = {os.path.normpath(os.path.join(os.path.dirname(index), target
                                                .partition("#")[0]))
                  for _, target in self.page(index).links}
        for path in pages:
            if path != index and path not in linked:
                self._complain(index, 1, f"does not link {path}")

    def _complain(self, path, line, text):
        if text:
            self.complaints.append(f"{path}:{line}: {text}")

    def _broken(self, path, target):
        if re.match(r"^[a-z]+:", target):
            return None
        name, _, anchor = urllib.parse.unquote(target).partition("#")
        goal = os.path.normpath(os.path.join(os.path.dirname(path), name)) \
            if name else path
        if not (self.root / goal).exists():
            return f"the link {target} leads nowhere"
        if anchor and goal.endswith(".md") \
                and anchor not in self.page(goal).anchors:
            return f"{goal} has no heading #{anchor}"
        return None

    def _missing_source(self, span):
        match = SOURCE.match(span)
        if not match:
            return None
        files = list(self.root.glob(match[1]))
        if not files:
            return f"there is no file {match[1]}"
        if match[2] and not any(match[2] in x.read_text() for x in files):
            return f"{match[1]} has no {match[2]}"
        return None

    def _check_commands(self, path, block):
        if block.language in SHELL:
            found = command_lines.in_shell(block.text)
        elif block.language in ("", "text", "console"):
            found = command_lines.in_transcript(block.text)
        else:
            return
        for line, words in found:
            self._check_command(path, block.line + line, words)

    def _check_command(self, path, line, words):
        self._complain(path, line, self.dev.complaint(words))
        if self.cli:
            self._complain(path, line, self.cli.complaint(words))

    def _check_toml(self, path, block):
        flags = self.cli.flags("bridge") if self.cli else None
        for line, text in self.settings.complaints_about_file(block.text,
                                                              flags):
            self._complain(path, block.line + line, text)


def _bad_mark(block):
    if block.language in SHELL[1:]:
        return f"mark this block sh, not {block.language}"
    if block.language != "sh":
        if not block.language and UNMARKED.search(block.text):
            return "mark this block sh, because it contains commands"
        return None
    if not block.note or NOT_RUN.match(block.note) or UNTIL.match(block.note):
        return None
    return ("after sh, write nothing (the block is run), `until: TEXT` (it is "
            "started, and runs until it prints TEXT) or `not-run:` and a reason"
            f", not '{block.note}'")


def tracked_pages(root):
    """The pages, as git knows them and as they are."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "--cached",
         "--others", "--exclude-standard", "*.md"],
        cwd=root, check=True, text=True, capture_output=True).stdout
    return [x for x in listed.splitlines() if (root / x).exists()]


def main():
    parser = argparse.ArgumentParser(description="Checks the documentation.")
    parser.add_argument("--program", help="a built bridgekeeper")
    arguments = parser.parse_args()
    checker = Checker(ROOT, arguments.program)
    pages = tracked_pages(ROOT)
    for path in pages:
        checker.check(path)
    checker.check_index("docs/README.md",
                        [x for x in pages if x.startswith("docs/")])
    print("\n".join(checker.complaints), end="\n" if checker.complaints else "")
    return 1 if checker.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
