#include "app/config/config_change.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

using names = std::vector<std::string>;

names names_of(const std::vector<const option*>& xs) {
  names out;
  for (auto x : xs)
    out.push_back(full_name(*x));
  return out;
}

} // namespace

TEST_CASE("a configuration that is the same changes nothing") {
  CHECK(compare(config{}, config{}).empty());
}

TEST_CASE("what may change while the daemon runs is told from what may not") {
  config wanted;
  wanted.server.listen = {"127.0.0.1:9000"};
  wanted.server.max_connections = 7;
  wanted.auth.tokens = {"secret"};
  wanted.heartbeat.timeout = seconds{45};
  wanted.heartbeat.tick = seconds{1};
  wanted.http.cors_origins = {};
  wanted.cost.daily_limit_usd = 0.5;
  wanted.audit.path = "audit.log";
  auto change = compare(config{}, wanted);
  CHECK(names_of(change.applied)
        == names{"server.max_connections", "auth.tokens", "heartbeat.timeout",
                 "cost.daily_limit_usd", "http.cors_origins"});
  CHECK(names_of(change.left)
        == names{"server.listen", "heartbeat.tick", "audit.path"});
  CHECK(change.touches("heartbeat"));
  CHECK_FALSE(change.touches("audit"));
}

TEST_CASE("what may not change stays as it is") {
  config current;
  current.server.data_dir = "here";
  auto wanted = current;
  wanted.server.data_dir = "there";
  wanted.log.level = "debug";
  auto change = compare(current, wanted);
  CHECK(change.values.server.data_dir == "here");
  CHECK(change.values.log.level == "debug");
  // Nor is it forgotten: the next time it is named again.
  CHECK(names_of(compare(change.values, wanted).left)
        == names{"server.data_dir"});
}

TEST_CASE("a daemon that speaks TLS may change to another certificate") {
  config current;
  current.tls.certificate = "old.pem";
  current.tls.key = "old.key";
  auto wanted = current;
  wanted.tls.certificate = "new.pem";
  wanted.tls.key = "new.key";
  wanted.tls.min_version = "1.3";
  auto change = compare(current, wanted);
  CHECK(change.left.empty());
  CHECK(names_of(change.applied)
        == names{"tls.certificate", "tls.key", "tls.min_version"});
}

TEST_CASE("whether TLS is spoken is settled at the start") {
  config plain;
  config secure;
  secure.tls.certificate = "new.pem";
  secure.tls.key = "new.key";
  secure.log.level = "debug";
  auto change = compare(plain, secure);
  CHECK(names_of(change.left) == names{"tls.certificate", "tls.key"});
  CHECK(names_of(change.applied) == names{"log.level"});
  CHECK_FALSE(change.values.tls.certificate);

  auto own = plain;
  own.tls.self_signed = true;
  own.tls.min_version = "1.3";
  CHECK(names_of(compare(own, secure).left)
        == names{"tls.certificate", "tls.key", "tls.min_version",
                 "tls.self_signed"});
  CHECK(compare(own, secure).values.tls.self_signed);
}
