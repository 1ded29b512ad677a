#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// The directory a daemon keeps its things in, locked while it runs:
///
/// * `lock`: held by the daemon; two cannot share a directory;
/// * `daemon.json`: where the running daemon listens, for the other commands;
/// * `token`: the token that was made because none was configured;
/// * `tls-certificate.pem` and `tls-key.pem`: the pair that was made for
///   `--tls-self-signed`.
///
/// Only the owner can read it. Main thread.
class data_dir {
public:
  /// Creates the directory if need be and locks it. Throws `std::runtime_error`
  /// with a sentence for a person.
  explicit data_dir(std::filesystem::path path);
  ~data_dir();
  data_dir(const data_dir&) = delete;
  data_dir& operator=(const data_dir&) = delete;

  struct made_token {
    std::string text;
    /// It was made just now, not found.
    bool fresh = false;
  };

  /// The token of this directory; makes one the first time.
  [[nodiscard]] made_token token();

  /// Tells other commands where the daemon is. `console` is empty if there is
  /// none, `certificate` (a path) if it does not speak TLS.
  void write_daemon_file(const std::vector<std::string>& listen,
                         const std::string& console,
                         const std::filesystem::path& certificate);

  void remove_daemon_file() noexcept;

  /// Where a file of that name is, or would be.
  [[nodiscard]] std::filesystem::path path_of(const std::string& name) const {
    return path_ / name;
  }

  /// Writes a file that its owner alone can read.
  void write_private(const std::string& name, const std::string& text);

private:
  std::filesystem::path path_;
  int lock_ = -1;
};

} // namespace bridgekeeper::app
