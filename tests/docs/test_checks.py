"""The checks of the documentation find what they are there for."""

import os
import pathlib
import shutil
import tempfile
import unittest

import check
import markdown

BINARY = shutil.which(os.environ.get("BRIDGEKEEPER_BINARY", "bridgekeeper"))


class ChecksTest(unittest.TestCase):

    def complaints(self, text, **others):
        """What is said about a page with this text. `others` are pages beside
        it."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        options = pathlib.Path("app/config/config_options.cpp")
        (root / options.parent).mkdir(parents=True)
        shutil.copy(check.ROOT / options, root / options)
        shutil.copy(check.ROOT / "dev", root / "dev")
        (root / "page.md").write_text(text)
        for name, other in others.items():
            (root / f"{name}.md").write_text(other)
        checker = check.Checker(root, BINARY)
        checker.check("page.md")
        return checker.complaints

    def assert_complains(self, text, *parts, **others):
        found = self.complaints(text, **others)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def assert_fine(self, text, **others):
        self.assertEqual(self.complaints(text, **others), [])

    # -- links ----------------------------------------------------------------

    def test_a_link_to_a_missing_page_is_found(self):
        self.assert_complains("# T\n\n[a\nb](gone.md)\n", "page.md:3", "gone.md")

    def test_a_link_to_a_missing_heading_is_found(self):
        self.assert_complains("[a](other.md#two)", "#two", other="# One\n")

    def test_links_to_headings_and_named_places_are_followed(self):
        self.assert_fine(
            "[a](other.md#a-bs-c-11) [b](#here) [c](other.md#twice-1)\n\n"
            "<a id=\"here\"></a>\n",
            other="# A `b's`: C, 1.1\n\n# Twice\n\n# Twice\n")

    def test_links_in_code_and_to_other_sites_are_left_alone(self):
        self.assert_fine("`[a](gone.md)` [b](https://example.com/gone.md)\n\n"
                         "```\n[a](gone.md)\n```\n")

    def test_a_missing_picture_is_found(self):
        self.assert_complains("![a](gone.svg)", "gone.svg")
        self.assert_complains('<img src="gone.svg">', "gone.svg")

    # -- blocks ---------------------------------------------------------------

    def test_a_block_that_is_not_run_needs_a_reason(self):
        self.assert_complains("```sh not-run:\ntrue\n```\n", "page.md:1")
        self.assert_complains("```sh not-run: root\ntrue\n```\n", "page.md:1")
        self.assert_fine("```sh not-run: needs root\ntrue\n```\n")

    def test_other_notes_are_not_known(self):
        self.assert_complains("```sh later\ntrue\n```\n", "later")
        self.assert_fine("```sh until: ready\ntrue\n```\n")

    def test_commands_must_be_marked(self):
        self.assert_complains("```\nbridgekeeper agents\n```\n", "mark")
        self.assert_complains("```bash\ntrue\n```\n", "mark")
        self.assert_fine("```\n$ bridgekeeper agents\n```\n")

    # -- command lines --------------------------------------------------------

    def test_an_unknown_command_is_found(self):
        self.assert_complains("```sh\ntrue\nbridgekeeper agent\n```\n",
                              "page.md:3", "no command agent")
        self.assert_complains("```\n$ bridgekeeper token make\n```\n",
                              "no command make")
        self.assert_complains("`bridgekeeper stop`", "no command stop")

    def test_an_unknown_flag_is_found(self):
        self.assert_complains("```sh\nA=1 bridgekeeper dispatch a b --wiat\n```",
                              "--wiat")
        self.assert_complains(
            "```sh\nx=$(bridgekeeper bridge \\\n  --exec 'a --b' --nane c)\n```",
            "--nane")
        self.assert_complains("`bridgekeeper-bridge --wait`", "--wait")
        self.assert_complains(
            "```sh\nsudo -u a true | bridgekeeper token new --lable b\n```",
            "--lable")

    def test_arguments_and_other_programs_are_left_alone(self):
        self.assert_fine(
            "```sh\nbridgekeeper help token new  # --none\n"
            "bridgekeeper bridge --id a --exec 'claude --print' &&\n"
            "  other --flag\nbridgekeeper console 'agent a'\n"
            "bridgekeeper dispatch a 'a\nb' --wait --timeout=5m\n```\n"
            "`bridgekeeper --version`, `bridgekeeper …`\n")

    def test_an_unknown_command_of_dev_is_found(self):
        self.assert_complains("```sh\n./dev tset\n```\n", "page.md:2", "tset")
        self.assert_complains("`./dev formatt --all`", "formatt")
        self.assert_fine("`./dev lint --all`, `./dev`, `./dev COMMAND`\n")

    # -- settings -------------------------------------------------------------

    def test_an_unknown_setting_is_found(self):
        self.assert_complains("`server.lisen`", "server.lisen")
        self.assert_complains("```toml\n[server]\nlisen = []\n```", "page.md:3")
        self.assert_complains("```toml\n[sever]\n```", "sever")
        self.assert_complains("```toml\nexce = \"a\"\n```", "--exce")

    def test_files_and_other_names_are_not_settings(self):
        self.assert_fine("`store.db` `response.content` `server.listen`\n"
                         "`store.durability = \"none\"`\n")

    # -- source files ---------------------------------------------------------

    def test_source_that_is_gone_is_found(self):
        self.assert_complains("`app/config/gone.cpp`", "app/config/gone.cpp")
        self.assert_complains("`app/config/config_options.cpp: go_away`",
                              "go_away")
        self.assert_fine("`app/config/config_options.*` `example/gone.cpp`\n"
                         "`app/config/config_options.cpp: option_row`\n")

    # -- the index ------------------------------------------------------------

    def test_a_page_without_a_link_in_the_index_is_found(self):
        checker = check.Checker(check.ROOT)
        checker.check_index("docs/README.md", ["docs/README.md", "docs/new.md"])
        self.assertEqual(checker.complaints,
                         ["docs/README.md:1: does not link docs/new.md"])


class MarkdownTest(unittest.TestCase):

    def test_a_fence_ends_only_with_its_own_kind(self):
        page = markdown.read("````sh not-run: it is an example\n```\nx\n```\n"
                             "````\n")
        self.assertEqual([(x.line, x.language, x.note, x.text)
                          for x in page.blocks],
                         [(1, "sh", "not-run: it is an example",
                           "```\nx\n```\n")])

    def test_code_may_continue_on_the_next_line(self):
        page = markdown.read("a `b\nc` d\n\n`e`\n")
        self.assertEqual(page.spans, [(1, "b c"), (4, "e")])


if __name__ == "__main__":
    unittest.main()
