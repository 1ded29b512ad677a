#include "store/scratch_log.hpp"

#include <doctest/doctest.h>

#include <system_error>

using namespace bridgekeeper;
using namespace bridgekeeper::store;
using namespace bridgekeeper::test;

namespace {

/// Five lines that were written well.
struct five_lines : scratch_log {
  five_lines() {
    write(1, 5);
  }

  void put_back(const std::vector<std::string>& all) const {
    std::string joined;
    for (const auto& line : all)
      joined += line + "\n";
    overwrite(joined);
  }
};

} // namespace

TEST_CASE_FIXTURE(five_lines, "a log that nobody touched is whole") {
  auto found = verify();
  CHECK(verdict(found) == "whole");
  CHECK(found.lines == 5);
  CHECK(found.remarks.empty());
}

TEST_CASE_FIXTURE(five_lines, "any single changed byte is found in its line") {
  auto whole = text();
  auto second = whole.find('\n') + 1;
  auto third = whole.find('\n', second) + 1;
  for (auto i = second; i < third; ++i) {
    CAPTURE(i);
    auto changed = whole;
    changed[i] ^= 1;
    overwrite(changed);
    auto found = verify();
    REQUIRE(found.broken);
    CHECK(found.broken->file == path);
    CHECK(found.broken->line == 2);
    CHECK(found.lines == 1);
  }
}

TEST_CASE_FIXTURE(five_lines, "a line that is gone, moved or doubled is "
                              "named") {
  auto all = lines();
  auto expected = "3: the line does not follow the one before it: lines were "
                  "removed, inserted or moved here";
  SUBCASE("gone") {
    all.erase(all.begin() + 2);
  }
  SUBCASE("moved") {
    std::swap(all[2], all[3]);
  }
  SUBCASE("doubled") {
    all.insert(all.begin() + 2, all[1]);
  }
  put_back(all);
  CHECK(verdict(verify()) == expected);
}

TEST_CASE_FIXTURE(five_lines, "a line that was written anew is found by the "
                              "next") {
  auto all = lines();
  auto links = find_links(all[1]);
  all[1] = render(numbered(99), links->prev).text;
  put_back(all);
  CHECK(verdict(verify()).starts_with("3: the line does not follow"));
}

TEST_CASE_FIXTURE(five_lines, "what is no line is named as such") {
  auto all = lines();
  all.insert(all.begin() + 1, "hello");
  put_back(all);
  CHECK(verdict(verify()) == "2: this is not a line of an audit log");
}

TEST_CASE_FIXTURE(five_lines, "a last line that is cut short, and that nobody "
                              "accounts for, is named") {
  overwrite(text().substr(0, text().size() - 10));
  CHECK(verdict(verify()) == "5: the line is cut short");
}

TEST_CASE_FIXTURE(five_lines, "a torn piece that was changed is no longer "
                              "accounted for") {
  overwrite(text().substr(0, text().size() - 10));
  write(6, 6);
  auto all = lines();
  all[4][3] ^= 1;
  put_back(all);
  CHECK(verdict(verify()) == "5: this is not a line of an audit log");
}

TEST_CASE_FIXTURE(five_lines, "an endless line is not read to its end") {
  overwrite(text() + std::string(3 * max_audit_line, 'x'));
  CHECK(verdict(verify())
        == "6: the line is longer than any that the audit log writes");
}

TEST_CASE_FIXTURE(scratch_log, "files in the wrong order, and one that is "
                               "missing, are named") {
  write(1, 8, 700, 3);
  auto expected = "1: the file does not continue the one before it: lines are "
                  "missing between them, or the files are not given oldest "
                  "first";
  CHECK(verdict(verify({1, 2, 0})) == expected);
  CHECK(verdict(verify({2, 0})) == expected);
  CHECK(verdict(verify({2, 1, 0})) == "whole");
}

TEST_CASE_FIXTURE(scratch_log, "it says when the beginning is not there to be "
                               "checked") {
  write(1, 4, 700, 3);
  CHECK(verify({1, 0}).unchecked.size() == 1);
  auto found = verify({0});
  CHECK(verdict(found) == "whole");
  REQUIRE(found.unchecked.size() == 2);
  CHECK(found.unchecked[0].starts_with("the lines before the first line of "
                                       + path));
}

TEST_CASE_FIXTURE(five_lines, "it says that it cannot know what came after") {
  auto found = verify();
  REQUIRE(found.unchecked.size() == 1);
  CHECK(found.unchecked[0].find(found.last_hash) != std::string::npos);
  CHECK(find_links(lines().back())->hash == found.last_hash);
}

TEST_CASE_FIXTURE(scratch_log, "of an empty log there is nothing to say") {
  overwrite("");
  auto found = verify();
  CHECK(verdict(found) == "whole");
  CHECK(found.lines == 0);
  CHECK(found.unchecked.empty());
}

TEST_CASE_FIXTURE(scratch_log, "a file that cannot be read is an error") {
  CHECK_THROWS_AS(std::ignore = verify(), std::system_error);
}
