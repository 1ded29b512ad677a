#include "app/adapters/plain_text.hpp"
#include "app/adapters/progress_line.hpp"
#include "app/adapters/task_output.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

std::vector<std::string> shown(const progress_lines& x) {
  std::vector<std::string> out;
  for (const auto& line : x)
    out.push_back(line.text);
  return out;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("plain text has no escape sequences and no control characters") {
  CHECK(plain_text("\x1B[1;31mred\x1B[0m and \x1B]0;title\atext")
        == "red and text");
  CHECK(plain_text("\x1B]8;;http://a\x1B\\link\x1B]8;;\x1B\\") == "link");
  CHECK(plain_text("\x1B(Ba\x1B=b\bc\x07\tz\n\x1B[2K") == "abc\tz\n");
  CHECK(plain_text("open \x1B[12;") == "open ");
  CHECK(plain_text("\x1B]never ended") == "");
  CHECK(plain_text("\xFF\xC2\x9B") == "\xEF\xBF\xBD");
  CHECK(plain_text("50%\r100%\r\nnext\r\n") == "100%\nnext\n");
}

TEST_CASE("progress that is cut says so") {
  progress_lines out;
  add_progress(out, std::string(max_progress_text + 1, 'x'), {{"kind", "a"}});
  REQUIRE(out.size() == 1);
  CHECK(out[0].text.size() <= max_progress_text);
  CHECK(out[0].text.ends_with("x\xE2\x80\xA6"));
  CHECK(nlohmann::json::parse(out[0].metadata.str())
        == nlohmann::json{
            {"kind", "a"}, {"cut", true}, {"length", max_progress_text + 1}});
}

TEST_CASE("progress is never a part of a JSON document") {
  progress_lines out;
  add_progress(out, "{\"a\":\"" + std::string(2 * mebibyte, 'x') + "\"}");
  REQUIRE(out.size() == 1);
  CHECK(out[0].text == "printed 2.0 MiB of JSON");
}

TEST_CASE("a line at the bound is whole") {
  progress_lines out;
  add_progress(out, std::string(max_progress_text, 'x'));
  REQUIRE(out.size() == 1);
  CHECK(out[0].metadata.str() == "{}");
}

TEST_CASE("text in brackets does not look like JSON") {
  for (std::string_view text : {"[12:00:01] started", "{ hello", "[info] x"})
    CHECK_FALSE(looks_like_json(text));
  for (std::string_view text : {"{", " [", "{\"a\":1}", "[{", "[ \"a\""})
    CHECK(looks_like_json(text));
}

TEST_CASE("of a progress bar only its last state is shown") {
  task_output output;
  std::string bar;
  for (auto i = 0; i <= 1000; ++i)
    bar += "\r\x1B[32m" + std::to_string(i) + " of 1000\x1B[0m";
  CHECK(output.on_stdout(bar).empty());
  CHECK(shown(output.on_quiet()) == texts{"1000 of 1000"});
  CHECK(output.on_quiet().empty());
  CHECK(output.on_stdout("\n").empty());
}

TEST_CASE("a prompt without a line end is shown once") {
  task_output output;
  CHECK(output.on_stdout("Continue? [y/N] ").empty());
  CHECK(shown(output.on_quiet()) == texts{"Continue? [y/N]"});
  CHECK(output.on_quiet().empty());
  CHECK(shown(output.on_stdout("y\nnext\n"))
        == texts{"Continue? [y/N] y", "next"});
}

TEST_CASE("an unfinished JSON line is not shown") {
  for (auto kind : {agent_kind::command, agent_kind::claude}) {
    task_output output{{.agent = kind}};
    CHECK(output.on_stdout("{\"type\":\"resu").empty());
    CHECK(output.on_quiet().empty());
  }
}

TEST_CASE("standard error is progress only if that is wanted") {
  task_output dropping;
  CHECK(dropping.on_stderr("one\n").empty());
  task_output showing{{.errors = stderr_use::progress}};
  auto out = showing.on_stderr("one\ntw");
  REQUIRE(out.size() == 1);
  CHECK(out[0].text == "one");
  CHECK(out[0].metadata.str() == R"({"stream":"stderr"})");
  CHECK(shown(showing.on_quiet()) == texts{"tw"});
  for (auto* x : {&dropping, &showing})
    CHECK(x->finish({.status = 1}).details.error_detail.starts_with("one"));
}

TEST_CASE("the error detail is the end of standard error as plain text") {
  task_output output;
  (void)output.on_stderr(std::string(100'000, 'a')
                         + "\n\xFF\x1B[31mend\x1B[0m");
  auto detail = output.finish({.status = 1}).details.error_detail;
  CHECK(detail.size() <= max_error_detail_length);
  CHECK(detail.ends_with("a\n\xEF\xBF\xBD"
                         "end"));
  CHECK(task_output{}.finish({.status = 1}).details.error_detail.empty());
}
