#pragma once

#include "bench/load.hpp"
#include "bench/messages.hpp"
#include "bench/ramp.hpp"
#include "bench/ws_client.hpp"

#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// A simulated bridge: registers and hands on what it is told.
class bridge final : public ws_client {
public:
  using frame_handler = std::function<void(bridge&, std::string_view)>;

  bridge(const surroundings& env, const messages& says, std::size_t number,
         const frame_handler& on_frame, std::function<void()> on_up);

  [[nodiscard]] std::size_t number() const noexcept {
    return number_;
  }

private:
  void on_upgraded() override;

  void on_message(std::string_view payload) override;

  const messages& says_;
  std::size_t number_;
  bool bare_;
  bool registered_ = false;
  const frame_handler& on_frame_;
  std::function<void()> on_up_;
};

/// Many bridges, numbered from 0.
class swarm {
public:
  /// Every frame after `registered` goes to `on_frame`.
  swarm(const surroundings& env, const messages& says,
        bridge::frame_handler on_frame);

  /// Registers all, `--width` at a time, then calls `all_up`.
  void open(std::function<void()> all_up) {
    ramp_.begin(std::move(all_up));
  }

  [[nodiscard]] std::deque<bridge>& bridges() noexcept {
    return bridges_;
  }

  /// Pings that were answered, over all bridges.
  [[nodiscard]] std::size_t pings() const;

private:
  void open_one();

  surroundings env_;
  const messages& says_;
  bridge::frame_handler on_frame_;
  std::deque<bridge> bridges_;
  ramp ramp_;
};

/// Responds to dispatches at once, as simulated bridges do unless the mode is
/// `sse` or `--work-ms` is given.
[[nodiscard]] bridge::frame_handler answer_dispatches(const messages& says);

} // namespace bridgekeeper::bench
