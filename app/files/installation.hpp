#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace bridgekeeper::app {

/// Where a person finds what belongs to this program, for messages: in the
/// places of a package if the program is installed as `PREFIX/bin/…`, otherwise
/// in the sources. Looks at the file system in each call.
class installation {
public:
  /// Of the running program.
  installation();

  /// Of the program with this path. The configuration of a program below
  /// `…/usr` is in `…/etc`.
  explicit installation(const std::filesystem::path& program);

  /// Whether systemd can start the daemon as a service.
  [[nodiscard]] bool has_service() const;

  /// The user with this `name`, as whom systemd runs the installed daemon.
  /// Nothing if the service is not installed, if there is no such user, or if
  /// there is no directory `systemd`, which systemd creates when it boots a
  /// machine.
  [[nodiscard]] std::optional<uid_t>
  service_user(const std::filesystem::path& systemd = "/run/systemd/system",
               const char* name = "bridgekeeper") const;

  /// What starts the daemon: `systemctl start bridgekeeper` or
  /// `bridgekeeper serve`.
  [[nodiscard]] std::string start_command() const;

  /// The file that explains all settings.
  [[nodiscard]] std::string config_file() const;

  /// A page of the documentation, such as `tokens.md`.
  [[nodiscard]] std::string page(std::string_view name) const;

private:
  /// Empty if the program is not installed.
  std::filesystem::path prefix_;
};

} // namespace bridgekeeper::app
