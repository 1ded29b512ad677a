#pragma once

#include "domain/bridge_protocol.hpp"
#include "domain/ids.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_set>
#include <vector>

namespace bridgekeeper::app {

/// Every wire id that this process has received, so that no attempt is started
/// twice. The ids of acknowledged results are kept until the process ends.
/// Plain data; one thread.
class known_ids {
public:
  /// What a known dispatch has come to: a `resume_state`, or `gone` if its
  /// result was acknowledged.
  enum class state : std::uint8_t { waiting, running, finished, gone };

  /// The state of `id`; nothing if it was never received.
  [[nodiscard]] std::optional<state> find(const message_id& id) const;

  /// Sets the state of a new or known id.
  void set(const message_id& id, state x);

  /// Forgets an id that was never started.
  void forget(const message_id& id);

  /// What the daemon should learn about after a reconnect: everything that is
  /// not gone. The finished ones are first, because their results are sent
  /// first.
  [[nodiscard]] std::vector<resume_entry> unacknowledged() const;

private:
  /// Those that are not gone; sorted so that lists are the same in every run.
  std::map<message_id, state> live_;
  std::unordered_set<message_id> gone_;
};

/// Splits `list` into frames of at most `max_resume_entries`. The first page is
/// for the registration; it exists even if it is empty.
[[nodiscard]] std::vector<std::vector<resume_entry>>
to_resume_pages(std::vector<resume_entry> list);

} // namespace bridgekeeper::app
