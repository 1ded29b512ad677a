#include "app/client/dispatch_table.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

using texts = std::vector<std::string>;

namespace {

std::string row(const std::string& id, const std::string& more) {
  return R"({"message_id":")" + id + R"(","agent_id":"shop-1",)" + more + "}";
}

} // namespace

TEST_CASE("the dispatches of a page stay as the daemon wrote them") {
  auto page = parse_dispatch_page(
      R"({"dispatches":[{"b":"],\"{","a":[1,{"x":2}]}, {"c":{}}],"next":"7"})");
  REQUIRE(page.has_value());
  CHECK(page->rows == texts{R"({"b":"],\"{","a":[1,{"x":2}]})", R"({"c":{}})"});
  CHECK(page->next == "7");
}

TEST_CASE("the last page has no next one") {
  auto page = parse_dispatch_page(R"({"dispatches":[],"next":null})");
  REQUIRE(page.has_value());
  CHECK(page->rows.empty());
  CHECK_FALSE(page->next);
}

TEST_CASE("what is no page is refused") {
  for (auto text : {"", "[]", "{}", R"({"dispatches":{}})"}) {
    CAPTURE(text);
    CHECK(parse_dispatch_page(text).has_error());
  }
}

TEST_CASE("a short id is as long as the ids on the page need") {
  CHECK(short_id_length(texts{}) == 8);
  CHECK(short_id_length(texts{"aaaa-11112222", "bbbb-33334444"}) == 8);
  CHECK(short_id_length(texts{"aaaa-11112222", "aaab-11112222"}) == 10);
  CHECK(short_id_length(texts{"same-11112222", "same-11112222"}) == 8);
  CHECK(short_id_length(texts{"ab", "b"}) == 8);
}

TEST_CASE("dispatches are shown with short ids, attempts and durations") {
  auto table = dispatch_table(
      texts{row("0197c3d2-7a7e-7c3b-9a52-3f0c5e8d1b64",
                R"("state":"completed","attempt":1,"max_attempts":3,)"
                R"("created_at":"2026-01-31T12:00:00.000000+00:00",)"
                R"("ended_at":"2026-01-31T12:00:00.260000+00:00",)"
                R"("reason":null,"error":null)"),
            row("0197c3d2-7a7e-7c3b-9a52-3f0c5e8d1b65",
                R"("state":"timed_out","attempt":3,"max_attempts":3,)"
                R"("created_at":"2026-01-31T11:00:00.000000+00:00",)"
                R"("ended_at":"2026-01-31T11:03:12.000000+00:00",)"
                R"("reason":"timeout","error":"no answer in 192 s")"),
            row("0197c3d2-7a7e-7c3b-9a52-3f0c5e8d1b66",
                R"("state":"running","attempt":1,"max_attempts":1,)"
                R"("created_at":"2026-01-31T10:00:00.000000+00:00",)"
                R"("ended_at":null)")});
  CHECK(table
        == "ID        AGENT   STATE      ATTEMPT  CREATED               TOOK"
           "    REASON\n"
           "5e8d1b64  shop-1  completed  1 of 3   2026-01-31T12:00:00Z  0.3s"
           "    -\n"
           "5e8d1b65  shop-1  timed_out  3 of 3   2026-01-31T11:00:00Z  "
           "3m 12s  timeout\n"
           "5e8d1b66  shop-1  running    1 of 1   2026-01-31T10:00:00Z  -"
           "       -\n");
}

TEST_CASE("of an agent's own error the first words are shown") {
  auto shown = [](const std::string& error) {
    auto table = dispatch_table(
        texts{row("1", R"("reason":"task_failed","error":")" + error + '"')});
    auto line = table.substr(table.find('\n') + 1);
    return line.substr(line.rfind("  ") + 2);
  };
  CHECK(shown("boom") == "boom\n");
  CHECK(shown(R"(\nfirst line\nsecond)") == "first line\n");
  CHECK(shown("the compiler ended with a signal while it was linking x")
        == "the compiler ended with a signal while it was …\n");
  CHECK(shown(std::string(60, 'x')) == std::string(48, 'x') + " …\n");
  CHECK(shown("") == "task_failed\n");
}

TEST_CASE("the class of a failure goes before the agent's words") {
  auto table = dispatch_table(
      texts{row("1", R"("reason":"task_failed","error":"Too many requests",)"
                     R"("failure":"rate_limited")"),
            row("2", R"("reason":"task_failed","error":null,)"
                     R"("failure":"idle")")});
  CHECK(table.find("rate_limited: Too many requests\n") != table.npos);
  CHECK(table.find("  idle\n") != table.npos);
}

TEST_CASE("a dispatch cannot write on the operator's terminal") {
  auto table = dispatch_table(texts{
      row("1",
          R"("state":"\u001b[2J","reason":"task_failed","error":"a\u001bb")")});
  CHECK(table.find('\x1B') == std::string::npos);
  CHECK(history_table(R"([{"at":"\u001b","what":"\u001b[2J"}])").find('\x1B')
        == std::string::npos);
}

TEST_CASE("a history is a table of its steps") {
  CHECK(history_table(
            R"([{"at":"2026-01-31T12:00:00.000001+00:00","what":"created",)"
            R"("attempt":1},{"at":"2026-01-31T12:00:01.000000+00:00",)"
            R"("what":"lost","attempt":1,"reason":"agent_lost"}])")
        == "TIME                              STEP     ATTEMPT  REASON\n"
           "2026-01-31T12:00:00.000001+00:00  created  1        -\n"
           "2026-01-31T12:00:01.000000+00:00  lost     1        agent_lost\n");
  CHECK(history_table(R"([{"at":"12:00","what":"retried","attempt":1,)"
                      R"("reason":"task_failed","failure":"idle"}])")
        == "TIME   STEP     ATTEMPT  REASON\n"
           "12:00  retried  1        idle\n");
  CHECK(history_table("7") == "TIME  STEP  ATTEMPT  REASON\n");
}
