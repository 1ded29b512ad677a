#pragma once

#include "bench/load.hpp"
#include "bench/ws_client.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace bridgekeeper::bench {

/// A connection to `/ws/control`.
class control_client final : public ws_client {
public:
  using frame_handler = std::function<void(std::string_view)>;

  control_client(const surroundings& env, std::function<void()> on_up,
                 frame_handler on_frame)
    : ws_client(env.io, {"/ws/control", env.opts.token}),
      on_up_(std::move(on_up)), on_frame_(std::move(on_frame)) {}

private:
  void on_upgraded() override {
    on_up_();
  }

  void on_message(std::string_view payload) override {
    on_frame_(payload);
  }

  std::function<void()> on_up_;
  frame_handler on_frame_;
};

} // namespace bridgekeeper::bench
