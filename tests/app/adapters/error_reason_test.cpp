#include "app/adapters/error_reason.hpp"
#include "app/adapters/failure_text.hpp"
#include "domain/limits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

struct reason_case {
  std::string_view errors;
  std::string_view reason;
};

struct retry_case {
  std::string_view text;
  std::optional<timestamp> time;
};

/// 2026-01-31, 12:00 in UTC.
constexpr timestamp noon{std::chrono::seconds{1'769'860'800}};

} // namespace

TEST_CASE("the reason is the line that states the error") {
  for (
      const auto& [errors, reason] : std::vector<reason_case>{
          {"/a.js:1\nthrow new Error('x')\n^\n\nError: Cannot find module 'x'\n"
           "Require stack:\n- /a.js\n    at Module (node:internal:1)\n"
           "    at x (y) {\n  code: 'MODULE_NOT_FOUND'\n}\n\nNode.js v22.1.0\n",
           "Error: Cannot find module 'x'"},
          {"Traceback (most recent call last):\n  File \"a.py\", line 1\n"
           "    f()\nValueError: bad value\n",
           "ValueError: bad value"},
          {"fatal: not a git repository\nhint: try init\n",
           "fatal: not a git repository"},
          {"\x1B[31merror:\x1B[0m unexpected argument\n\nUsage: x\n",
           "error: unexpected argument"},
          {"x: error: no input\n", "x: error: no input"},
          {"{\"error\":{\"message\":\"quota is used up\"}}\nbye\n",
           "quota is used up"},
          {"[ERROR] {\n  \"error\": {\n    \"message\": \"no key\"\n  }\n}\n",
           "no key"},
          {"first\nlast: no such file\n\n", "last: no such file"},
          {"the cause\n}\n", "the cause"},
          {"the cause\n\nNode.js v22.1.0\n", "the cause"},
          {"}\n", "}"},
          {"\n \n", ""},
          {"", ""},
      }) {
    CAPTURE(errors);
    CHECK(reason_in(errors) == reason);
  }
}

TEST_CASE("text without an error states none") {
  CHECK_FALSE(stated_error("All errors: none\nfine\n"));
  CHECK_FALSE(stated_error("{\"type\":\"result\",\"error\":null}\n"));
}

TEST_CASE("numbers stand for HTTP statuses only where they are called so") {
  CHECK(classify_failure("API Error: 429 x") == failure_class::rate_limited);
  CHECK(classify_failure("request failed with status code 401")
        == failure_class::auth);
  CHECK_FALSE(classify_failure("line 429 is wrong"));
  CHECK_FALSE(classify_failure("everything is fine"));
}

TEST_CASE("only the beginning and the end of a long error are classified") {
  std::string filler(mebibyte, 'x');
  CHECK(classify_failure("Rate limit. " + filler)
        == failure_class::rate_limited);
  CHECK(classify_failure(filler + " HTTP 401") == failure_class::auth);
  CHECK_FALSE(classify_failure(filler + " rate limit HTTP 401 " + filler));
}

TEST_CASE("a time to try again is read only if it is unambiguous") {
  using namespace std::chrono;
  for (const auto& [text, time] : std::vector<retry_case>{
           {"limit reached|1769868000", noon + 2h},
           {"limit reached|1769868000000", noon + 2h},
           {"limit reached|12", std::nullopt},
           {"resets at 2026-01-31T13:00:00Z.", noon + 1h},
           {"resets 3pm (UTC)", noon + 3h},
           {"resets 11:30am (UTC)", noon + 23h + 30min},
           {"resets 12am (UTC)", noon + 12h},
           {"resets 3pm (Europe/Berlin)", std::nullopt},
           {"resets 3pm", std::nullopt},
           {"resets Mon 3pm (UTC)", std::nullopt},
           {"Please try again in 20s.", noon + 20s},
           {"try again in 1.5 seconds", noon + 2s},
           {"Try again in 3 days 4 hours 5 minutes.", noon + 76h + 5min},
           {"retry after 30 seconds", noon + 30s},
           {"try again in 500ms", std::nullopt},
           {"try again in a while", std::nullopt},
       }) {
    CAPTURE(text);
    CHECK(retry_time(text, noon) == time);
  }
}
