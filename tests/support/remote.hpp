#pragma once

#include "support/io_threads.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::test {

/// Where an owner keeps its session. Touched on the session's thread alone.
template <class Session>
struct session_link {
  net::io_thread* home;
  std::shared_ptr<Session> session;
};

/// A session as a test holds it: every call is made on the session's thread.
template <class Session>
class remote {
public:
  explicit remote(std::shared_ptr<session_link<Session>> link)
    : link_(std::move(link)) {}

  /// Calls `f` with the session; throws if it has ended.
  template <class F>
  auto operator()(F f) const {
    return call_on(*link_->home, [link = link_, f = std::move(f)]() mutable {
      if (!link->session)
        throw std::logic_error("the session has ended");
      // What `f` does may end the session.
      auto keep = link->session;
      return f(*keep);
    });
  }

  [[nodiscard]] net::io_thread& home() const noexcept {
    return *link_->home;
  }

private:
  std::shared_ptr<session_link<Session>> link_;
};

/// Returns when so much time has passed for the session.
template <class Session>
void pass(const remote<Session>& session, std::chrono::milliseconds time) {
  inbox<int> over;
  std::unique_ptr<net::deadline> timer;
  call_on(session.home(), [&] {
    timer = std::make_unique<net::deadline>(session.home().deadlines(),
                                            [&over] { over.push(1); });
    timer->arm(time);
  });
  over.take();
  call_on(session.home(), [&timer] { timer.reset(); });
}

} // namespace bridgekeeper::test
