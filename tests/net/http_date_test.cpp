#include "net/http_date.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::net;

TEST_CASE("a time is written as HTTP writes it, in English and in UTC") {
  CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(http_date(1'709'164'799) == "Wed, 28 Feb 2024 23:59:59 GMT");
  CHECK(http_date(1'709'164'800) == "Thu, 29 Feb 2024 00:00:00 GMT");
  CHECK(http_date(253'402'300'799) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("the time now is of this second") {
  auto before = std::time(nullptr);
  auto now = http_date_now();
  auto after = std::time(nullptr);
  CHECK((now == http_date(before) || now == http_date(after)));
}
