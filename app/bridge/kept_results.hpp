#pragma once

#include "app/bridge/result_files.hpp"
#include "domain/messages.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// The responses of a bridge that the daemon may not have yet, in the order in
/// which their tasks ended. With files, the results outlive the process. One
/// thread.
class kept_results {
public:
  /// `files` is null if results are kept in memory only. Results that an
  /// earlier process has left there are kept again.
  explicit kept_results(std::unique_ptr<result_files> files = {});

  /// Keeps a response, on the disk before this call returns. A result that
  /// cannot be written is kept in memory, and the failure is logged.
  void add(const response& x);

  /// Passes what has not been sent to `send`, in order, until it returns false.
  /// Returns whether everything has been sent.
  bool send_rest(const std::function<bool(const std::string&)>& send);

  /// Marks the result for another sending. Returns whether it is kept.
  bool send_again(const message_id& id);

  /// Marks all results for another sending: the link has ended, and it is
  /// unknown which of them have arrived.
  void send_all_again();

  /// Drops an acknowledged result. Returns whether it was kept.
  bool drop(const message_id& id);

  /// Drops all results that were sent, for links without acknowledgements.
  /// Returns their ids.
  std::vector<message_id> drop_sent();

  [[nodiscard]] std::vector<message_id> ids() const;

  [[nodiscard]] bool empty() const noexcept {
    return results_.empty();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return results_.size();
  }

  /// Whether the results are kept in files, too.
  [[nodiscard]] bool outlive_process() const noexcept {
    return files_ != nullptr;
  }

private:
  struct kept {
    message_id message;
    std::string frame;
    bool sent = false;
  };

  void remove_file(const message_id& id);

  std::unique_ptr<result_files> files_;
  std::deque<kept> results_;
};

} // namespace bridgekeeper::app
