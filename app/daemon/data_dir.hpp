#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// The data directory of a daemon, locked while the daemon runs:
///
/// * `lock`: held by the daemon, so that two cannot share a directory;
/// * `daemon.json`: the addresses of the running daemon, for other commands;
/// * `token`: the token that was created because none was configured;
/// * `tls-certificate.pem` and `tls-key.pem`: the pair that was created for
///   `--tls-self-signed`.
///
/// Only the owner can read the directory. Main thread.
class data_dir {
public:
  /// Creates the directory if it does not exist, so that it survives a power
  /// failure, and locks it. Throws `std::runtime_error` with a sentence for the
  /// operator.
  explicit data_dir(std::filesystem::path path);
  ~data_dir();
  data_dir(const data_dir&) = delete;
  data_dir& operator=(const data_dir&) = delete;

  struct made_token {
    std::string text;
    /// Whether the token was created by this call rather than found.
    bool fresh = false;
  };

  /// Returns the token of this directory and creates it if there is none.
  [[nodiscard]] made_token token();

  /// Removes the token's file if it still contains what `token` wrote: `text`
  /// alone. Whatever else an operator has put there stays.
  void remove_token(const std::string& text) noexcept;

  /// Writes `daemon.json`, from which other commands learn the daemon's
  /// addresses. `console` is empty if there is no console; `certificate` (a
  /// path) is empty if the daemon does not use TLS.
  void write_daemon_file(const std::vector<std::string>& listen,
                         const std::string& console,
                         const std::filesystem::path& certificate);

  void remove_daemon_file() noexcept;

  /// The path of the file with this name, whether it exists or not.
  [[nodiscard]] std::filesystem::path path_of(const std::string& name) const {
    return path_ / name;
  }

  /// Writes a file that only its owner can read.
  void write_private(const std::string& name, const std::string& text);

private:
  std::filesystem::path path_;
  int lock_ = -1;
};

} // namespace bridgekeeper::app
