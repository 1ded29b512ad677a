#pragma once

#include <caf/abstract_actor.hpp>
#include <caf/error.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::app {

/// Tells the main thread when an actor has ended. The main thread is not an
/// actor and therefore cannot monitor one.
class actor_watch {
public:
  /// Watches `whom` instead of the previous actor. `whom` must not be null.
  template <class Handle>
  void follow(const Handle& whom) {
    auto note = std::make_shared<obituary>();
    whom->attach_functor([note](const caf::error& reason) {
      std::lock_guard guard{note->mutex};
      note->reason = caf::to_string(reason);
    });
    note_ = std::move(note);
  }

  /// Returns once why the actor ended, if it has ended.
  [[nodiscard]] std::optional<std::string> take_end() {
    if (!note_)
      return std::nullopt;
    std::lock_guard guard{note_->mutex};
    return std::exchange(note_->reason, std::nullopt);
  }

private:
  /// Shared with the actor, which may outlive the watch.
  struct obituary {
    std::mutex mutex;
    std::optional<std::string> reason;
  };

  std::shared_ptr<obituary> note_;
};

} // namespace bridgekeeper::app
