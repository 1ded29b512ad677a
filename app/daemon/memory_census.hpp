#pragma once

#include "app/console/console.hpp"
#include "app/daemon/daemon_threads.hpp"
#include "app/daemon/dispatch_storage.hpp"
#include "domain/answer_budget.hpp"
#include "net/byte_budget.hpp"
#include "net/output_ledger.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace bridgekeeper::app {

/// What of a daemon's memory is limited, and by which object. All of these
/// outlive the census or are shared with it.
struct memory_census {
  const daemon_threads& threads;
  const dispatch_storage& storage;
  std::shared_ptr<net::output_ledger> output;
  std::shared_ptr<answer_budget> answers;
  std::shared_ptr<net::byte_budget> first_frames;
  std::shared_ptr<net::byte_budget> announced;
  std::size_t history_limit = 0;

  /// Asks the thread of the event journal how large the history is, and waits
  /// up to half a second for its answer. Not on an I/O thread.
  [[nodiscard]] std::vector<console::memory_row> rows() const;
};

} // namespace bridgekeeper::app
