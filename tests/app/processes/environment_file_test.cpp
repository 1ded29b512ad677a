#include "app/processes/environment_file.hpp"
#include "app/scratch.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

TEST_CASE("an environment file has variables, comments and quotes") {
  auto out = parse_environment("\xEF\xBB\xBF# keys\n"
                               "A=1\r\n"
                               "\n"
                               "  export B= two words  # not these\n"
                               "C='# $HOME \\n'\n"
                               "D=\"a\\n\\t\\\"b\\\" \\$x \\y # z\" # comment\n"
                               "E=\n"
                               "F= # nothing\n"
                               "G=a#b=c\n"
                               "A=again",
                               "x");
  REQUIRE(out.has_value());
  CHECK(*out
        == environment_map{{"A", "again"},
                           {"B", "two words"},
                           {"C", "# $HOME \\n"},
                           {"D", "a\n\t\"b\" $x \\y # z"},
                           {"E", ""},
                           {"F", ""},
                           {"G", "a#b=c"}});
}

TEST_CASE("a mistake in an environment file names its line, not the value") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"A=1\nsecret", "Line 2 of x has no \"=\""},
      {"=secret", "invalid name"},
      {"1A=secret", "invalid name"},
      {"A B=secret", "invalid name"},
      {"A =secret", "invalid name"},
      {"\n\nA='secret", "Line 3 of x has no closing quote (')"},
      {"A=\"secret\\\"", "no closing quote (\")"},
      {"A='secret' more", "text after the closing quote"},
      {std::string("A=secret\0", 9), "null character"},
  };
  for (const auto& [text, why] : cases) {
    CAPTURE(text);
    auto out = parse_environment(text, "x");
    REQUIRE_FALSE(out.has_value());
    CHECK(to_string(out.error()).find(why) != std::string::npos);
    CHECK(to_string(out.error()).find("secret") == std::string::npos);
  }
}

TEST_CASE("an environment file must be readable") {
  scratch_file file{"A=1\n"};
  CHECK(read_environment_file(file.path()).value().at("A") == "1");
  auto out = read_environment_file("/nonexistent/file");
  REQUIRE_FALSE(out.has_value());
  CHECK(to_string(out.error()).find("/nonexistent/file") != std::string::npos);
}
