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
/// * `token`: the token that was made because none was configured.
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
  /// none.
  void write_daemon_file(const std::vector<std::string>& listen,
                         const std::string& console);

  void remove_daemon_file() noexcept;

private:
  void write_private(const std::string& name, const std::string& text);

  std::filesystem::path path_;
  int lock_ = -1;
};

} // namespace bridgekeeper::app
