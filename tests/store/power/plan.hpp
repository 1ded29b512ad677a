#pragma once

#include "store/dispatches/operations.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// One operation of the recorded process, and what must follow from it.
struct step {
  enum class kind {
    insert,
    send,
    run,
    progress,
    complete,
    retry,
    late,
    cancel,
    erase,
  };

  kind what{};
  /// Dispatches are numbered from 1, in the order of their insertion.
  std::int64_t dispatch = 0;
  std::uint16_t attempt = 1;
  std::int64_t cost = 0;
  /// The size of the text that comes with it.
  std::size_t size = 0;
};

/// A dispatch as it must be on record.
struct expected_dispatch {
  struct result {
    std::int64_t cost = 0;
    std::size_t size = 0;
    bool is_late = false;
  };

  dispatch_state state = dispatch_state::queued;
  std::uint16_t attempt = 1;
  std::size_t size = 0;
  std::map<std::uint16_t, result> results;
  /// Events that were published for it and are on record.
  std::size_t events = 0;
};

struct expected_store {
  /// By number; an erased one is missing.
  std::map<std::int64_t, expected_dispatch> dispatches;
  /// The costs of all results, also of erased ones.
  std::int64_t spent = 0;
};

/// What a recorded process does: batches, each submitted when the one before it
/// was committed, so that the same seed always makes the same calls. The
/// process is killed or stops some times and is started again.
struct plan {
  struct life {
    /// Its batches, from here on until those of the next life.
    std::size_t first = 0;
    /// Ends the writer, instead of the process.
    bool ends_cleanly = false;
    /// Makes a backup at first.
    bool backs_up = false;
  };

  std::vector<std::vector<step>> batches;
  std::vector<life> lives;
  /// The state after so many batches; at the front that before the first.
  std::vector<expected_store> states;

  /// The batch after the last one of the life with this index.
  [[nodiscard]] std::size_t end_of(std::size_t number) const {
    return number + 1 < lives.size() ? lives[number + 1].first : batches.size();
  }
};

[[nodiscard]] plan make_plan(std::uint64_t seed);

[[nodiscard]] store::operation_body operation_of(const step& x);

[[nodiscard]] message_id id_of(std::int64_t dispatch);

/// The text of a task or a result.
[[nodiscard]] std::string text_of(std::int64_t dispatch, std::uint16_t attempt,
                                  std::size_t size);

} // namespace bridgekeeper::test
