#pragma once

// Private to this room.

#include "net/error_boundary.hpp"
#include "net/websocket_session.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

/// The owner of a session, an `http_owner` or a `websocket_owner`. An owner
/// that releases itself during a call lives until the call returns.
template <class Owner>
class owner_slot {
public:
  void set(std::unique_ptr<Owner> owner) {
    owner_ = std::move(owner);
  }

  /// The owner gets no further calls. It may be on the call stack.
  void release() {
    if (owner_)
      released_ = std::move(owner_);
  }

  /// Passes the owner, if there is one, to `call`. Returns false after an
  /// exception, which leaves the owner in an unknown state.
  template <class Call>
  [[nodiscard]] bool call(std::string_view where, Call call) {
    if (!owner_)
      return true;
    is_calling_ = true;
    auto went_well = contain(where, [&] { call(*owner_); });
    is_calling_ = false;
    released_.reset();
    return went_well;
  }

  /// The owner's last call.
  void end(std::string_view where, const session_end& why) {
    if (auto owner = std::move(owner_))
      contain(where, [&] { owner->on_end(why); });
    if (!is_calling_)
      released_.reset();
  }

private:
  std::unique_ptr<Owner> owner_;
  std::unique_ptr<Owner> released_;
  bool is_calling_ = false;
};

} // namespace bridgekeeper::net
