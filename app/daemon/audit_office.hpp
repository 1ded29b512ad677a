#pragma once

#include "actors/audit_desk.hpp"
#include "actors/census.hpp"
#include "app/config/config.hpp"

#include <memory>

namespace caf {
class actor_system;
} // namespace caf

namespace bridgekeeper::app {

/// The daemon's audit trail, where it has one. Main thread.
class audit_office {
public:
  /// Spawns the trail if `values` name a file for it. Throws
  /// `std::runtime_error` where that cannot be written.
  void open(caf::actor_system& system, const config& values,
            const std::shared_ptr<actors::census>& people);

  [[nodiscard]] bool is_open() const noexcept {
    return trail_ != nullptr;
  }

  /// Where entries are handed in; a closed one without a trail.
  [[nodiscard]] const actors::audit_desk& desk() const noexcept {
    return desk_;
  }

  /// Tells the trail to write down what it has, and to end.
  void close();

private:
  actors::audit_trail_actor trail_;
  actors::audit_desk desk_;
};

} // namespace bridgekeeper::app
