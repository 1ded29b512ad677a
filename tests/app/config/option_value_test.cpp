#include "app/config/assign_option.hpp"
#include "app/config/option_text.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

using strings = std::vector<std::string>;

/// Tries values on one option, each on a fresh config.
class probe {
public:
  probe(std::string_view section, std::string_view key)
    : option_(*find_option(section, key)) {}

  std::string refused(const option_value& value) {
    return assign(option_, values_, value).value_or("accepted");
  }

  std::string accepted(const option_value& value) {
    values_ = {};
    if (auto why = assign(option_, values_, value))
      return *why;
    return to_plain(option_, values_);
  }

private:
  const option& option_;
  config values_;
};

} // namespace

TEST_CASE("a count takes whole numbers within its range") {
  probe threads{"server", "io_threads"};
  CHECK(threads.accepted(std::int64_t{4}) == "4");
  CHECK(threads.accepted(plain_text{"1024"}) == "1024");
  CHECK(threads.refused(std::int64_t{1025})
        == "found 1025, expected a whole number from 0 to 1024");
  CHECK(threads.refused(std::int64_t{-1}).starts_with("found -1"));
  CHECK(threads.refused(plain_text{"many"}).starts_with("found \"many\""));
  CHECK(threads.refused(plain_text{"4x"}).starts_with("found"));
  CHECK(threads.refused(plain_text{"-4"}).starts_with("found"));
  CHECK(threads.refused(4.0).starts_with("found 4"));
  CHECK(threads.refused(std::string{"4"}).starts_with("found \"4\""));
  CHECK(threads.refused(true).starts_with("found true"));
}

TEST_CASE("a time takes numbers and text with a unit") {
  probe timeout{"heartbeat", "timeout"};
  CHECK(timeout.accepted(std::int64_t{45}) == "45s");
  CHECK(timeout.accepted(0.5) == "0.5s");
  CHECK(timeout.accepted(std::string{"500ms"}) == "0.5s");
  CHECK(timeout.accepted(plain_text{"2m"}) == "120s");
  CHECK(timeout.accepted(plain_text{"45"}) == "45s");
  CHECK(timeout.refused(std::string{"45"}).starts_with("found \"45\""));
  CHECK(timeout.refused(std::int64_t{0})
        == "found 0, expected seconds from 0.1 to 86400, such as 30, "
           "\"500ms\" or \"10m\"");
  CHECK(timeout.refused(std::nan("")).starts_with("found nan"));
  CHECK(timeout.refused(std::numeric_limits<double>::infinity())
            .starts_with("found inf"));
}

TEST_CASE("a size takes numbers and text with a unit") {
  probe frame{"bridge", "max_frame_bytes"};
  CHECK(frame.accepted(std::int64_t{65'536}) == "64KiB");
  CHECK(frame.accepted(std::string{"32MiB"}) == "32MiB");
  CHECK(frame.accepted(plain_text{"2048"}) == "2KiB");
  CHECK(frame.refused(std::string{"2048"}).starts_with("found"));
  CHECK(frame.refused(std::int64_t{1})
        == "found 1, expected bytes from 1KiB to 1GiB, such as 65536 or "
           "\"64KiB\"");
}

TEST_CASE("a switch takes booleans and, as text, the usual words") {
  probe adaptive{"heartbeat", "adaptive"};
  CHECK(adaptive.accepted(false) == "false");
  for (auto word : {"false", "off", "no", "0"})
    CHECK(adaptive.accepted(plain_text{word}) == "false");
  for (auto word : {"true", "on", "yes", "1"})
    CHECK(adaptive.accepted(plain_text{word}) == "true");
  CHECK(adaptive.refused(std::string{"false"}).starts_with("found \"false\""));
  CHECK(adaptive.refused(plain_text{"maybe"})
        == "found \"maybe\", expected true or false");
}

TEST_CASE("a choice takes its own words only, in any case") {
  probe level{"log", "level"};
  CHECK(level.accepted(std::string{"debug"}) == "debug");
  CHECK(level.accepted(plain_text{"WARNING"}) == "warning");
  CHECK(level.refused(plain_text{"loud"})
        == "found \"loud\", expected one of trace, debug, info, warning, "
           "error, off");
}

TEST_CASE("an address that is not HOST:PORT is named in the refusal") {
  probe listen{"server", "listen"};
  CHECK(listen.accepted(strings{"0.0.0.0:8000", "[::1]:0"})
        == "0.0.0.0:8000,[::1]:0");
  CHECK(listen.accepted(plain_text{"a:1, b:2"}) == "a:1,b:2");
  CHECK(listen.accepted(std::string{"localhost:8000"}) == "localhost:8000");
  CHECK(listen.refused(strings{"a:1", "b:70000"})
        == "found \"b:70000\", expected one or more HOST:PORT or unix:PATH, "
           "such as 127.0.0.1:8000, [::1]:8000 or "
           "unix:/run/bridgekeeper.sock");
  CHECK(listen.accepted(strings{"unix:/run/bk.sock"}) == "unix:/run/bk.sock");
  probe console{"console", "listen"};
  CHECK(console.refused(std::string{"unix:/run/bk.sock"}).starts_with("found"));
  for (auto x :
       {"localhost", ":8000", "localhost:", "::1:80", "a b:80", "[]:80",
        "localhost:-1", "http://localhost:80", "unix:", "unix:/a b"}) {
    CAPTURE(x);
    CHECK(listen.refused(std::string{x}).starts_with("found"));
  }
  CHECK(listen.refused(strings{}).starts_with("found an empty list"));
  CHECK(listen.refused(foreign_value{})
            .starts_with("found a value of another type"));
}

TEST_CASE("a limit takes whole numbers, and any that mean off") {
  probe rate{"limits", "agent_per_minute"};
  CHECK(rate.accepted(std::int64_t{7}) == "7");
  CHECK(rate.accepted(plain_text{"0"}) == "0");
  CHECK(rate.accepted(plain_text{"-1"}) == "-1");
  CHECK(rate.refused(plain_text{"1000001"})
        == "found \"1000001\", expected a whole number up to 1000000, or 0 "
           "for off");
  for (auto x : {"", "1.5", "ten", "7 ", "0x7", "99999999999999999999"}) {
    CAPTURE(x);
    CHECK(rate.refused(plain_text{x}).starts_with("found"));
  }
  CHECK(rate.refused(7.5).starts_with("found 7.5"));
}

TEST_CASE("an amount takes numbers within its range") {
  probe threshold{"cost", "warning_threshold"};
  CHECK(threshold.accepted(0.5) == "0.5");
  CHECK(threshold.accepted(std::int64_t{1}) == "1");
  CHECK(threshold.accepted(plain_text{"0.75"}) == "0.75");
  CHECK(threshold.refused(1.5) == "found 1.5, expected a number from 0 to 1");
  for (auto x : {"", "-0.1", "nan", "inf", "half", "0.5x"}) {
    CAPTURE(x);
    CHECK(threshold.refused(plain_text{x}).starts_with("found"));
  }
  CHECK(threshold.refused(std::nan("")).starts_with("found"));
}

TEST_CASE("a proxy that is no address is named in the refusal") {
  probe proxies{"server", "trusted_proxies"};
  CHECK(proxies.accepted(strings{"10.0.0.0/8", "::1"}) == "10.0.0.0/8,::1");
  CHECK(proxies.accepted(plain_text{"127.0.0.1, fd00::/8"})
        == "127.0.0.1,fd00::/8");
  CHECK(proxies.accepted(strings{}) == "none");
  CHECK(proxies.refused(strings{"10.0.0.0/8", "proxy.example"})
        == "found \"proxy.example\", expected addresses or networks, such as "
           "127.0.0.1 or 10.0.0.0/8");
}

TEST_CASE("an origin is written as browsers write it") {
  probe origins{"http", "cors_origins"};
  CHECK(origins.accepted(strings{"http://localhost:5173", "https://a.example"})
        == "http://localhost:5173,https://a.example");
  CHECK(origins.accepted(strings{"http://[::1]", "http://[::1]:81"})
        == "http://[::1],http://[::1]:81");
  CHECK(origins.accepted(strings{}) == "none");
  CHECK(
      origins.refused(strings{"http://a.example", "b.example"})
      == "found \"b.example\", expected origins of web pages, such as "
         "https://panel.example.com or http://localhost:5173, without a path");
  for (auto x :
       {"*", "null", "http://", "http://a.example/", "http://a.example/x",
        "http://A.example", "ftp://a.example", "http://a b.example",
        "https://a.example:443", "http://a.example:80", "http://*.example",
        "http://a.example:x", "http://u@a.example"}) {
    CAPTURE(x);
    CHECK(origins.refused(strings{x}).starts_with("found"));
  }
}

TEST_CASE("the console listens on the loopback interface or not at all") {
  probe console{"console", "listen"};
  for (auto x :
       {"off", "127.0.0.1:0", "127.1.2.3:9", "[::1]:9", "localhost:9"}) {
    CAPTURE(x);
    CHECK(console.accepted(plain_text{x}) == x);
  }
  for (auto x : {"0.0.0.0:9", "example.org:9", "127.example.org:9", "[::]:9",
                 "on", ""}) {
    CAPTURE(x);
    CHECK(console.refused(plain_text{x}).starts_with("found"));
  }
}

TEST_CASE("tokens are counted and never repeated") {
  probe tokens{"auth", "tokens"};
  CHECK(tokens.accepted(strings{"alpha", "beta"}) == "2 tokens");
  CHECK(tokens.accepted(plain_text{" alpha ,, beta,"}) == "2 tokens");
  CHECK(tokens.accepted(strings{"alpha"}) == "1 token");
  for (const auto& bad : {option_value{strings{"alpha", "s3cret\n"}},
                          option_value{strings{"alpha", ""}},
                          option_value{strings{std::string(4097, 's')}},
                          option_value{std::int64_t{12'345}}}) {
    auto why = tokens.refused(bad);
    CAPTURE(why);
    CHECK(why.starts_with("expected a list of tokens"));
    CHECK(why.find("s3cret") == std::string::npos);
    CHECK(why.find("12345") == std::string::npos);
  }
}

TEST_CASE("a refused value changes nothing") {
  config values;
  values.server.io_threads = 3;
  const auto& threads = *find_option("server", "io_threads");
  CHECK(assign(threads, values, plain_text{"x"}).has_value());
  CHECK(values.server.io_threads == 3);
}

TEST_CASE("a long or malicious value is shortened and escaped") {
  probe level{"log", "level"};
  auto why = level.refused(plain_text{std::string(5000, 'x')});
  CHECK(why.size() < 300);
  CHECK(level.refused(plain_text{"\x1b[2J"}).find('\x1b') == std::string::npos);
}
