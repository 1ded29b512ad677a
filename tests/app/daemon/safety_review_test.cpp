#include "app/daemon/safety_review.hpp"
#include "app/tokens/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
namespace fs = std::filesystem;

namespace {

struct review_world {
  review_world() {
    values.server.data_dir = (dir.path() / "data").string();
    fs::create_directory(dir.path() / "data");
    fs::permissions(dir.path() / "data", fs::perms{0700});
  }

  void put(const std::string& name, const std::string& text, unsigned mode) {
    dir.write(name, text);
    fs::permissions(dir.path() / name, fs::perms{mode});
  }

  /// A user of its own, whom the files belong to.
  safety_findings look() {
    return review_safety(values, {}, user);
  }

  static bool says(const std::vector<std::string>& list,
                   const std::string& text) {
    for (const auto& x : list)
      if (x.find(text) != std::string::npos)
        return true;
    return false;
  }

  scratch_directory dir;
  config values;
  uid_t user = ::geteuid() == 0 ? 4711 : ::geteuid();
};

const std::string good_token =
    "bk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

} // namespace

TEST_CASE_FIXTURE(review_world, "a daemon that is safe has nothing to hear") {
  put("data/token", good_token, 0600);
  values.auth.tokens = {good_token};
  auto found = look();
  CHECK(found.refusals.empty());
  CHECK(found.warnings.empty());
}

TEST_CASE_FIXTURE(review_world, "what every user can write is refused") {
  SUBCASE("the data directory") {
    fs::permissions(dir.path() / "data", fs::perms{0703});
    CHECK(says(look().refusals, "the data directory"));
  }
  SUBCASE("the daemon's token") {
    put("data/token", good_token, 0602);
    CHECK(says(look().refusals, "the daemon's own token"));
  }
  SUBCASE("the file of scoped tokens") {
    put("data/tokens", "", 0602);
    CHECK(says(look().refusals, "the file of scoped tokens"));
  }
  SUBCASE("the token file") {
    put("plain", good_token, 0602);
    values.auth.token_file = (dir.path() / "plain").string();
    CHECK(says(look().refusals, "auth.token_file"));
  }
  SUBCASE("the key and the certificate") {
    put("key", "", 0602);
    put("certificate", "", 0602);
    values.tls.key = (dir.path() / "key").string();
    values.tls.certificate = (dir.path() / "certificate").string();
    CHECK(says(look().refusals, "tls.key"));
    CHECK(says(look().refusals, "tls.certificate"));
  }
  SUBCASE("the configuration") {
    put("settings", "", 0602);
    auto found =
        review_safety(values, (dir.path() / "settings").string(), user);
    CHECK(says(found.refusals, "the configuration"));
  }
}

TEST_CASE_FIXTURE(review_world, "secrets that every user can read are warned "
                                "of, hashes are not") {
  put("data/token", good_token, 0604);
  put("data/tokens", "", 0604);
  fs::permissions(dir.path() / "data", fs::perms{0705});
  auto found = look();
  CHECK(found.refusals.empty());
  CHECK(found.warnings.size() == 2);
  CHECK(says(found.warnings, "the data directory"));
  CHECK(says(found.warnings, "the daemon's own token"));
}

TEST_CASE_FIXTURE(review_world, "a data directory that its group can write is "
                                "warned of") {
  fs::permissions(dir.path() / "data", fs::perms{0770});
  CHECK(says(look().warnings, "its group"));
}

TEST_CASE_FIXTURE(review_world, "files of another user are refused, by root "
                                "warned of") {
  put("data/token", good_token, 0600);
  // Only root can give a file away.
  if (::chown((dir.path() / "data/token").c_str(), 12345, 12345) != 0)
    return;
  CHECK(says(look().refusals, "12345"));
  auto by_root = review_safety(values, {}, 0);
  CHECK(by_root.refusals.empty());
  CHECK(says(by_root.warnings, "12345"));
}

TEST_CASE_FIXTURE(review_world, "root does not serve from the directory of the "
                                "installed service") {
  auto data = dir.path() / "data";
  if (::chown(data.c_str(), 12345, 12345) != 0)
    return;
  CHECK(says(review_safety(values, {}, 0, 12345).refusals,
             "systemctl start bridgekeeper"));
  CHECK(review_safety(values, {}, 12345, 12345).refusals.empty());
}

TEST_CASE_FIXTURE(review_world, "root may serve from a directory of a user who "
                                "does not run the service, and is warned") {
  auto data = dir.path() / "data";
  if (::chown(data.c_str(), 12345, 12345) != 0)
    return;
  for (auto service_user :
       {std::optional<uid_t>{}, std::optional<uid_t>{54321}}) {
    auto found = review_safety(values, {}, 0, service_user);
    CHECK(found.refusals.empty());
    CHECK(says(found.warnings, "the data directory"));
  }
}

TEST_CASE_FIXTURE(review_world, "weak tokens are counted and not repeated") {
  values.auth.tokens = {"hunter2", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                        good_token};
  put("plain", "short\n# a comment\n" + good_token + "\n", 0600);
  values.auth.token_file = (dir.path() / "plain").string();
  auto found = look();
  CHECK(says(found.warnings, "2 of the tokens in auth.tokens"));
  CHECK(says(found.warnings, "1 of the tokens in auth.token_file"));
  CHECK_FALSE(says(found.warnings, "hunter2"));
  CHECK_FALSE(says(found.warnings, "short"));
}

TEST_CASE_FIXTURE(review_world,
                  "a public address for metrics without a token is warned of") {
  values.metrics.listen = {"127.0.0.1:9464", "unix:/run/metrics"};
  CHECK(look().warnings.empty());
  values.metrics.listen = {"0.0.0.0:9464"};
  CHECK(says(look().warnings, "metrics.listen 0.0.0.0:9464"));
  // TLS would not change that.
  values.tls.self_signed = true;
  CHECK(says(look().warnings, "metrics.listen 0.0.0.0:9464"));
}

TEST_CASE_FIXTURE(review_world, "a public address without TLS is warned of") {
  for (auto address : {"127.0.0.1:0", "localhost:0", "[::1]:0"}) {
    values.server.listen = {address};
    CHECK(look().warnings.empty());
  }
  for (auto address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "127.example:0"}) {
    values.server.listen = {address};
    CHECK(says(look().warnings, address));
  }
  values.tls.self_signed = true;
  CHECK(look().warnings.empty());
}

TEST_CASE_FIXTURE(review_world, "root is told so") {
  CHECK(says(review_safety(values, {}, 0).warnings, "root"));
}
