#pragma once

#include "bench/control_client.hpp"
#include "bench/load.hpp"
#include "bench/messages.hpp"
#include "bench/ramp.hpp"
#include "bench/sse_subscriber.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string_view>

namespace bridgekeeper::bench {

/// Sees every event of every agent once: over one event stream an agent or,
/// with `--control`, over one control WebSocket that subscribes to all.
class event_followers {
public:
  event_followers(const surroundings& env, const messages& says,
                  sse_subscriber::event_handler on_event);

  /// Subscribes, then calls `ready`.
  void open(std::function<void()> ready);

private:
  void open_stream(std::size_t agent);

  void open_control(std::function<void()> ready);

  surroundings env_;
  const messages& says_;
  sse_subscriber::event_handler on_event_;
  std::deque<sse_subscriber> streams_;
  std::unique_ptr<control_client> control_;
  ramp ramp_;
};

} // namespace bridgekeeper::bench
