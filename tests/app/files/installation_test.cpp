#include "app/files/installation.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace bridgekeeper::app;

namespace {

namespace fs = std::filesystem;

void make(const fs::path& file) {
  fs::create_directories(file.parent_path());
  std::ofstream{file} << "\n";
}

} // namespace

TEST_CASE("messages of an installed program name what is installed") {
  scratch_dir root;
  const installation here{root.path() / "usr/bin/bridgekeeper"};
  auto settings = root.path() / "etc/bridgekeeper/bridgekeeper.toml";
  auto tokens = root.path() / "usr/share/doc/bridgekeeper/tokens.md";
  make(settings);
  make(tokens);
  make(root.path() / "usr/lib/systemd/system/bridgekeeper.service");
  CHECK(here.has_service());
  CHECK(here.start_command() == "systemctl start bridgekeeper");
  CHECK(here.config_file() == settings.string());
  CHECK(here.page("tokens.md") == tokens.string());
}

TEST_CASE("messages name no file or service that is not installed") {
  scratch_dir root;
  const installation here{root.path() / "usr/bin/bridgekeeper"};
  CHECK_FALSE(here.has_service());
  CHECK(here.start_command() == "bridgekeeper serve");
  CHECK(here.config_file() == "conf/bridgekeeper.toml");
  CHECK(here.page("tokens.md") == "docs/tokens.md");
}

TEST_CASE("messages of a program that was built name its sources") {
  const installation here{"/home/ada/bridgekeeper/build/dev/bridgekeeper"};
  CHECK_FALSE(here.has_service());
  CHECK(here.config_file() == "conf/bridgekeeper.toml");
  CHECK(here.page("store.md") == "docs/store.md");
}

TEST_CASE("the service has a user only if it is installed and systemd "
          "runs") {
  scratch_dir root;
  const installation here{root.path() / "usr/bin/bridgekeeper"};
  auto systemd = root.path() / "run/systemd/system";
  fs::create_directories(systemd);
  CHECK_FALSE(here.service_user(systemd, "root"));
  make(root.path() / "usr/lib/systemd/system/bridgekeeper.service");
  CHECK(here.service_user(systemd, "root") == 0);
  CHECK_FALSE(here.service_user(systemd, "a-user-that-does-not-exist"));
  CHECK_FALSE(here.service_user(root.path() / "no-systemd", "root"));
}
