#include "app/files/installation.hpp"

#include <array>
#include <pwd.h>
#include <system_error>

namespace bridgekeeper::app {

namespace {

namespace fs = std::filesystem;

fs::path this_program() {
  std::error_code error;
  auto out = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path{} : out;
}

bool is_there(const fs::path& x) {
  std::error_code error;
  return fs::exists(x, error);
}

} // namespace

installation::installation() : installation(this_program()) {}

installation::installation(const fs::path& program) {
  if (program.parent_path().filename() == "bin")
    prefix_ = program.parent_path().parent_path();
}

bool installation::has_service() const {
  return !prefix_.empty()
         && is_there(prefix_ / "lib/systemd/system/bridgekeeper.service");
}

std::optional<uid_t> installation::service_user(const fs::path& systemd,
                                                const char* name) const {
  if (!has_service() || !is_there(systemd))
    return std::nullopt;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> text{};
  if (::getpwnam_r(name, &entry, text.data(), text.size(), &found) != 0
      || found == nullptr)
    return std::nullopt;
  return found->pw_uid;
}

std::string installation::start_command() const {
  return has_service() ? "systemctl start bridgekeeper" : "bridgekeeper serve";
}

std::string installation::config_file() const {
  auto root = prefix_.filename() == "usr" ? prefix_.parent_path() : prefix_;
  auto installed = root / "etc/bridgekeeper/bridgekeeper.toml";
  return !prefix_.empty() && is_there(installed) ? installed.string()
                                                 : "conf/bridgekeeper.toml";
}

std::string installation::page(std::string_view name) const {
  auto installed = prefix_ / "share/doc/bridgekeeper" / name;
  return !prefix_.empty() && is_there(installed)
             ? installed.string()
             : (fs::path{"docs"} / name).string();
}

} // namespace bridgekeeper::app
