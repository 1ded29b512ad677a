"""The commands that the pages show. A block marked `sh` is run, in the order of
the page; with `until: TEXT` it goes on while the next ones run. Blocks that
cannot run here say why (`not-run:`)."""

import unittest

import check
import markdown
from place import Failure, Place

# Pages whose reader starts a daemon; on all others one is running.
FROM_NOTHING = ("README.md", "docs/getting-started.md")


def _runs(block):
    return block.language == "sh" and not block.note.startswith("not-run:")


class PagesTest(unittest.TestCase):

    def follow(self, path):
        page = markdown.read((check.ROOT / path).read_text())
        blocks = [x for x in page.blocks if _runs(x)]
        if not blocks:
            return
        place = Place()
        self.addCleanup(place.close)
        if path not in FROM_NOTHING:
            place.prepare()
        for block in blocks:
            try:
                if block.note:
                    place.go_on(block.text,
                                block.note.removeprefix("until:").strip())
                else:
                    place.run(block.text)
            except Failure as failure:
                self.fail(f"{path}:{block.line}: this block {failure}")


def _test_of(path):
    return lambda self: self.follow(path)


def _add_tests():
    count = 0
    for path in check.tracked_pages(check.ROOT):
        page = markdown.read((check.ROOT / path).read_text())
        if any(_runs(x) for x in page.blocks):
            count += 1
            name = path.removesuffix(".md").replace("/", "_").replace("-", "_")
            setattr(PagesTest, f"test_{name}", _test_of(path))
    if not count:
        raise RuntimeError("no page has commands that can be run")


_add_tests()

if __name__ == "__main__":
    unittest.main()
