#include "app/client/unreachable_daemon.hpp"

#include "net/endpoint.hpp"
#include "net/loopback.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

/// The name of the file's group, or its number; empty if the file cannot be
/// found.
std::string group_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return {};
  group entry{};
  group* found = nullptr;
  std::array<char, 4096> text{};
  if (::getgrgid_r(info.st_gid, &entry, text.data(), text.size(), &found) != 0
      || found == nullptr)
    return std::to_string(info.st_gid);
  return found->gr_name;
}

} // namespace

std::string advice_for_unreachable(const std::string& server,
                                   const std::string& reason,
                                   const installation& here) {
  auto where = net::parse_endpoint_or_path(server);
  auto is_file = where && where->is_local();
  if (is_file && reason.ends_with(std::strerror(EACCES))) {
    auto group = group_of(where->path);
    return "Your user must be in the socket file's group"
           + (group.empty() ? std::string{} : " (" + group + ")")
           + "; a new membership applies after the next login to the machine.";
  }
  if (!is_file && where && !net::is_loopback(*where))
    return "Is it running there, and can this machine reach it?";
  return std::string{here.has_service()
                         ? "Is it running, and does it listen there?"
                         : "Is it running?"}
         + " Start it with: " + here.start_command();
}

std::string start_command_for(const std::string& data_dir,
                              const installation& here) {
  struct stat info {};
  if (here.has_service() && ::stat(data_dir.c_str(), &info) == 0
      && info.st_uid != ::geteuid())
    return here.start_command();
  return "bridgekeeper serve --data-dir " + data_dir;
}

} // namespace bridgekeeper::app
