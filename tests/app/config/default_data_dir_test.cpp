#include "app/config/load_config.hpp"
#include "app/files/default_data_dir.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
namespace fs = std::filesystem;

namespace {

/// A working directory for as long as it lives.
class working_directory {
public:
  explicit working_directory(const fs::path& path) {
    fs::current_path(path);
  }

  ~working_directory() {
    fs::current_path(before_);
  }

private:
  fs::path before_ = fs::current_path();
};

const environment_map of_a_user{{"HOME", "/home/ada"}};

} // namespace

TEST_CASE("a unit's state directory is its data directory") {
  scratch_dir here;
  working_directory change{here.path()};
  fs::create_directory("var");
  CHECK(default_data_dir(
            {{"HOME", "/home/ada"}, {"STATE_DIRECTORY", "/var/lib/bk"}})
        == "/var/lib/bk");
  CHECK(default_data_dir({{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"}})
        == "/var/lib/a");
}

TEST_CASE("without one it is ./var where that exists") {
  scratch_dir here;
  working_directory change{here.path()};
  CHECK(default_data_dir(of_a_user) == "/home/ada/.local/state/bridgekeeper");
  fs::create_directory("var");
  CHECK(default_data_dir(of_a_user) == "./var");
}

TEST_CASE("a ./var that is another user's, or no directory, is left alone") {
  scratch_dir here;
  working_directory change{here.path()};
  fs::create_directory("var");
  if (::geteuid() == 0) {
    REQUIRE(::chown("var", 12'345, 12'345) == 0);
    CHECK(default_data_dir(of_a_user) == "/home/ada/.local/state/bridgekeeper");
  }
  fs::remove("var");
  fs::create_symlink("/nowhere", "var");
  CHECK(default_data_dir(of_a_user) == "/home/ada/.local/state/bridgekeeper");
}

TEST_CASE("a daemon that is started in / does not use the system's /var") {
  working_directory change{"/"};
  CHECK(default_data_dir(of_a_user) == "/home/ada/.local/state/bridgekeeper");
  CHECK(default_data_dir(
            {{"HOME", "/home/ada"}, {"XDG_STATE_HOME", "/home/ada/state"}})
        == "/home/ada/state/bridgekeeper");
  // Relative paths are to be ignored there, says the specification.
  CHECK(default_data_dir({{"HOME", "/home/ada"}, {"XDG_STATE_HOME", "here"}})
        == "/home/ada/.local/state/bridgekeeper");
}

TEST_CASE("a user's home is known without the environment, too") {
  working_directory change{"/"};
  auto path = fs::path{default_data_dir({})};
  CHECK(path.is_absolute());
  CHECK(path.filename() == "bridgekeeper");
}

TEST_CASE("a configuration that names no data directory has the default") {
  scratch_dir here;
  working_directory change{here.path()};
  config_sources sources;
  sources.variables = of_a_user;
  CHECK(load_config(sources).values.server.data_dir
        == "/home/ada/.local/state/bridgekeeper");
  sources.flags["server.data_dir"] = "/elsewhere";
  CHECK(load_config(sources).values.server.data_dir == "/elsewhere");
}
