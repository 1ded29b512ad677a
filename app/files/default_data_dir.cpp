#include "app/files/default_data_dir.hpp"

#include <array>
#include <filesystem>
#include <pwd.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

namespace fs = std::filesystem;

constexpr const char* beside_us = "./var";

/// For a user without a home.
constexpr const char* of_the_system = "/var/lib/bridgekeeper";

std::string_view value_of(const environment_map& variables, const char* name) {
  auto i = variables.find(name);
  return i != variables.end() ? std::string_view{i->second}
                              : std::string_view{};
}

bool is_our_directory(const char* path) {
  struct stat info {};
  return ::stat(path, &info) == 0 && S_ISDIR(info.st_mode)
         && info.st_uid == ::geteuid();
}

bool is_in_root() {
  std::error_code error;
  auto here = fs::current_path(error);
  return error || here == here.root_path();
}

fs::path home(const environment_map& variables) {
  fs::path out{value_of(variables, "HOME")};
  if (out.is_absolute())
    return out;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> text{};
  if (::getpwuid_r(::geteuid(), &entry, text.data(), text.size(), &found) == 0
      && found != nullptr)
    return found->pw_dir;
  return {};
}

} // namespace

std::string default_data_dir(const environment_map& variables) {
  // systemd joins several directories with colons; the first is the main one.
  auto of_unit = value_of(variables, "STATE_DIRECTORY");
  if (!of_unit.empty())
    return std::string{of_unit.substr(0, of_unit.find(':'))};
  if (!is_in_root() && is_our_directory(beside_us))
    return beside_us;
  // The specification tells programs to ignore relative paths.
  fs::path state{value_of(variables, "XDG_STATE_HOME")};
  if (!state.is_absolute() && home(variables).is_absolute())
    state = home(variables) / ".local" / "state";
  return state.is_absolute() ? (state / "bridgekeeper").string()
                             : of_the_system;
}

std::string default_data_dir() {
  return default_data_dir(current_environment());
}

} // namespace bridgekeeper::app
