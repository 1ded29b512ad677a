#pragma once

#include "app/files/file_stamp.hpp"

#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Tells when files that belong together have to be read: when one of them is
/// another than at the last successful reading, and as long as reading them
/// fails. A file that is being written is left alone until it is the same at
/// two calls in a row. Main thread.
class file_watch {
public:
  /// An empty path is no file.
  explicit file_watch(std::vector<std::string> paths = {})
    : paths_(std::move(paths)) {}

  /// Other files, none of which was read yet; the same ones change nothing.
  void change_paths(std::vector<std::string> paths);

  /// To be called at every tick: whether the files are to be read now.
  [[nodiscard]] bool is_due();

  /// Before the files are read: a change while they are read is seen at the
  /// next ticks.
  void begin();

  /// They were read since `begin`. Without this call they are due again at the
  /// next tick.
  void succeed();

private:
  using stamps = std::vector<std::optional<file_stamp>>;

  [[nodiscard]] stamps look() const;

  std::vector<std::string> paths_;
  stamps begun_;
  /// Of the last successful reading; nothing where the last one failed.
  std::optional<stamps> loaded_;
  stamps seen_;
};

} // namespace bridgekeeper::app
