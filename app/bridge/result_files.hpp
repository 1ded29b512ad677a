#pragma once

#include "domain/ids.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// A bridge's state directory (`--state-dir`): one file for each result that
/// the daemon has not acknowledged, which contains the `response` frame. Locked
/// while the object lives, because two bridges would deliver and remove each
/// other's results. Blocks on the disk; one thread.
class result_files {
public:
  struct saved_result {
    message_id message;
    /// The encoded `response`.
    std::string frame;
  };

  /// Creates the directory if it does not exist, readable by its owner only,
  /// and locks it. `agent` is the agent whose results are loaded. Throws
  /// `std::runtime_error` with a sentence for a person.
  result_files(std::filesystem::path directory, agent_id agent);
  ~result_files();
  result_files(const result_files&) = delete;
  result_files& operator=(const result_files&) = delete;

  /// Reads all results, oldest first. A file that cannot be read is reported
  /// and, if possible, renamed to `NAME.unreadable`. Results of other agents
  /// are reported and left in place.
  [[nodiscard]] std::vector<saved_result> load();

  /// Writes a result atomically; it is on the disk when the call returns.
  /// Returns what went wrong, or an empty text.
  [[nodiscard]] std::string save(const message_id& id,
                                 const std::string& frame);

  /// Removes the file of a result, if there is one.
  void remove(const message_id& id);

private:
  [[nodiscard]] std::filesystem::path path_of(const message_id& id) const;
  void set_aside(const std::filesystem::path& path, const std::string& why);

  std::filesystem::path directory_;
  agent_id agent_;
  int lock_ = -1;
};

} // namespace bridgekeeper::app
