#include "app/client/unreachable_daemon.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <unistd.h>

using namespace bridgekeeper::app;

namespace {

namespace fs = std::filesystem;

/// A machine on which the daemon is a service.
struct service_world {
  service_world() {
    auto unit = root.path() / "usr/lib/systemd/system/bridgekeeper.service";
    fs::create_directories(unit.parent_path());
    std::ofstream{unit} << "\n";
  }

  scratch_dir root;
  installation packaged{root.path() / "usr/bin/bridgekeeper"};
  installation built{root.path() / "build/dev/bridgekeeper"};
};

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE_FIXTURE(service_world,
                  "a service is started as one, and not by hand") {
  auto refused = "Connection refused";
  CHECK(advice_for_unreachable("127.0.0.1:8000", refused, packaged)
        == "Is it running, and does it listen there? Start it with: "
           "systemctl start bridgekeeper");
  CHECK(advice_for_unreachable("unix:/run/x", refused, packaged)
        == "Is it running, and does it listen there? Start it with: "
           "systemctl start bridgekeeper");
  CHECK(advice_for_unreachable("127.0.0.1:8000", refused, built)
        == "Is it running? Start it with: bridgekeeper serve");
}

TEST_CASE_FIXTURE(service_world, "a daemon on another machine is not started "
                                 "on this one") {
  auto text =
      advice_for_unreachable("keeper.example.com:8443", "timeout", packaged);
  CHECK_FALSE(says(text, "Start it with"));
}

TEST_CASE_FIXTURE(service_world, "a socket file that the user may not open "
                                 "names its group") {
  auto file = root.path() / "socket";
  std::ofstream{file} << "\n";
  auto text = advice_for_unreachable("unix:" + file.string(),
                                     std::strerror(EACCES), packaged);
  CHECK(says(text, "must be in the socket file's group ("));
  CHECK_FALSE(says(text, "Is it running"));
  CHECK(says(advice_for_unreachable("unix:/nonexistent/socket",
                                    std::strerror(EACCES), packaged),
             "must be in the socket file's group;"));
}

TEST_CASE_FIXTURE(service_world, "root is not told to serve from the directory "
                                 "of the service") {
  auto own = root.path() / "own";
  fs::create_directory(own);
  CHECK(start_command_for(own, packaged)
        == "bridgekeeper serve --data-dir " + own.string());
  // Only root can give a directory away.
  if (::chown(own.c_str(), 12345, 12345) != 0)
    return;
  CHECK(start_command_for(own, packaged) == "systemctl start bridgekeeper");
  CHECK(start_command_for(own, built)
        == "bridgekeeper serve --data-dir " + own.string());
}
